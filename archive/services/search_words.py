"""Keeps the words of the search box beside patients and studies: prefix search is then a range of an index, whatever the word's place."""

from collections.abc import Iterable

from django.db.models import Q

from archive.core.patient_identity import fold_name
from archive.core.search_words import MAX_WORD_LENGTH, words_of
from archive.models import Patient, PatientWord, Study, StudyWord
from archive.services.matching import prefix_condition

_CHUNK = 500


def index_patient(patient: Patient, *, is_new: bool = False) -> None:
    """Write a patient's words, anew unless it is new; runs inside the transaction that wrote the patient."""
    if not is_new:
        PatientWord.objects.filter(patient=patient).delete()
    words = words_of(texts=[patient.patient_name], identifiers=[patient.patient_id])
    PatientWord.objects.bulk_create(PatientWord(word=word, patient=patient) for word in words)


def index_new_studies(studies: Iterable[Study]) -> None:
    """Write the words of studies that have none yet; runs inside the transaction that wrote them."""
    words = [StudyWord(word=word, study=row) for row in studies for word in _words_of_study(row)]
    StudyWord.objects.bulk_create(words, batch_size=_CHUNK)


def studies_with(word: str) -> Q:
    """Return the condition that a study, or its patient, has a word that begins so."""
    begins = prefix_condition("word", fold_name(word)[:MAX_WORD_LENGTH])
    patients, studies = PatientWord.objects.filter(begins), StudyWord.objects.filter(begins)
    return Q(patient__in=patients.values("patient")) | Q(pk__in=studies.values("study"))


def _words_of_study(study: Study) -> list[str]:
    return words_of(texts=[study.study_description], identifiers=[study.accession_number])
