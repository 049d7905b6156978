"""Find or make the patient of a new study (rule S12). Runs inside the transaction of filing."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from archive.core.dataset import Identity
from archive.core.patient_identity import Demographics, agree, demographics_of, fold_name, says_nothing
from archive.models import Patient
from archive.services.search_words import index_patient

_CHUNK = 500


def demographics_of_row(patient: Patient) -> Demographics:
    return Demographics(patient.patient_name, patient.patient_birth_date, patient.patient_sex)


@dataclass(slots=True)
class PatientIndex:
    """The stored patients with some Patient IDs, by (ID, issuer)."""

    rows: dict[tuple[str, str], list[Patient]] = field(default_factory=dict)

    @classmethod
    def of(cls, patient_ids: Iterable[str]) -> "PatientIndex":
        """Read the patients that have these IDs, of whatever issuer."""
        index, ids = cls(), sorted(patient_ids)
        for start in range(0, len(ids), _CHUNK):
            for patient in Patient.objects.filter(patient_id__in=ids[start : start + _CHUNK], lone_study_uid="").order_by("pk"):
                index.rows.setdefault((patient.patient_id, patient.issuer_of_patient_id), []).append(patient)
        return index

    def patient_for(self, identity: Identity, issuer: str) -> Patient:
        """Return the patient of a study that is not stored yet, making one where needed.

        An empty Patient ID makes a patient of this study alone. The same ID and issuer with another name, birth date or sex makes
        another row, and all rows of that ID are flagged. What the one fitting row leaves empty is filled in, so that it takes part
        in the next comparison; where several rows would fit, none is guessed.
        """
        if not identity.patient_id:
            return _create(identity, issuer, lone_study_uid=identity.study_instance_uid)
        rows = self.rows.setdefault((identity.patient_id, issuer), [])
        given = demographics_of(identity)
        fitting = [row for row in rows if agree(demographics_of_row(row), given)]
        exact = [row for row in fitting if _is_same(row, given)]
        if exact:
            return exact[0]
        if len(fitting) == 1:
            _fill(fitting[0], given)
            return fitting[0]
        patient = _create(identity, issuer)
        rows.append(patient)
        if len(rows) > 1:
            Patient.objects.filter(pk__in=[row.pk for row in rows]).update(identity_conflict=True)
            for row in rows:
                row.identity_conflict = True
        return patient


def _is_same(row: Patient, given: Demographics) -> bool:
    return (row.patient_name_folded, row.patient_birth_date, row.patient_sex) == (fold_name(given.name), given.birth_date, given.sex)


def _fill(row: Patient, given: Demographics) -> None:
    """Complete a row with what it left empty."""
    before = demographics_of_row(row)
    if says_nothing(row.patient_name) and not says_nothing(given.name):
        row.patient_name = given.name
    row.patient_name_folded = fold_name(row.patient_name)
    row.patient_birth_date = row.patient_birth_date or given.birth_date
    row.patient_sex = row.patient_sex or given.sex
    if demographics_of_row(row) != before:
        row.save(update_fields=["patient_name", "patient_name_folded", "patient_birth_date", "patient_sex"])
        index_patient(row)


def _create(identity: Identity, issuer: str, lone_study_uid: str = "") -> Patient:
    patient = Patient.objects.create(
        patient_id=identity.patient_id,
        issuer_of_patient_id=issuer,
        patient_name=identity.patient_name,
        patient_name_folded=fold_name(identity.patient_name),
        patient_birth_date=identity.patient_birth_date,
        patient_sex=identity.patient_sex,
        lone_study_uid=lone_study_uid,
    )
    index_patient(patient, is_new=True)
    return patient
