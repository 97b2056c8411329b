"""Who may do what in the clinic, made from `reprieve.clinic.access` at every build."""

from typing import Any

from mkdocs.structure.files import File, Files

from reprieve.clinic.access import DUTIES, PERMISSIONS, Role

PAGE = "clinic/roles.md"
LEAD = """# Roles and permissions

Every address of the clinic states one permission, every verb asks for one again, and every object
is looked up inside the person's own clinic. A person may hold several roles and then has the
permissions of all of them. The owner sees no chart unless a clinical role is held too.

This page is made from the table that the program itself asks (`reprieve.clinic.access`); a test
asks every address as every role, signed out, and as somebody of another clinic.
"""


def on_config(config: Any, **_: object) -> Any:
    for entry in config.nav:
        if "The clinic" in entry:
            entry["The clinic"].insert(1, {"Roles and permissions": PAGE})
    return config


def on_files(files: Files, *, config: Any) -> Files:
    files.append(File.generated(config, PAGE, content=page()))
    return files


def page() -> str:
    """The page as Markdown."""
    return "\n".join([LEAD, *_duties(), "", "## Permissions", "", *_permissions(), ""])


def _duties() -> list[str]:
    rows = [f"| **{role.title}** | {DUTIES[role]} |" for role in Role]
    return ["| role | does |", "|---|---|", *rows]


def _permissions() -> list[str]:
    head = "| permission | " + " | ".join(role.title for role in Role) + " |"
    line = "|---|" + ":---:|" * len(Role)
    rows = [
        f"| `{name}` | " + " | ".join("✓" if role in who else "" for role in Role) + " |"
        for name, who in PERMISSIONS.items()
    ]
    return [head, line, *rows]
