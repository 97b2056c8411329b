"""Documentation that tests can fail: examples run, commands exist, links and numbers hold."""

import doctest
import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from reprieve.cli import COMMANDS, group

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```$", re.M | re.S)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(path: Path, language: str) -> list[str]:
    return [
        text for tag, text in FENCE.findall(path.read_text(encoding="utf-8")) if tag == language
    ]


def commands(path: Path, language: str) -> list[list[str]]:
    """The `$ reprieve ...` lines of a page as argument lists; a comment may follow them."""
    texts = [text.replace("\\\n", " ") for text in blocks(path, language)]
    lines = [line for text in texts for line in text.splitlines()]
    words = [shlex.split(line[2:], comments=True) for line in lines if line.startswith("$ ")]
    return [w[1:] for w in words if w and w[0] == "reprieve"]


def pages_with(language: str, what: str) -> list[Path]:
    return [p for p in PAGES if any(what in text for text in blocks(p, language))]


@pytest.mark.parametrize("path", pages_with("python", ""), ids=name)
def test_python_examples_run_and_print_what_they_show(path, monkeypatch, tmp_path):
    """The blocks of a page share their names, as a reader's session would."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    said: list[str] = []
    for number, text in enumerate(blocks(path, "python")):
        if ">>>" in text:
            test = doctest.DocTestParser().get_doctest(text, names, name(path), name(path), number)
            runner.run(test, out=said.append, clear_globs=False)
            names.update(test.globs)
        else:
            exec(compile(text, name(path), "exec"), names)
    assert runner.summarize(verbose=False).failed == 0, "".join(said)


@pytest.mark.parametrize("path", pages_with("console", "$ reprieve"), ids=name)
def test_commands_shown_as_sessions_run(path, tmp_path, monkeypatch):
    """Blocks marked `console` run, in a folder that sees docs/; long ones are marked `sh`."""
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    monkeypatch.chdir(tmp_path)
    for arguments in commands(path, "console"):
        result = CliRunner().invoke(group, arguments)
        assert result.exit_code == 0, (arguments, result.output, result.exception)


@pytest.mark.parametrize("path", pages_with("sh", "$ reprieve"), ids=name)
def test_commands_that_are_only_shown_are_spelled_right(path):
    for arguments in commands(path, "sh"):
        command: click.Command = group
        context = click.Context(group)
        while isinstance(command, click.Group):
            found = command.get_command(context, arguments[0])
            assert found is not None, arguments
            command, arguments = found, arguments[1:]
        command.make_context(command.name, list(arguments), resilient_parsing=False)


def test_every_command_is_shown_somewhere():
    shown = {c[0] for p in PAGES for kind in ("console", "sh") for c in commands(p, kind) if c}
    assert set(COMMANDS) <= shown


def test_every_page_is_in_the_contents_and_every_entry_exists():
    contents = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    listed = set(re.findall(r": ([\w/-]+\.md)$", contents, re.M))
    present = {str(p.relative_to(ROOT / "docs")) for p in (ROOT / "docs").rglob("*.md")}
    assert listed == present


def test_nothing_on_a_page_comes_from_elsewhere():
    for path in PAGES:
        text = FENCE.sub("", path.read_text(encoding="utf-8"))
        assert not re.search(r"!\[[^\]]*\]\(https?://", text), name(path)
        assert "<script" not in text, name(path)


def test_pictures_of_the_documentation_are_small_and_carry_words():
    pictures = sorted((ROOT / "docs").rglob("*.svg"))
    assert len(pictures) >= 3
    for path in pictures:
        assert path.stat().st_size < 300_000, name(path)
        text = path.read_text(encoding="utf-8")
        assert "<title" in text, name(path)
        assert "<desc" in text, name(path)
        assert "<script" not in text, name(path)
    for page in PAGES:
        for alt in re.findall(r"!\[([^\]]*)\]", page.read_text(encoding="utf-8")):
            assert len(alt) > 10, name(page)


def test_the_trial_format_names_every_kind_of_outcome_and_awareness():
    from reprieve.engine.trials.outcomes import KINDS
    from reprieve.evidence.study import AWARENESS

    text = (ROOT / "docs" / "trials.md").read_text(encoding="utf-8")
    assert [word for word in (*KINDS, *AWARENESS) if f"`{word}`" not in text] == []
