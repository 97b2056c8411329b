"""Append-only rows in streams, each carrying the digest of the one before it.

A change, a gap or a removal in the middle of a stream breaks every digest after it, so that
`reprieve clinic verify` can name the first bad row without trusting the program that wrote it.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Self
from uuid import UUID

from django.db import connection, models

from reprieve.clinic.errors import RefusedError

FIRST = "0" * 64


def canonical(value: Any) -> Any:
    """A value as the digest reads it: the same before and after the database."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date | UUID):
        return str(value)
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, float):
        raise RefusedError(f"{value!r} is a float; numbers of the record are decimals in text.")
    if isinstance(value, dict):
        return {str(k): canonical(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [canonical(v) for v in value]
    return value


class Link(models.Model):
    """A row of an append-only stream. Streams are named in `stream`, rows counted from 1.

    A column that a later version adds is nullable and named in `added_later`: it is left out of the
    digest where it is empty, so that rows written before it keep the digest they have.
    """

    added_later: ClassVar[frozenset[str]] = frozenset()

    stream = models.CharField(max_length=60, editable=False)
    seq = models.PositiveIntegerField(editable=False)
    previous = models.CharField(max_length=64, editable=False)
    digest = models.CharField(max_length=64, editable=False)

    class Meta:
        abstract = True

    def facts(self) -> dict[str, Any]:
        """Everything of the row but its digest, as the digest reads it.

        What is empty is left out, so that a column added by a later version, empty in older rows,
        leaves their digests as they were. Emptying a column that held something still shows.
        """
        found = {
            f.attname: canonical(getattr(self, f.attname))
            for f in self._meta.concrete_fields
            if f.attname != "digest" and not isinstance(f, models.BigAutoField)
            if f.attname not in self.added_later or getattr(self, f.attname) is not None
        }
        return {name: value for name, value in found.items() if value is not None}

    def computed(self) -> str:
        """The digest that the row's content calls for."""
        text = json.dumps(self.facts(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def append(self) -> Self:
        """Put the row at the end of its stream; call inside a transaction.

        The stream is locked until the transaction ends, so that two writers never take one
        number.
        """
        lock(self.stream)
        last = type(self)._default_manager.filter(stream=self.stream).order_by("-seq").first()
        self.seq = last.seq + 1 if last else 1
        self.previous = last.digest if last else FIRST
        for f in self._meta.concrete_fields:
            if isinstance(f, models.DecimalField) and getattr(self, f.attname) is not None:
                exact = Decimal(getattr(self, f.attname))
                setattr(self, f.attname, exact.quantize(Decimal(1).scaleb(-f.decimal_places)))
        self.digest = self.computed()
        self.save(force_insert=True)
        return self


def lock(stream: str) -> None:
    """Hold a stream for this transaction. SQLite's immediate transactions hold everything."""
    assert connection.in_atomic_block, "appending needs a transaction"
    if connection.vendor == "postgresql":
        key = int.from_bytes(hashlib.sha256(stream.encode()).digest()[:8], "big", signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def faults(rows: models.QuerySet[Any]) -> Iterator[str]:
    """What is wrong with streams, first row first: gaps, broken links, changed content."""
    at: dict[str, tuple[int, str]] = {}
    for row in rows.order_by("stream", "seq").iterator(chunk_size=2000):
        seq, digest = at.get(row.stream, (0, FIRST))
        name = f"{row._meta.label_lower} {row.stream} row {row.seq}"
        if row.seq != seq + 1:
            yield f"{name}: row {seq + 1} is missing"
        elif row.previous != digest:
            yield f"{name}: does not follow the row before it"
        elif row.computed() != row.digest:
            yield f"{name}: its content is not what was signed into the chain"
        at[row.stream] = row.seq, row.digest
