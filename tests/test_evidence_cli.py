"""`reprieve evidence` in the terminal."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reprieve.cli.evidence import FOLDERS, command
from reprieve.errors import UnknownNameError
from reprieve.evidence import bibliography, observations


def run(*words: str) -> Result:
    return CliRunner().invoke(command, words, catch_exceptions=False)


def test_list_counts_every_kind():
    found = json.loads(run("list", "--json").output)
    rows = {entry["kind"]: entry["rows"] for entry in found}
    assert set(rows) == set(FOLDERS)
    assert rows["cases"] == 128
    for kind in ("studies", "kinetics", "effects", "course"):
        assert rows[kind] == len(observations(kind)) > 0


@pytest.mark.parametrize("kind", FOLDERS)
def test_list_of_a_kind_names_its_files(kind: str):
    assert json.loads(run("list", kind, "--json").output)
    assert "Title" in run("list", kind).output


def test_show_a_row_gives_source_and_status():
    output = " ".join(run("show", "E204").output.split())
    for part in ("10.1176/appi.ajp.2016.16010037", "-18.4", "12 SD", "verified", "unknown"):
        assert part in output


def test_show_a_row_in_small_letters():
    assert "-18.4" in run("show", "e204").output


def test_show_a_paper_gives_all_its_rows():
    found = json.loads(run("show", "daly_2019", "--json").output)
    assert {row["id"] for row in found} >= {"E376", "S163"}
    assert {row["reference"] for row in found} == {"daly_2019"}


@pytest.mark.parametrize(
    "name",
    ["protocols/spravato", "instruments/madrs", "interactions/rifampicin", "cases/nimh_moa104"],
)
def test_show_prints_other_files_as_they_are(name: str):
    assert run("show", name).output.strip()
    assert isinstance(json.loads(run("show", name, "--json").output), dict)


def test_show_bibtex():
    assert run("show", "berman_2000", "--bibtex").output.startswith("@article{berman_2000,")


def test_show_a_reference_without_rows():
    assert "Evans" in run("show", "evans_2018").output


@pytest.mark.parametrize("name", ["nobody_1900", "E999", "stars/venus", "protocols/venus"])
def test_show_an_unknown_name_is_refused(name: str):
    with pytest.raises(UnknownNameError):
        run("show", name)


def test_search_looks_into_notes_populations_and_outcomes():
    by_note = json.loads(run("search", "alcohol", "history", "--json").output)
    assert {"E468", "E469"} <= {row["id"] for row in by_note}
    by_population = json.loads(run("search", "inpatients", "drug-free", "--json").output)
    assert any(row["study"] == "zarate_2006" for row in by_population)
    by_outcome = json.loads(run("search", "remission_rate", "--kind", "course", "--json").output)
    assert by_outcome
    assert all(row["kind"] == "remission_rate" for row in by_outcome)


def test_search_without_a_hit_says_so():
    assert "0 rows" in run("search", "zzzz").output


def test_cite_prints_json():
    one = json.loads(run("cite", "berman_2000", "--json").output)
    assert [(r["key"], r["doi"]) for r in one] == [("berman_2000", "10.1016/S0006-3223(99)00230-9")]
    assert one[0]["text"] in run("cite", "berman_2000").output
    assert len(json.loads(run("cite", "--json").output)) == len(bibliography())


def test_cite_prints_lines_or_bibtex(tmp_path: Path):
    assert "doi:10.1016/S0006-3223(99)00230-9" in run("cite", "berman_2000").output
    out = tmp_path / "all.bib"
    run("cite", "--bibtex", "--out", str(out))
    assert out.read_text(encoding="utf-8").count("@") > 150


def test_out_writes_the_json(tmp_path: Path):
    out = tmp_path / "rows.json"
    run("show", "singh_2016b", "--out", str(out))
    assert len(json.loads(out.read_text(encoding="utf-8"))) == 14
