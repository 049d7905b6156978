"""Write the words of patients and studies stored before 0003, a thousand at a time; can be started again."""

from django.db import migrations


def fill(apps, schema_editor):
    from archive.core.search_words import words_of

    for name, texts, identifiers in (
        ("Patient", "patient_name", "patient_id"),
        ("Study", "study_description", "accession_number"),
    ):
        model, word_model, owner = apps.get_model("archive", name), apps.get_model("archive", f"{name}Word"), name.lower()
        without = model.objects.filter(words__isnull=True).order_by("pk")
        last = 0
        while rows := list(without.filter(pk__gt=last)[:1000]):
            last = rows[-1].pk
            words = [
                word_model(word=word, **{f"{owner}_id": row.pk})
                for row in rows
                for word in words_of(texts=[getattr(row, texts)], identifiers=[getattr(row, identifiers)])
            ]
            word_model.objects.bulk_create(words, batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("archive", "0003_add_search_words")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
