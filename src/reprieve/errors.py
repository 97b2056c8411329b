"""What can go wrong, as a tree.

    ReprieveError
    ├── InputError            what came in cannot be used: exit code 2
    │   ├── RegimenError      a regimen, at a named word
    │   ├── DoseError         a dose that cannot be given
    │   ├── EvidenceError     an evidence, protocol, instrument or trial file
    │   └── UnknownNameError       a name that is not on the list that follows it
    └── ModelError            a request that no shipped model answers: exit code 2

Messages say what came, what was expected and what to do, in one sentence or two.
"""


class ReprieveError(Exception):
    """Anything Reprieve refuses; the message is written for the person who asked."""


class InputError(ReprieveError):
    """The input cannot be used as it is."""


class DoseError(InputError):
    """A dose that cannot be given: its amount, rate, time or route is impossible."""


class EvidenceError(InputError):
    """An evidence, protocol, instrument or trial file breaks its schema."""


class UnknownNameError(InputError):
    """A name that nothing shipped carries."""

    def __init__(self, kind: str, name: str, known: "list[str] | tuple[str, ...]") -> None:
        super().__init__(f"Unknown {kind} '{name}'. Known: {', '.join(known)}.")
        self.kind, self.name, self.known = kind, name, tuple(known)


class RegimenError(InputError):
    """A regimen text that cannot be read, pointing at the word.

    Parameters
    ----------
    message : what is wrong and what was expected
    text : the regimen as it came
    start, end : character span of the offending word in `text`
    """

    def __init__(self, message: str, text: str, start: int, end: int) -> None:
        marker = " " * start + "^" * max(1, end - start)
        super().__init__(f"{message}\n  {text}\n  {marker}")
        self.reason, self.text, self.start, self.end = message, text, start, end


class ModelError(ReprieveError):
    """A request that no shipped model answers."""
