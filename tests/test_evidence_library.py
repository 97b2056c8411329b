"""What ships: nothing lost, everything cited, every row findable."""

import json
import re
import subprocess
import sys
from collections import Counter

import pytest

from reprieve import evidence
from reprieve.errors import EvidenceError, InputError, UnknownNameError
from reprieve.evidence import manifest
from reprieve.evidence.library import HOME, KINDS, PAPERS
from reprieve.evidence.references import parse_bibtex

# rows of the tables that the evidence was collected in; C: side effects of other treatments,
# W: reliability of scales and fluctuation within persons
COLLECTED = {"E": 422, "S": 328, "KAMP-": 118, "C": 95, "W": 45}
KINETIC_ROWS = 274
CASE_ROWS = 128


def test_every_collected_row_is_there():
    ids = [row.id for row in evidence.observations()]
    assert len(ids) == len(set(ids)), "a row id stands twice"
    efficacy = [i for i in ids if re.fullmatch(r"E\d{3}", i)]
    effects = [i for i in ids if re.fullmatch(r"S\d{3}", i)]
    kamp = [i for i in ids if i.startswith("KAMP-")]
    others = [i for i in ids if re.fullmatch(r"C\d{3}", i)]
    within = [i for i in ids if re.fullmatch(r"W\d{3}", i)]
    counts = {"E": efficacy, "S": effects, "KAMP-": kamp, "C": others, "W": within}
    assert {prefix: len(found) for prefix, found in counts.items()} == COLLECTED
    assert len(ids) - sum(COLLECTED.values()) == KINETIC_ROWS


def test_the_manifest_matches_the_files():
    assert manifest.differences(manifest.committed(), manifest.current()) == []


def test_the_manifest_counts_every_row():
    committed = manifest.committed()
    cases = sum(entry.rows for key, entry in committed.items() if key.startswith("cases/"))
    assert cases == CASE_ROWS
    papers = sum(entry.rows for entry in committed.values()) - cases
    assert papers == sum(COLLECTED.values()) + KINETIC_ROWS


@pytest.mark.parametrize("key", ["studies/singh_2016b", "kinetics/kamp_2020", "cases/nimh_moa104"])
def test_the_manifest_notices_a_lost_and_a_changed_row(key: str):
    now = manifest.current()
    lost = manifest.Entry(now[key].rows - 1, now[key].checksum)
    changed = manifest.Entry(now[key].rows, "0" * 16)
    for other in (lost, changed):
        (line,) = manifest.differences(manifest.committed(), {**now, key: other})
        assert line.startswith(key)


def test_the_checksum_changes_with_value_time_and_unit():
    study = evidence.load("singh_2016b")
    row = study.outcomes[0]
    from dataclasses import replace

    lines = {
        manifest._line(row),
        manifest._line(replace(row, value=(row.value or 0) + 0.1)),
        manifest._line(replace(row, time=(row.time or 0) + 1)),
        manifest._line(replace(row, unit="%")),
    }
    assert len(lines) == 4


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_of_a_kind_loads(kind: str):
    for name in evidence.keys(kind):
        assert evidence.load(f"{kind}/{name}").name == name


def test_every_paper_is_named_by_its_reference():
    for kind in PAPERS:
        for name in evidence.keys(kind):
            assert evidence.load(f"{kind}/{name}").reference == name


def test_every_reference_that_a_file_names_exists():
    known = evidence.bibliography()
    pattern = re.compile(r'^(?:reference|source) = "([a-z_]+_\d{4}[a-z_]*)"', re.M)
    for path in HOME.rglob("*.toml"):
        for key in pattern.findall(path.read_text(encoding="utf-8")):
            assert key in known, f"{path.name} cites {key}"


def test_every_doi_is_well_formed_and_stands_once():
    dois = [entry.doi for entry in evidence.bibliography().values() if entry.doi]
    assert all(re.fullmatch(r"10\.\d{4,9}/\S+", doi) for doi in dois)
    twice = [doi for doi, count in Counter(d.lower() for d in dois).items() if count > 1]
    assert twice == []


def test_every_reference_says_what_it_is():
    for key, entry in evidence.bibliography().items():
        assert entry.get("title"), key
        assert str(entry).startswith(entry.get("author") or entry.get("title")), key


def test_a_verified_row_was_seen_and_a_recalled_one_was_not():
    rows = [row.outcome for row in evidence.observations()]
    assert all(row.seen for row in rows if row.status == "verified")
    assert not any(row.seen for row in rows if row.status == "recalled")
    assert all(row.place == "unknown" for row in rows if row.status == "recalled")


def test_numbers_from_the_research_notes():
    """Spot checks against abstracts: twice weekly -18.4 (12.0), thrice weekly -17.7 (7.3)."""
    twice, thrice = (evidence.observation(row).outcome for row in ("E204", "E206"))
    assert (twice.value, twice.spread, twice.time_d) == (-18.4, 12.0, 15)
    assert (thrice.value, thrice.spread) == (-17.7, 7.3)
    hazard = evidence.observation("E376").outcome
    assert (hazard.value, hazard.interval) == (0.49, (0.29, 0.84))
    pressure = evidence.observation("S001").outcome
    assert (pressure.value, pressure.interval, pressure.unit) == (12.61, (10.40, 14.82), "mmHg")
    peak = evidence.observation("PR21-T4-001")
    assert (peak.outcome.value, peak.outcome.unit, peak.arm and peak.arm.dose) == (
        43.8,
        "ng/mL",
        28,
    )


def test_an_upper_limit_that_was_not_reached_stays_open():
    row = evidence.observation("E378").outcome
    assert row.spread_text == "97;NE"
    assert row.interval == (97, float("inf"))


def test_a_paper_with_two_kinds_of_file_asks_which():
    with pytest.raises(EvidenceError, match="'effects/daly_2019' or 'course/daly_2019'"):
        evidence.load("daly_2019")
    assert evidence.load("course/daly_2019").reference == "daly_2019"


def test_a_bare_name_means_the_paper_not_the_design():
    assert evidence.load("singh_2016b") is evidence.load("studies/singh_2016b")


@pytest.mark.parametrize(
    "call",
    [
        lambda: evidence.load("singh_2061"),
        lambda: evidence.load("nonsense/singh_2016b"),
        lambda: evidence.observation("E999"),
        lambda: evidence.observations("everything"),
        lambda: evidence.keys("everything"),
        lambda: evidence.case("nimh_moa000"),
        lambda: evidence.reference("nobody_1900"),
        lambda: evidence.instrument("horoscope"),
        lambda: evidence.protocol("at_home"),
        lambda: evidence.interaction("chocolate"),
    ],
)
def test_an_unknown_name_is_answered_with_known_ones(call):
    with pytest.raises(UnknownNameError, match="Known: ") as refusal:
        call()
    assert "\n" not in str(refusal.value)


def test_cases_follow_the_case_format():
    assert len(evidence.case_names()) == 8
    for name in evidence.case_names():
        case = evidence.case(name)
        assert (case["version"], case["clock"]) == (1, "day")
        assert {t["regimen"].split()[0] for t in case["treatments"]} == {"ketamine", "saline"}
        given = [s for s in case["source"]["rows"] if s["event"] == "score"]
        assert [(float(s["time_days"]), float(s["value"])) for s in given] == [
            (s["day"], s["value"]) for s in case["scores"]
        ]
        assert case["person"]["weight_kg"] is None


def test_case_moa104_as_published():
    case = evidence.case("nimh_moa104")
    madrs = {s["day"]: s["value"] for s in case["scores"] if s["instrument"] == "MADRS"}
    assert madrs == {-2: 41, 2: 17, 10: 23, 16: 12, 24: 24}


def test_cite_takes_keys_results_and_lists():
    from reprieve import cite

    study = evidence.load("singh_2016b")
    both = cite("berman_2000", [study, "berman_2000"])
    assert both.splitlines() == [cite("berman_2000"), cite(study)]
    assert "10.1016/S0006-3223(99)00230-9" in both


def test_cite_finds_what_a_result_rests_on():
    class Outlook:
        evidence = ("berman_2000", "singh_2016b")

    assert evidence.cite(Outlook()) == evidence.cite("singh_2016b", "berman_2000")
    with pytest.raises(InputError, match="carries no references"):
        evidence.cite(3.14)
    with pytest.raises(UnknownNameError):
        evidence.cite("nobody_1900")


def test_bibtex_of_everything_reads_back():
    text = evidence.cite(*evidence.bibliography(), bibtex=True)
    assert parse_bibtex(text, "again").keys() == evidence.bibliography().keys()


@pytest.mark.parametrize(
    "text",
    [
        "@article{a_2000,\n  title = {A},\n}\n@article{a_2000,\n  title = {A},\n}\n",
        "@article{a_2000,\n  title = {A}\n}\n",
        "@article{a_2000,\n  title = {A},\n",
    ],
)
def test_a_damaged_bibliography_is_refused(text: str):
    with pytest.raises(EvidenceError, match=r"^mine\.bib: .*\.$"):
        parse_bibtex(text, "mine.bib")


def test_importing_evidence_opens_no_file():
    code = (
        "import sys; import reprieve.evidence as e; "
        "heavy = {'tomllib', 'json', 'numpy', 'rich', 'click'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_loading_one_file_does_not_load_the_others():
    code = (
        "import reprieve.evidence.library as lib; read = []; original = lib.read_text; "
        "lib.read_text = lambda path: (read.append(path.name), original(path))[1]; "
        "lib.load('berman_2000'); assert read == ['berman_2000.toml'], read"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_file_ships():
    """Package data covers every suffix that the evidence uses."""
    import tomllib

    pyproject = HOME.parents[2] / "pyproject.toml"
    globs = tomllib.loads(pyproject.read_text())["tool"]["setuptools"]["package-data"]["reprieve"]
    suffixes = {path.suffix for path in HOME.rglob("*") if path.is_file()} - {".py", ".pyc"}
    assert suffixes == {".toml", ".bib", ".json"}
    assert all(f"evidence/**/*{suffix}" in globs for suffix in suffixes)


def test_json_of_every_case_is_plain():
    for path in (HOME / "cases").glob("*.json"):
        assert json.loads(path.read_text(encoding="utf-8"))["id"] == path.stem.replace("_", "-")


def test_the_examples_of_the_evidence_page_run(capsys: pytest.CaptureFixture[str]):
    page = (HOME.parents[2] / "docs" / "evidence.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```(python|toml)\n(.*?)```", page, re.S)
    assert {language for language, _ in blocks} == {"python", "toml"}
    for language, text in blocks:
        if language == "toml":
            assert evidence.read_study(text, "evidence.md").outcome("E204").value == -18.4
        else:
            exec(text, {})
    printed = capsys.readouterr().out
    assert "-18.4 points verified" in printed
    assert "ketamine 2x/week 15.0" in printed
