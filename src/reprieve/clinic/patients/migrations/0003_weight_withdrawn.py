"""A weight that was never this patient's is taken out, and stays on record."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("patients", "0002_append_only")]
    operations: ClassVar = [
        migrations.AddField("weightreading", "withdrawn", models.BooleanField(null=True)),
    ]
