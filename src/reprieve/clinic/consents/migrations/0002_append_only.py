"""What was signed or withdrawn stays."""

from typing import ClassVar

from django.db import migrations

from reprieve.clinic.audit.triggers import append_only


class Migration(migrations.Migration):
    dependencies: ClassVar = [("consents", "0001_initial")]
    operations: ClassVar = [append_only("consents_consent", "consents_withdrawal")]
