"""Rows of the audit are only added."""

from typing import ClassVar

from django.db import migrations

from reprieve.clinic.audit.triggers import append_only


class Migration(migrations.Migration):
    """Triggers on the audit."""

    dependencies: ClassVar = [("audit", "0001_initial")]
    operations: ClassVar = [append_only("audit_auditevent")]
