"""The text that a patient reads and signs, as the protocol file has it."""

import hashlib
import json
from typing import Any

from reprieve.evidence.practice import Protocol

USES = {
    "label": "This medicine has a label for this use.",
    "off-label": "This use is off-label: no authority has approved this medicine for depression "
    "in this form.",
    "hypothetical": "This use is off-label and has not been tried in people: it is hypothetical.",
}


def wording(protocol: Protocol) -> dict[str, Any] | None:
    """The consent text as it is stored with a signature; None where the file has none.

    How the use stands to the label is always part of it, whatever sections a site's own copy
    of the protocol keeps.
    """
    found = protocol.consent_text
    if found is None:
        return None
    return {
        "title": found.title,
        "version": found.version,
        "use": USES[protocol.use],
        "sections": [
            {
                "heading": section.heading,
                "paragraphs": list(section.paragraphs),
                "sources": [s for s in (section.source, *section.further_sources) if s],
            }
            for section in found.sections
        ],
    }


def digest(text: dict[str, Any]) -> str:
    """SHA-256 of a consent text, hexadecimal: one changed letter is another text."""
    canonical = json.dumps(text, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
