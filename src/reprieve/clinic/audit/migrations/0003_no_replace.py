"""A clinic made before gets the trigger that refuses `INSERT OR REPLACE`."""

from typing import ClassVar

from django.db import migrations

from reprieve.clinic.audit.triggers import append_only_again

APPS = (
    "audit", "patients", "consents", "protocols", "courses", "treatments", "therapy", "ledger",
    "today",
)  # fmt: skip


class Migration(migrations.Migration):
    """The triggers of every table that was append-only by then, put anew."""

    dependencies: ClassVar = [(app, "0002_append_only") for app in APPS]
    operations: ClassVar = [
        append_only_again(
            "audit_auditevent", "consents_consent", "consents_withdrawal", "courses_courseevent",
            "ledger_count", "ledger_countanswer", "ledger_countline", "ledger_ledgerentry",
            "ledger_loss", "ledger_lossstep", "patients_eligibilitydecision",
            "patients_medicationchange", "patients_override", "patients_remsstatus",
            "patients_screening", "patients_weightreading", "patients_workupresult",
            "protocols_protocolversion", "therapy_psychotherapynote", "today_dayclosed",
            "treatments_sessionevent",
        )
    ]  # fmt: skip
