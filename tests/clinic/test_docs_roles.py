"""The page of roles is made from the table that the program asks."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "docs" / "hooks"))

import roles_table

from reprieve.clinic.access import PERMISSIONS, Role


def test_every_permission_has_a_row_with_a_tick_for_each_role_that_holds_it() -> None:
    rows = {line.split("`")[1]: line for line in roles_table.page().splitlines() if "| `" in line}
    assert rows.keys() == PERMISSIONS.keys()
    for name, who in PERMISSIONS.items():
        assert rows[name].count("✓") == len(who & frozenset(Role))
