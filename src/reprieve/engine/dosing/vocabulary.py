"""The words of the regimen language, and how a text is cut into them."""

import re
from dataclasses import dataclass

DRUG_WORDS = {
    "ketamine": "ketamine",
    "racemic": "ketamine",
    "rs-ketamine": "ketamine",
    "esketamine": "esketamine",
    "s-ketamine": "esketamine",
    "spravato": "esketamine",
    "arketamine": "arketamine",
    "r-ketamine": "arketamine",
    "saline": "saline",
    "midazolam": "midazolam",
    "placebo": "placebo",
}

# Medicines taken at home beside the treatment, by class. A name that is missing here is refused
# rather than guessed, because a misspelt ketamine must never become a home medicine.
MEDICINES = {
    "ssri": "citalopram escitalopram fluoxetine fluvoxamine paroxetine sertraline",
    "snri": "desvenlafaxine duloxetine levomilnacipran milnacipran venlafaxine",
    "other antidepressant": "agomelatine bupropion mirtazapine mianserin nefazodone trazodone "
    "vilazodone vortioxetine dextromethorphan-bupropion",
    "tricyclic": "amitriptyline clomipramine desipramine dosulepin doxepin imipramine "
    "nortriptyline trimipramine",
    "maoi": "isocarboxazid moclobemide phenelzine selegiline tranylcypromine",
    "augmentation": "aripiprazole brexpiprazole cariprazine lithium liothyronine lumateperone "
    "olanzapine quetiapine risperidone",
    "benzodiazepine": "alprazolam bromazepam chlordiazepoxide clobazam clonazepam diazepam "
    "lorazepam lormetazepam nitrazepam oxazepam temazepam",
    "other": "buspirone carbamazepine clonidine gabapentin hydroxyzine lamotrigine melatonin "
    "naltrexone pregabalin propranolol riluzole topiramate valproate zolpidem zopiclone",
}
MEDICINE_CLASS = {name: kind for kind, names in MEDICINES.items() for name in names.split()}

ROUTE_WORDS = {
    "iv": "iv",
    "intravenous": "iv",
    "intravenously": "iv",
    "im": "im",
    "intramuscular": "im",
    "intramuscularly": "im",
    "sc": "sc",
    "sq": "sc",
    "subcut": "sc",
    "subcutaneous": "sc",
    "subcutaneously": "sc",
    "nasal": "nasal",
    "nasally": "nasal",
    "intranasal": "nasal",
    "intranasally": "nasal",
    "in": "nasal",
    "oral": "oral",
    "orally": "oral",
    "po": "oral",
    "sublingual": "sublingual",
    "sublingually": "sublingual",
    "sl": "sublingual",
    "buccal": "sublingual",
}

FORM_WORDS = {
    "spray": "spray",
    "solution": "solution",
    "syrup": "solution",
    "er": "er",
    "xr": "er",
    "cr": "er",
    "extended-release": "er",
    "tablet": "tablet",
    "tablets": "tablet",
    "film": "film",
    "lozenge": "lozenge",
    "lozenges": "lozenge",
    "troche": "lozenge",
    "wafer": "wafer",
}
FORMS_OF = {
    "nasal": ("spray",),
    "oral": ("solution", "er", "tablet"),
    "sublingual": ("film", "lozenge", "wafer", "tablet", "solution"),
}
ROUTE_OF_FORM = {
    "spray": "nasal",
    "er": "oral",
    "film": "sublingual",
    "lozenge": "sublingual",
    "wafer": "sublingual",
}

MASS_MG = {"mg": 1.0, "mcg": 1e-3, "ug": 1e-3, "µg": 1e-3, "μg": 1e-3, "microgram": 1e-3,
           "micrograms": 1e-3, "milligram": 1.0, "milligrams": 1.0}  # fmt: skip
TIME_H = {"min": 1 / 60, "mins": 1 / 60, "minute": 1 / 60, "minutes": 1 / 60,
          "h": 1.0, "hr": 1.0, "hrs": 1.0, "hour": 1.0, "hours": 1.0,
          "d": 24.0, "day": 24.0, "days": 24.0,
          "w": 168.0, "wk": 168.0, "wks": 168.0, "week": 168.0, "weeks": 168.0,
          "month": 672.0, "months": 672.0}  # fmt: skip
SHORT = {"min", "mins", "minute", "minutes", "h", "hr", "hrs", "hour", "hours"}
MONTHS = {"month", "months", "monthly"}
DEVICE_MG = 28.0

_SPELT = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
          "eight": 8, "nine": 9, "ten": 10, "twelve": 12}  # fmt: skip
TIMES = {"once": 1.0, "twice": 2.0, "thrice": 3.0}
COUNTED = {"session", "sessions", "dose", "doses", "infusion", "infusions", "injection",
           "injections", "treatment", "treatments", "time", "times"}  # fmt: skip
HYPHENED = {"s-ketamine", "r-ketamine", "rs-ketamine", "extended-release",
            "dextromethorphan-bupropion"}  # fmt: skip
FILLER = {"a", "an", "the", "of", "as", "by", "given", "dose", "infusion", "injection",
          "starting", "up", "to", "total", "treatment", "route"}  # fmt: skip

_TOKEN = re.compile(
    r"(?P<number>[-+−]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?)"
    r"|(?P<word>(?:[^\W\d_]\.){2,}|[^\W\d_]+(?:-[^\W\d_]+)*)"
    r"|(?P<sign>\S)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A number, a word or a sign, and where it stands in the text."""

    kind: str
    word: str
    value: float
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """Cut a text into numbers, words and signs; words in lower case and without dots.

    "x6" parts into word and number; "s-ketamine" stays one word; a hyphen that glues a number
    to its unit ("40-min") falls away.
    """
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind, raw, at = match.lastgroup or "sign", match.group(), match.start()
        if kind == "number":
            found.append(Token(kind, raw, float(raw.replace("−", "-")), at, match.end()))
        elif kind == "word":
            found.extend(_words(raw, at))
        elif not (raw == "-" and found and found[-1].kind == "number"):
            found.append(Token(kind, raw, float("nan"), at, match.end()))
    return found


def _words(raw: str, at: int) -> list[Token]:
    low = raw.lower()
    whole = low in HYPHENED or "." in low
    made = []
    for part in [raw] if whole else raw.split("-"):
        word = part.lower().replace(".", "")
        spelt = _SPELT.get(word)
        kind, value = ("word", float("nan")) if spelt is None else ("number", float(spelt))
        made.append(Token(kind, word, value, at, at + len(part)))
        at += len(part) + 1
    return made


def hours(value: float, unit: str) -> float:
    """A time in hours; minutes divide, so that "40 min" is exactly 40/60."""
    return value / 60 if TIME_H[unit] < 1 else value * TIME_H[unit]
