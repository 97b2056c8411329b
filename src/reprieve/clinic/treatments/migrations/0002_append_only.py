"""Events of a session are only ever added."""

from django.db import migrations

from reprieve.clinic.audit.triggers import append_only


class Migration(migrations.Migration):
    """Triggers on the record itself."""

    dependencies = (("treatments", "0001_initial"),)

    operations = (append_only("treatments_sessionevent"),)
