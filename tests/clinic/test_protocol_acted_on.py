"""Every threshold of the shipped files is read by the clinic, or its page says that it is not."""

from pathlib import Path

import reprieve.clinic
from reprieve.clinic.protocols.readable import INFORMS, sections
from reprieve.evidence.practice import GROUPS, RULED, protocol, protocol_names

CODE = "\n".join(p.read_text() for p in Path(reprieve.clinic.__path__[0]).rglob("*.py"))
# rules before, during and after a dose and ranges are read by their fields, whatever their names
BY_FIELD = (*RULED, "range")
KEYS = {
    (group, key)
    for name in protocol_names()
    for group in GROUPS
    if group not in BY_FIELD
    for key in protocol(name).thresholds(group)
}


def read(key: str) -> bool:
    in_the_list = sum(name == key for _, name in INFORMS)
    return CODE.count(f'"{key}"') > in_the_list


def test_what_is_only_for_people_to_go_by_is_listed_and_nothing_else() -> None:
    assert {(group, key) for group, key in KEYS if not read(key)} == INFORMS & KEYS
    assert INFORMS <= KEYS


def test_the_page_says_which_they_are() -> None:
    rows = {(s.key, r.title): r.extra for s in sections(protocol("spravato")) for r in s.rows}
    assert "nothing here acts on it" in rows["prompts", "rems form"]
    assert "nothing here acts on it" not in rows["prompts", "due soon"]
