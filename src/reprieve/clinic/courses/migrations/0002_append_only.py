"""What happened to a course is only added to."""

from django.db import migrations

from reprieve.clinic.audit.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("courses", "0001_initial")]
    operations = [append_only("courses_courseevent")]
