"""Movements, counts and losses are only ever added."""

from django.db import migrations

from reprieve.clinic.audit.triggers import append_only


class Migration(migrations.Migration):
    """Triggers on every table whose rows are evidence."""

    dependencies = (("ledger", "0001_initial"),)

    operations = (
        append_only(
            "ledger_ledgerentry",
            "ledger_count",
            "ledger_countline",
            "ledger_countanswer",
            "ledger_loss",
            "ledger_lossstep",
        ),
    )
