"""A protocol in words: every threshold with its rule, standing, status and source."""

from collections.abc import Iterable
from dataclasses import dataclass

from reprieve.evidence.practice import (
    GROUPS,
    MEASURES,
    DoseRange,
    Entry,
    Phase,
    Protocol,
    Threshold,
    Vitals,
)
from reprieve.evidence.references import has_reference, reference

_ABOUT = {
    "duration": ("Giving", "How long the drug is given."),
    "spacing": ("Spacing", "Between sessions, and between devices of one session."),
    "before": ("Before the dose", "What holds a dose, or must be so before it."),
    "stop": ("Reasons to stop", "What ends a dose that is being given."),
    "discharge": ("Discharge", "What must be so before the patient leaves."),
    "review": ("Review of benefit", "When somebody asks whether it helps."),
    "exposure": ("Exposure over time", "What adds up over sessions."),
    "eligibility": ("Eligibility", "What a course asks for before it starts."),
    "titration": ("Titration", "The first dose and the steps from it."),
    "preparation": ("Preparation", "What is drawn up, and the limits of entry."),
    "stale": ("How old a finding may be", "What is older is asked again."),
    "prompts": ("Prompts", "The protocol's own clock. The bedside monitor is the alarm."),
    "range": ("Range of readings", "Impossible values are refused; the rest is shown by these."),
    "consent": ("Consent", "How long it lasts."),
}


# what people go by, and no program here acts on; a test holds the list to the code
INFORMS = frozenset(
    {
        ("duration", "applies_above"),
        ("duration", "release"),
        ("exposure", "alp_ggt"),
        ("exposure", "alt_ast"),
        ("exposure", "bladder_symptoms"),
        ("prompts", "rems_form"),
        ("review", "after_improvement"),
        ("stale", "depression_scale"),
        ("stale", "suicide_screen"),
    }
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a readable protocol."""

    title: str
    said: str
    standing: str
    status: str
    cited: str
    address: str
    note: str
    extra: str = ""

    @property
    def assumed(self) -> bool:
        """Whether nobody's word but this file's stands behind it."""
        return self.standing == "assumed" or self.status == "assumed"


@dataclass(frozen=True, slots=True)
class Section:
    """Lines that belong together."""

    key: str
    title: str
    about: str
    rows: tuple[Row, ...]


def sections(protocol: Protocol) -> tuple[Section, ...]:
    """Everything a protocol says, in the order of a treatment; empty parts are left out."""
    head = (
        Section("doses", "Doses", "Judged before a course starts and before a dose is drawn up.",
                tuple(_dose(d) for d in protocol.doses)),
        Section("phases", "Phases of a course", "How many sessions, how often.",
                tuple(_phase(p) for p in protocol.phases)),
        Section("vitals", "Readings", "Minutes count from the start of the dose; 0 is before it.",
                (_schedule("Vital signs", protocol.vitals),
                 *(_schedule(o.title, o.schedule) for o in protocol.observations))),
    )  # fmt: skip
    groups = tuple(
        Section(key, *_ABOUT[key], tuple(_threshold(key, k, t) for k, t in found.items()))
        for key in GROUPS
        if (found := protocol.thresholds(key))
    )
    return tuple(s for s in (*head, *groups, *_entries(protocol)) if s.rows)


def assumed(found: Iterable[Section]) -> int:
    """How many lines rest on nobody's word."""
    return sum(row.assumed for section in found for row in section.rows)


def _row(title: str, said: str, of: Threshold | DoseRange | Phase | Vitals | Entry,
         extra: str = "") -> Row:  # fmt: skip
    cited, address = _cited(of.source)
    return Row(title, said, of.standing, of.status, cited, address, of.note, extra)


def _cited(key: str) -> tuple[str, str]:
    if not key or not has_reference(key):
        return key, ""
    found = reference(key)
    return str(found), found.url


def _threshold(group: str, key: str, t: Threshold) -> Row:
    follows = f"then: {t.action}" if t.action else ""
    if (group, key) in INFORMS:
        follows = "for people to go by; nothing here acts on it"
    return _row(key.replace("_", " "), _rule(t), t, follows)


def _rule(t: Threshold) -> str:
    parts = [t.words()]
    if t.sustained_readings > 1:
        parts.append(f"{t.sustained_readings} readings in a row")
    if t.sustained_min:
        parts.append(f"over at least {t.sustained_min:g} min")
    if t.with_symptoms and "symptom" not in t.needs:
        parts.append("with an alarm symptom")
    return "; ".join(parts)


def _dose(d: DoseRange) -> Row:
    default = f"{d.default:g} {d.unit}; " if d.default is not None else ""
    said = f"{default}usual {d.usual[0]:g} to {d.usual[1]:g}; refused above {d.refuse_above:g}"
    return _row(f"in {d.unit}", said, d)


def _phase(p: Phase) -> Row:
    if p.sessions == 1:
        return _row(p.name, "one session", p)
    often = f"{p.per_week:g} a week" if p.per_week >= 1 else f"one every {p.interval_d or 0:g} days"
    span = f" for {p.weeks:g} weeks ({p.sessions} sessions)" if p.weeks else ", open end"
    return _row(p.name, f"{often}{span}", p)


def _schedule(title: str, v: Vitals) -> Row:
    minutes = ", ".join(f"{m:g}" for m in v.times_min)
    said = f"{minutes} min"
    if v.then_every_min:
        said += (
            f"; where giving lasts longer, every {v.then_every_min:g} min until "
            f"{v.until_after_end_min:g} min after its end"
        )
    return _row(title, said, v, ", ".join(MEASURES[r].title for r in v.readings))


def _entries(p: Protocol) -> tuple[Section, ...]:
    return (
        Section("screens", "Contraindications and cautions", "Asked before a course.",
                tuple(_row(s.question, "must not" if s.kind == "hard" else "caution", s)
                      for s in p.screens)),
        Section("workups", "Examinations before treatment", "",
                tuple(_row(w.title, w.indicated, w,
                           f"counts for {w.valid_days:g} days" if w.valid_days else "")
                      for w in p.workups)),
        Section("criteria", "What a person confirms", "Before the dose and at discharge.",
                tuple(_row(c.text, c.when, c) for c in p.criteria)),
        Section("symptoms", "Side effects that the cockpit offers", "",
                tuple(_row(s.label, _symptom(s.alarm, s.stops), s) for s in p.symptoms)),
        Section("rescues", "Rescue drugs", "Usual practice, for information; never an order.",
                tuple(_row(f"{r.drug}, {r.route}", r.indication, r, r.usual) for r in p.rescues)),
    )  # fmt: skip


def _symptom(alarm: bool, stops: bool) -> str:
    said = [text for text, so in (("alarm symptom", alarm), ("ends the dose", stops)) if so]
    return ", ".join(said) or "recorded"
