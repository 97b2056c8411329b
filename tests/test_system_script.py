"""What `make test` does where PostgreSQL is not there: it says so, and the CI run fails."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
THERE = {
    "ldconfig": "echo libpangoft2-1.0.so.0",
    "fc-list": "echo a font",
    "id": "echo 1000",  # not root: nothing is installed or started
    "chromium": "exit 0",
    "pg_isready": "exit 2",
}


def system(folder: Path, *, psql: str | None, required: bool) -> subprocess.CompletedProcess[str]:
    """The script on a machine that has only what stands in `folder`."""
    known = THERE | ({"psql": psql} if psql else {})
    for name, does in known.items():
        (folder / name).write_text(f"#!/bin/sh\n{does}\n")
        (folder / name).chmod(0o755)
    for name in ("grep", "sleep"):
        (folder / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    env = {k: v for k, v in os.environ.items() if k != "REPRIEVE_REQUIRE_POSTGRES"}
    env |= {"PATH": str(folder)} | ({"REPRIEVE_REQUIRE_POSTGRES": "1"} if required else {})
    return subprocess.run(
        [ROOT / "tools/system.sh"], env=env, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize(
    ("psql", "said"), [(None, "no PostgreSQL"), ("exit 2", "PostgreSQL is not reachable")]
)
def test_tests_on_postgresql_are_left_out_aloud_unless_they_are_required(
    psql: str | None, said: str, tmp_path: Path
) -> None:
    for required, status, then in ((False, 0, "on SQLite alone"), (True, 1, "cannot be left out")):
        folder = tmp_path / str(required)
        folder.mkdir()
        found = system(folder, psql=psql, required=required)
        assert (found.returncode, found.stdout) == (status, "")
        assert said in found.stderr
        assert then in found.stderr


def test_a_database_that_answers_is_named(tmp_path: Path) -> None:
    found = system(tmp_path, psql="exit 0", required=True)
    assert (found.returncode, found.stdout.strip()[:11]) == (0, "postgres://")


def test_the_ci_run_requires_postgresql_and_runs_checks_and_tests(tmp_path: Path) -> None:
    """`make` stands in for the real one and writes down what it was asked."""
    make = tmp_path / "make"
    make.write_text('#!/bin/sh\necho "$REPRIEVE_REQUIRE_POSTGRES $*"\n')
    make.chmod(0o755)
    env = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    found = subprocess.run([ROOT / ".ci/run"], env=env, capture_output=True, text=True, timeout=60)
    assert found.stdout == "1 check test\n"


def test_make_test_stops_where_the_database_it_requires_is_missing(tmp_path: Path) -> None:
    recipe = (ROOT / "Makefile").read_text().split("\ntest:")[1].split("\n\n")[0]
    assert recipe.index("set -e; url=$$(tools/system.sh)") < recipe.index("pytest")
