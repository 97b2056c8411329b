"""Protocol texts, read once each."""

from functools import lru_cache

from reprieve.evidence.practice import Protocol, parse_protocol


@lru_cache(maxsize=256)
def read(name: str, digest: str, text: str) -> Protocol:
    """The protocol of a text; `digest` makes the key short to compare."""
    return parse_protocol(text, name, f"protocol {name}")
