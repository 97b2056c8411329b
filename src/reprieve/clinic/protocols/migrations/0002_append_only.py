"""A protocol's versions are kept as they were saved."""

from django.db import migrations

from reprieve.clinic.audit.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("protocols", "0001_initial")]
    operations = [append_only("protocols_protocolversion")]
