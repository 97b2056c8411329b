"""Rows of the assessment, of weights and of doses are only added."""

from typing import ClassVar

from django.db import migrations

from reprieve.clinic.audit.triggers import append_only


class Migration(migrations.Migration):
    dependencies: ClassVar = [("patients", "0001_initial")]
    operations: ClassVar = [
        append_only(
            "patients_weightreading",
            "patients_medicationchange",
            "patients_screening",
            "patients_override",
            "patients_workupresult",
            "patients_eligibilitydecision",
            "patients_remsstatus",
        )
    ]
