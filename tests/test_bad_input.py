"""Bad input of every kind, at every command: exit 2, one clear sentence, no traceback."""

import os
import sys
from pathlib import Path

import pytest

from reprieve import cli
from reprieve.evidence.library import HOME

GOOD = "ketamine 0.5 mg/kg IV over 40 min"
REGIMENS = {
    "ketamine 0.5 grains IV": "Unknown unit 'grains'",
    "ketamine 0.5 IV": "has no unit",
    "ketamine -1 mg/kg IV": "is negative",
    "ketamine nan mg/kg IV": "not a number",
    "ketamine 500 mg/kg IV": "beyond any published use",
    "": "is empty",
    "   ": "is empty",
    "ketamine 0.5 mg/kg IV x0": "whole number from 1",
    "ketamine 0.5 mg/kg IV weekly for 0 weeks": "holds no session",
    "ketamine 0.5 mg/kg IV x1000000": "at most 2,000",
    "ketamine 0.2 mg/kg/h IV over 0 min": "length of 0",
    "ketmine 0.5 mg/kg IV": "Did you mean 'ketamine'",
    "ketamine \0 mg": "",
}
READERS: dict[str, list[str]] = {
    "simulate": ["{}"],
    "mechanism": ["{}"],
    "events": ["from", "{}"],
}
FILES = {
    "missing.toml": "no such file",
    "corrupt.toml": "not valid TOML",
    "empty.toml": "is missing",
    "binary.toml": "cannot be read as UTF-8",
    "folder": "is a folder",
    "/dev/full": "/dev/full: this is a device",
    "pipe": "pipe: this is a device or a pipe",
    "huge": "huge: the file holds 1,000 MB",
    "aware.toml": "psychic",
    "grains.toml": "Unknown unit 'grains'",
    "late.toml": "visits_d",
    "scores.toml": "baseline_mean",
}

OTHER = {
    ("forecast", "missing.json"): "'missing.json' is no file; give a case file",
    ("forecast", "folder"): "holds no .json file",
    ("forecast", "corrupt.toml"): "unreadable_case: ",
    ("forecast", "binary.toml"): "unreadable_case: ",
    ("forecast", "corrupt.toml", "--horizon", "soon"): "expected days, weeks or months",
    ("forecast", "corrupt.toml", "--out", "x.pdf"): "ending that says nothing",
    ("forecast", "corrupt.toml", "--seed", "-1"): "range",
    ("forecast", "case.json", "--setting", "missing.json"): "is no file; give a setting file",
    ("forecast", "case.json", "--setting", "folder"): "is a folder; give a setting file",
    ("forecast", "case.json", "--setting", "/dev/zero"): "is no file; give a setting file",
    ("forecast", "case.json", "--setting", "corrupt.toml"): "Not a setting file",
    ("forecast", "case.json", "--setting", "binary.toml"): "cannot be read",
    ("forecast", "case.json", "--setting", "case.json"): "Not a setting file",
    ("clinic", "verify", "--data", "nowhere"): "No clinic in 'nowhere'",
    ("clinic", "restore", "empty.toml", "--data", "new"): "is not a backup",
    ("setting",): "Missing argument",
    ("setting", "case.json"): "Missing option '--out'",
    ("setting", "missing.json", "--out", "x.json"): "'missing.json' is no file or folder",
    ("setting", "folder", "--out", "x.json"): "holds no .json file",
    ("setting", "pipe", "--out", "x.json"): "'pipe' is no file or folder",
    ("setting", "corrupt.toml", "--out", "x.json"): "corrupt.toml: unreadable_case: ",
    ("setting", "case.json", "--out", "nowhere/x.json"): "folder does not exist",
    ("setting", "case.json", "--out", "x.json", "--seed", "-1"): "range",
    ("setting", "case.json", "--out", "x.json", "--add", "missing.json"): "give a setting file",
    ("setting", "case.json", "--out", "x.json", "--add", "case.json"): "Not a setting file",
    ("setting", "case.json", "--out", "x.json"): "at least 5 are needed",
    ("score", "missing.json"): "missing.json",
    ("score", "corrupt.toml", "--seed", "-1"): "range",
    ("score", "pipe"): "'pipe' is no file or folder",
    ("score", "case.json", "--setting", "missing.json"): "is no file; give a setting file",
    ("plan", "missing.json"): "'missing.json' is no file; give a case file",
    ("plan", "corrupt.toml"): "unreadable_case: ",
    ("plan", "corrupt.toml", "--every", "often"): "expected weeks such as 1,2,4",
    ("plan", "corrupt.toml", "--max-mg", "nan"): "no number from",
    ("plan", "corrupt.toml", "--review", "0"): "range",
    ("plan", "corrupt.toml", "--review", "many"): "not a valid integer",
    ("plan", "case.json", "--setting", "pipe"): "is no file; give a setting file",
    ("plan", "case.json", "--on", "nan"): "give a day number",
    ("plan", "case.json", "--instead", ""): "is empty",
    ("plan", "case.json", "--instead", "ketamine 500 mg/kg IV"): "beyond any published use",
    ("plan", "case.json", "--instead", "sertraline 50 mg oral"): "a treatment is one session",
    ("plan", "case.json", "--instead", "saline IV over 40 min"): "holds no ketamine",
    ("plan", "case.json", "--ask-on", "moonlight"): "moonlight",
    ("plan", "case.json", "--decide-on", "soon"): "give a day number",
    ("plan", "case.json", "--decide-on", "2"): "expected day 25 (tomorrow)",
    ("plan", "case.json", "--review", "1000"): "expected 1 to 60",
    ("simulate", GOOD, "-n", "0"): "range",
    ("simulate", GOOD, "-n", "many"): "not a valid integer",
    ("simulate", GOOD, "--seed", "-1"): "range",
    ("simulate", GOOD, "--for", "8 furlongs"): "expected days, weeks or months",
    ("simulate", GOOD, "--for", "-3w"): "expected days, weeks or months",
    ("simulate", GOOD, "--for", "0w"): "expected above 0",
    ("simulate", GOOD, "--for", "1000000w"): "at most",
    ("simulate", GOOD, "--weight", "nan"): "weight_kg was nan",
    ("simulate", GOOD, "--weight", "-70"): "weight_kg was -70",
    ("simulate", GOOD, "--age", "7"): "age_y was 7",
    ("simulate", GOOD, "--baseline", "nan"): "MADRS at entry",
    ("simulate", GOOD, "--awareness", "psychic"): "Unknown awareness 'psychic'",
    ("simulate", GOOD, "--workers", "0"): "range",
    ("simulate", GOOD, "--out", "page.doc"): "neither .html nor .json",
    ("simulate", GOOD, "--out", "nowhere/page.html"): "folder does not exist",
    ("simulate", GOOD, "--out", "folder"): "is a directory",
    ("simulate", "ketamine 0.5 mg/kg IV", "--strict"): "takes nothing for granted",
    ("simulate", "sertraline 50 mg oral daily"): "no session",
    ("simulate",): "Missing argument",
    ("compare", "moonlight"): "moonlight",
    ("compare", "ketamine 0.5 grains IV"): "Unknown unit 'grains'",
    ("compare", "ketamine 500 mg/kg IV once"): "beyond any published use",
    ("compare", GOOD, "--population", "martians"): "martians",
    ("compare", GOOD, "--for", "soon"): "expected days, weeks or months",
    ("compare", GOOD, "--seed", "-1"): "range",
    ("compare", GOOD, "-n", "99"): "100<=x<=1000000",
    ("compare", GOOD, "-n", "1000001"): "100<=x<=1000000",
    ("compare", GOOD, "--sets", "1"): "2<=x<=1000",
    ("compare", GOOD, "--sets", "1000"): "the ensemble holds",
    ("compare", "ketamine nan mg IV"): "'nan' is not a number",
    ("simulate", "ketamine 0,5 mg/kg IV"): "with a point here, not a comma",
    ("simulate", GOOD + " weekly for 2 weeks for 3 weeks"): "The span is given twice",
    ("simulate", GOOD, "--seed", "9" * 23): "range",
    ("simulate", GOOD, "--workers", "100000"): "1<=x<=1024",
    ("simulate", GOOD, "--cluster", ""): "'' is no address",
    ("simulate", GOOD, "--cluster", "garbage"): "'garbage' is no address",
    ("trial", "daly_2019", "--cluster", "garbage"): "'garbage' is no address",
    ("trial", "daly_2019", "-n", "1000000000"): "range",
    ("validate", "--kinetics", "--safety"): "--kinetics and --safety exclude each other",
    ("mechanism", GOOD, "--out", "x.pdf"): "ends in none of .html",
    ("mechanism", GOOD, "--json", "--html"): "--json and --html exclude each other",
    ("mechanism", GOOD, "--svg", "--out", "x.html"): "do not agree",
    ("demo", "--out", ""): "--out is empty",
    ("evidence", "cite", "--json", "--bibtex"): "exclude each other",
    ("compare", GOOD, "--out", "nowhere/x.json"): "folder does not exist",
    ("compare",): "Missing argument",
    ("trial", "daly_2019", "-n", "0"): "range",
    ("trial", "daly_2019", "--seed", "-1"): "range",
    ("trial", "daly_2019", "--workers", "0"): "range",
    ("trial", "daly_2019", "--remission", "nan"): "no number from 0 to 60",
    ("trial", "daly_2019", "--out", "nowhere/x.json"): "folder does not exist",
    ("validate", "--facts", "-n", "0"): "range",
    ("validate", "--facts", "--seed", "-1"): "range",
    ("validate", "--facts", "--workers", "0"): "range",
    ("validate", "--kinetics", "--out", "nowhere/x.html"): "folder does not exist",
    ("validate", "--feelings"): "No such option",
    ("calibrate", "--members", "0"): "range",
    ("calibrate", "--steps", "0"): "range",
    ("calibrate", "--seed", "-1"): "range",
    ("calibrate", "--date", "yesterday"): "is no date",
    ("calibrate", "--from", "missing.json"): "No such file",
    ("calibrate", "--from", "binary.toml"): "binary.toml is not text",
    ("calibrate", "--from", "folder"): "folder: this is a folder",
    ("calibrate", "--from", "/dev/zero"): "/dev/zero: this is a device",
    ("calibrate", "--out", "nowhere/x.json"): "folder does not exist",
    ("evidence", "show", "nobody_1900"): "nobody_1900",
    ("evidence", "list", "gossip"): "gossip",
    ("evidence", "cite", "nobody_1900"): "nobody_1900",
    ("evidence", "show", "daly_2019", "--out", "nowhere/x"): "folder does not exist",
    ("events", "check", "missing.csv"): "No such file",
    ("events", "check", "folder"): "is a folder",
    ("events", "check", "/dev/zero"): "/dev/zero: this is a device",
    ("events", "check", "pipe"): "pipe: this is a device",
    ("events", "check", "huge"): "huge: the file holds 1,000 MB",
    ("trial", ""): "No file name",
    ("validate", ""): "No file name",
    ("events", "check", "binary.toml"): "not a text file",
    ("events", "check", "corrupt.toml"): "line 1",
    ("events", "check", "giant.csv"): "line 2, column AMT: 1e+08 mg",
    ("events", "predict", "giant.csv"): "line 2, column AMT: 1e+08 mg",
    ("events", "predict", "other.csv"): "line 2, column DRUG",
    ("events", "check", "negative.csv"): "line 2, column TIME",
    ("events", "predict", "missing.csv"): "No such file",
    ("events", "predict", "weight.csv"): "line 2, column WT",
    ("events", "predict", "fine.csv", "--model", "guess"): "Unknown kinetic model 'guess'",
    ("events", "predict", "fine.csv", "--seed", "-2"): "range",
    ("events", "from", GOOD, "--weight", "nan"): "weight_kg was nan",
    ("events", "from", GOOD, "--age", "5"): "age_y was 5",
    ("events", "from", GOOD, "--times", "1,x"): "'x' is no sampling time",
    ("events", "from", GOOD, "--times", "-1"): "'-1' is no sampling time",
    ("events", "from", GOOD, "--model", "guess"): "Unknown kinetic model 'guess'",
    ("events", "from", GOOD, "--out", "nowhere/x.csv"): "folder does not exist",
    ("events", "from", "saline IV over 40 min", "--model", "otto_2021_s_ketamine"): "no S-ketamine",
    ("mechanism", GOOD, "--out", "nowhere/x.html"): "folder does not exist",
    ("mechanism", "sertraline 50 mg oral daily"): "NMDA receptor",
    ("demo", "--out", "corrupt.toml"): "is a file",
    ("demo", "--seed", "-1"): "range",
    ("heal",): "No such command",
}

TRIAL = """version = 1
title = "Ours"
split = "none"
visits_d = [1, 14]
[population]
text = "adults"
instrument = "MADRS"
baseline_mean = 33
baseline_sd = 5
[[arm]]
name = "ketamine"
regimen = "ketamine 0.5 mg/kg IV over 40 min, twice weekly x4"
awareness = "open"
"""
SPOILT = {
    "aware.toml": ('"open"', '"psychic"'),
    "grains.toml": ("0.5 mg/kg", "0.5 grains"),
    "late.toml": ("[1, 14]", "[-1, 14]"),
    "scores.toml": ("baseline_mean = 33", "baseline_mean = nan"),
}


def table() -> list[tuple[tuple[str, ...], str]]:
    cases = list(OTHER.items())
    for command, pattern in READERS.items():
        cases += [((command, *(p.format(r) for p in pattern)), why) for r, why in REGIMENS.items()]
    for name, why in FILES.items():
        cases += [(("trial", name), why), (("validate", name), why)]
    return cases


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with files that are no good."""
    (tmp_path / "corrupt.toml").write_text('reference = "x\n[[arm]')
    (tmp_path / "binary.toml").write_bytes(bytes(range(256)))
    (tmp_path / "empty.toml").write_text("")
    (tmp_path / "negative.csv").write_text("ID,TIME,AMT\n1,-1,5\n")
    (tmp_path / "giant.csv").write_text("ID,TIME,AMT\n1,0,99999999\n1,1,.\n")
    (tmp_path / "other.csv").write_text("ID,TIME,AMT,DRUG\n1,0,5,4\n1,1,.,4\n")
    (tmp_path / "weight.csv").write_text("ID,TIME,AMT,WT\n1,0,5,nan\n1,1,.,nan\n")
    (tmp_path / "fine.csv").write_text("ID,TIME,AMT\n1,0,5\n1,1,.\n")
    (tmp_path / "case.json").write_bytes((HOME / "cases" / "nimh_moa104.json").read_bytes())
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(1_000_000_000)  # holds no block of the disk
    for name, (good, bad) in SPOILT.items():
        assert good in TRIAL
        (tmp_path / name).write_text(TRIAL.replace(good, bad))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "reason"), table(), ids=lambda x: " ".join(x)[:60] if isinstance(x, tuple) else ""
)
def test_bad_input_gets_one_sentence_and_exit_code_2(
    arguments: tuple[str, ...],
    reason: str,
    desk: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = sorted(desk.iterdir())
    monkeypatch.setattr(sys, "argv", ["reprieve", *arguments])
    with pytest.raises(SystemExit) as end:
        cli.main()
    said = capsys.readouterr()
    assert end.value.code == 2
    assert "Traceback" not in said.err
    assert reason in said.err
    assert said.out == ""
    message = said.err.strip().splitlines()
    ours, usage = message[0].startswith("reprieve: "), message[0].startswith("Usage: ")
    assert ours or (usage and message[-1].startswith("Error: "))
    sentence = message[0] if ours else message[-1]
    assert sentence[-1] in ".?'\")"
    assert len(sentence) < 700
    assert sorted(desk.iterdir()) == before, "something was written"


def test_every_command_is_on_the_table() -> None:
    assert {arguments[0] for arguments, _ in table()} >= set(cli.COMMANDS)


def test_a_traceback_would_not_pass_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no bad input, a fault of ours, is not dressed up as one."""

    def broken(**_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "group", broken)
    with pytest.raises(ZeroDivisionError):
        cli.main()
