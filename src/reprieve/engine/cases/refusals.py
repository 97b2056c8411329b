"""Why a case is refused, or why it allows no forecast: a code and one sentence."""

from reprieve.errors import InputError

# what reading refuses; the sentence of the error says which entry
REFUSALS = {
    "unreadable_case": "not JSON, too large, too deep, a key or type that the format does not know",
    "unsupported_version": "a version of the format that this program does not read",
    "unreadable_date": "a time that is no ISO 8601 instant with a time zone",
    "mixed_clock": "dates and day numbers in one case",
    "impossible_value": "a number that no person or record can have",
    "unit_mix_up": "a number that is certainly in another unit or belongs to another scale",
    "unknown_instrument": "a rating scale that nothing shipped names",
    "score_out_of_range": "a score that the scale cannot give",
    "unreadable_regimen": "a treatment that is no single session of the regimen language",
    "unreadable_plan": "a plan that the regimen language cannot read",
    "impossible_dose": "a dose beyond any published use",
    "duplicate_entry": "the same thing entered twice",
    "out_of_order": "entries that are not in order of time",
    "future_entry": "something known before it happened",
    "contradictory_case": "two entries that cannot both be true",
    "too_many_entries": "more entries than a record of one person holds",
}

# what a coherent case may lack; reading accepts it
NO_FORECAST = {
    "too_few_scores": "no score of any kind",
    "no_usable_instrument": "scores only on scales that are not linked to MADRS",
    "last_score_too_old": "the last usable score lies too long before the question",
    "outside_model_population": "a person or an illness that the model was not fitted to",
}


class CaseError(InputError):
    """A case that cannot be used: one sentence, and `reason`, a code of `REFUSALS`."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(" ".join(sentence.split()))
        self.reason = reason
