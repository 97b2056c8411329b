"""Psychotherapy notes are only ever added."""

from django.db import migrations

from reprieve.clinic.audit.triggers import append_only


class Migration(migrations.Migration):
    """Triggers on the notes."""

    dependencies = (("therapy", "0001_initial"),)

    operations = (append_only("therapy_psychotherapynote"),)
