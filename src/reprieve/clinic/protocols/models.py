"""A site's protocols: every version kept whole, so that running courses keep theirs."""

from typing import ClassVar
from uuid import uuid4

from django.db import models

from reprieve.clinic.protocols.reading import read
from reprieve.evidence.practice import Protocol


class ProtocolVersion(models.Model):
    """One version of a protocol at a site, as the flattened text of its file. Never changed."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    clinic = models.ForeignKey(
        "accounts.Clinic", on_delete=models.PROTECT, related_name="protocols"
    )
    name = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    text = models.TextField()
    digest = models.CharField(max_length=64)
    note = models.TextField(blank=True, help_text="what changed and why")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True)

    class Meta:
        ordering: ClassVar = ["name", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic", "name", "version"], name="protocol_version_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} (version {self.version})"

    @property
    def protocol(self) -> Protocol:
        """The protocol that the text describes."""
        return read(self.name, self.digest, self.text)
