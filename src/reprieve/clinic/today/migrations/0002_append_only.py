"""The record of closed days is only added to."""

from django.db import migrations

from reprieve.clinic.audit.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("today", "0001_initial")]
    operations = [append_only("today_dayclosed")]
