"""Flag patients whose ID may have been cut: until now it was compared by its first 64 characters, so they may be several people (S12)."""

from django.db import migrations
from django.db.models.functions import Length


def flag(apps, schema_editor):
    patients = apps.get_model("archive", "Patient").objects
    for column in ("patient_id", "issuer_of_patient_id"):
        patients.alias(length=Length(column)).filter(length=64).update(identity_conflict=True)


class Migration(migrations.Migration):
    dependencies = [("archive", "0004_fill_search_words")]
    operations = [migrations.RunPython(flag, migrations.RunPython.noop)]
