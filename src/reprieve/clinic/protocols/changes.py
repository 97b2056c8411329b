"""What differs between a site's version of a protocol and another, in words."""

from dataclasses import replace

from reprieve.clinic.protocols.models import ProtocolVersion
from reprieve.evidence.practice import Protocol, differences


def changes(old: ProtocolVersion, new: Protocol) -> tuple[str, ...]:
    """A line for each change but that of the version's own number."""
    was = old.protocol
    return differences(was, replace(new, version=was.version))
