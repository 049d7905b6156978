"""Tables of the archive: patient, study, series, instance; conflicts and quarantine. Private to this app.

Attribute columns keep DICOM's own text forms (DA as YYYYMMDD, PN with its ^ and = groups, in Unicode).
"""

from django.db import models


def uid_field(*, unique: bool = True) -> "models.CharField[str, str]":
    return models.CharField(max_length=64, unique=unique)


class Patient(models.Model):
    """A patient is Patient ID plus issuer (rule S12).

    An empty Patient ID makes one patient a study: patient_id is "" and lone_study_uid says which.
    An ID, issuer or name longer than its column is kept as archive.core.dataset.kept_apart says.
    The same ID and issuer with another name, birth date or sex is another row; identity_conflict is set on all of them.
    """

    patient_id = models.CharField(max_length=64, blank=True)
    issuer_of_patient_id = models.CharField(max_length=64, blank=True)
    patient_name = models.CharField(max_length=330, blank=True)
    patient_name_folded = models.CharField(max_length=330, blank=True, db_index=True)  # lower case, for prefix search
    patient_birth_date = models.CharField(max_length=8, blank=True)
    patient_sex = models.CharField(max_length=16, blank=True)
    lone_study_uid = models.CharField(max_length=64, blank=True)
    identity_conflict = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["patient_id", "issuer_of_patient_id"], name="patient_identifier")]
        constraints = [
            models.UniqueConstraint(
                fields=["patient_id", "issuer_of_patient_id", "patient_name_folded", "patient_birth_date", "patient_sex", "lone_study_uid"],
                name="patient_identity",
            )
        ]

    def __str__(self) -> str:
        return f"patient {self.pk}"


class Study(models.Model):
    """A study, its department (a slug of governance), and counts kept with it."""

    study_instance_uid = uid_field()
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="studies")
    department = models.CharField(max_length=64, db_index=True)
    study_id = models.CharField(max_length=16, blank=True)
    study_date = models.CharField(max_length=8, blank=True)
    study_time = models.CharField(max_length=16, blank=True)
    accession_number = models.CharField(max_length=64, blank=True, db_index=True)
    study_description = models.CharField(max_length=256, blank=True)
    referring_physician_name = models.CharField(max_length=330, blank=True)
    modalities = models.CharField(max_length=128, blank=True)  # "\\CT\\SR\\": sorted, so that a modality is found as "\\CT\\"
    number_of_series = models.PositiveIntegerField(default=0)
    number_of_instances = models.PositiveIntegerField(default=0)
    size_bytes = models.PositiveBigIntegerField(default=0)
    stored_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["-study_date", "-study_time", "-id"], name="study_newest")]

    def __str__(self) -> str:
        return f"study {self.pk}"


class PatientWord(models.Model):
    """A word under which a patient is searched for (archive.core.search_words)."""

    word = models.CharField(max_length=64)
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="words")

    class Meta:
        indexes = [models.Index(fields=["word", "patient"], name="patient_word", opclasses=["varchar_pattern_ops", "int8_ops"])]

    def __str__(self) -> str:
        return f"word {self.pk}"


class StudyWord(models.Model):
    """A word under which a study is searched for, besides its patient's."""

    word = models.CharField(max_length=64)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="words")

    class Meta:
        indexes = [models.Index(fields=["word", "study"], name="study_word", opclasses=["varchar_pattern_ops", "int8_ops"])]

    def __str__(self) -> str:
        return f"word {self.pk}"


class Series(models.Model):
    """A series and its count."""

    series_instance_uid = uid_field()
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="series")
    modality = models.CharField(max_length=16, blank=True, db_index=True)
    series_number = models.IntegerField(null=True)
    series_description = models.CharField(max_length=256, blank=True)
    body_part_examined = models.CharField(max_length=64, blank=True)
    series_date = models.CharField(max_length=8, blank=True)
    series_time = models.CharField(max_length=16, blank=True)
    number_of_instances = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "series"

    def __str__(self) -> str:
        return f"series {self.pk}"


class Instance(models.Model):
    """One stored SOP Instance: where its bytes and frames are, and the facts that lists and stacks need.

    sha256: hash of the whole file as it came; names its object in the store.
    frame_table: archive.core.frame.FrameTable, packed; empty for objects without pixel data.
    facts: JSON of archive.core.facts.image_facts, keyed by DICOM keyword.
    """

    sop_instance_uid = uid_field()
    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="instances")
    sop_class_uid = models.CharField(max_length=64)
    transfer_syntax_uid = models.CharField(max_length=64)
    instance_number = models.IntegerField(null=True)
    rows = models.PositiveIntegerField(default=0)
    columns = models.PositiveIntegerField(default=0)
    number_of_frames = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, db_index=True)
    size_bytes = models.PositiveBigIntegerField()
    frame_table = models.BinaryField()
    facts = models.JSONField()
    stored_at = models.DateTimeField(auto_now_add=True)
    stored_by = models.CharField(max_length=150)

    class Meta:
        indexes = [models.Index(fields=["series", "instance_number"], name="instance_in_series")]

    def __str__(self) -> str:
        return f"instance {self.pk}"


class Conflict(models.Model):
    """An instance that disagrees with what is stored: kept as an object, shown in a list, never mixed in."""

    sop_instance_uid = models.CharField(max_length=64, db_index=True)
    study_instance_uid = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    reason = models.CharField(max_length=256)
    source = models.CharField(max_length=512)
    department = models.CharField(max_length=64)
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sop_instance_uid", "sha256"], name="conflict_once")]

    def __str__(self) -> str:
        return f"conflict {self.pk}"


class Quarantined(models.Model):
    """A file that could not be accepted, with its reason in words; its bytes lie in the quarantine under their hash."""

    sha256 = models.CharField(max_length=64, unique=True)
    size_bytes = models.PositiveBigIntegerField()
    reason = models.CharField(max_length=256)
    source = models.CharField(max_length=512)
    department = models.CharField(max_length=64, blank=True)
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "quarantined files"

    def __str__(self) -> str:
        return f"quarantined {self.pk}"
