"""Rows that stop standing without being removed: revoked or resolved, by whom and why."""

from typing import Any, Self

from django.db import models


class Rows(models.QuerySet[Any]):
    """Rows with or without those that no longer stand."""

    def standing(self) -> Self:
        """Only what still stands."""
        return self.filter(ended_at=None)


class Standing(models.Model):
    """A row with who entered it, and who ended it with what reason."""

    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, editable=False)
    ended_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    ended_reason = models.TextField(blank=True, editable=False)

    objects = Rows.as_manager()

    class Meta:
        abstract = True

    @property
    def stands(self) -> bool:
        """Whether it still counts."""
        return self.ended_at is None
