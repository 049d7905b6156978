"""import_folder over every shared file: what becomes of each is worked out here by another way and must agree (rule S14)."""

import hashlib
import os
import re
import warnings
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.pixels.utils import get_expected_length
from pydicom.uid import UID

from archive.models import Conflict, Instance, Patient, Quarantined, Study
from archive.services.storage import object_store, quarantine
from governance.models import AuditEntry
from tests.small_objects import as_bytes, ct_image, dcmread, uid

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore")]

# pydicom reads over the end of a file that is cut in its header; MANIFEST.tsv says which are.
CUT_IN_THE_HEADER = {"corrupt/rtplan-truncated.dcm", "corrupt/no-preamble-dicm-in-data.dcm"}
UID_FORM = re.compile(r"[0-9.]{1,64}")
COUNTS = re.compile(r"(\d+) stored \+ (\d+) already there \+ (\d+) conflicts \+ (\d+) refused = (\d+) files seen$")


def files_in_order(root: Path) -> list[Path]:
    return [Path(parent, name) for parent, folders, names in os.walk(root) if folders.sort() is None for name in sorted(names)]


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def is_storable(path: Path, root: Path) -> Dataset | None:
    """Return the data set if an archive can place it and has all its pixels, by pydicom alone."""
    try:
        dataset = dcmread(path, force=True)
        uids = [str(dataset.get(word, "")) for word in ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")]
        if not all(UID_FORM.fullmatch(text) for text in uids) or str(path.relative_to(root)) in CUT_IN_THE_HEADER:
            return None
        if UID(uids[0]).name != uids[0] and "Storage" not in UID(uids[0]).name:
            return None
        return dataset if pixels_are_complete(dataset) else None
    except Exception:
        return None


def pixels_are_complete(dataset: Dataset) -> bool:
    keyword = next((word for word in ("PixelData", "FloatPixelData", "DoubleFloatPixelData") if word in dataset), None)
    if keyword is None:
        return True
    if dataset[keyword].is_undefined_length:
        frames = int(dataset.get("NumberOfFrames") or 1)
        return len(list(generate_frames(dataset[keyword].value, number_of_frames=frames))) >= frames
    dataset.setdefault("SamplesPerPixel", 1)
    return len(dataset[keyword].value) >= get_expected_length(dataset) - get_expected_length(dataset) % 2


def expected_fates(root: Path) -> dict[str, str]:
    """Return what must become of each file, by its own UIDs and hash and what came before it."""
    fates: dict[str, str] = {}
    contents: dict[str, str] = {}
    patients: dict[str, str] = {}
    studies: dict[str, str] = {}
    for path in files_in_order(root):
        dataset, sha256 = is_storable(path, root), sha256_of(path)
        if dataset is None:
            fate = "refused"
        elif dataset.SOPInstanceUID in contents:
            fate = "already there" if contents[dataset.SOPInstanceUID] == sha256 else "conflict"
        else:
            patient, study = str(dataset.get("PatientID") or ""), dataset.StudyInstanceUID
            agrees = patients.setdefault(study, patient) == patient and studies.setdefault(dataset.SeriesInstanceUID, study) == study
            fate = "stored" if agrees else "conflict"
            if agrees:
                contents[dataset.SOPInstanceUID] = sha256
        fates[str(path.relative_to(root))] = fate
    return fates


def imported(path: Path, **options: str) -> tuple[list[int], str]:
    """Run the command; return its counts and all it printed."""
    out = StringIO()
    call_command("import_folder", path, stdout=out, **options)
    match = COUNTS.search(out.getvalue().strip())
    assert match, out.getvalue()
    return [int(count) for count in match.groups()], out.getvalue()


@pytest.mark.slow
def test_import_shared_data(shared_data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = expected_fates(shared_data)
    tally = Counter(expected.values())
    counts, printed = imported(shared_data)
    assert counts == [tally["stored"], tally["already there"], tally["conflict"], tally["refused"], len(expected)]
    assert sum(counts[:4]) == counts[4]

    listed = {"conflicts": set[str](), "refused": set[str]()}
    for block in printed.split("\n\n"):
        heading, *lines = block.splitlines()
        for status in listed:
            if heading.startswith(f"{status}: "):
                assert re.fullmatch(rf"{status}: [A-Z].+\. \({len(lines)}\)", heading), heading
                listed[status] |= {line.strip() for line in lines}
    assert listed["conflicts"] == {name for name, fate in expected.items() if fate == "conflict"}
    assert listed["refused"] == {name for name, fate in expected.items() if fate == "refused"}

    stored, conflicts, refused = (set(model.objects.values_list("sha256", flat=True)) for model in (Instance, Conflict, Quarantined))
    for name, fate in expected.items():
        path = shared_data / name
        sha256, size_bytes = sha256_of(path), path.stat().st_size
        where = {"stored": stored, "already there": stored, "conflict": conflicts, "refused": refused}[fate]
        assert sha256 in where, (name, fate)
        kept = quarantine() if fate == "refused" else object_store()
        assert kept.read(sha256, 0, size_bytes) == path.read_bytes(), name

    again, _ = imported(shared_data)
    assert again == [0, tally["stored"] + tally["already there"], tally["conflict"], tally["refused"], len(expected)]
    assert Patient.objects.filter(patient_name="<script>alert(1)</script>").count() <= 1
    assert AuditEntry.objects.filter(actor="import_folder", action="instances stored").count() >= 2


def test_S12_the_shared_collisions_are_flagged(shared_data):
    imported(shared_data / "corrupt")
    ids = [str(dcmread(shared_data / f"corrupt/patient-id-collision-{number}.dcm").PatientID) for number in (1, 2, 3)]
    assert len(set(ids)) == 1
    rows = Patient.objects.filter(patient_id=ids[0])
    assert (rows.count(), rows.filter(identity_conflict=True).count()) == (3, 3)


def test_department_issuer_and_a_bad_file_among_good_ones(tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "1").write_bytes(as_bytes(ct_image("a")))
    (tmp_path / "deep" / "2.dcm").write_bytes(as_bytes(ct_image("b"))[:-9])
    (tmp_path / "notes.txt").write_text("see patient file")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    counts, printed = imported(tmp_path, department="cath-lab", issuer="NORTH")
    assert counts == [1, 0, 0, 3, 4]
    study = Study.objects.select_related("patient").get()
    assert (study.department, study.patient.issuer_of_patient_id) == ("cath-lab", "NORTH")
    assert "refused: This is not a DICOM file. (1)\n    notes.txt" in printed
    assert "refused: The file could not be read: No such file or directory. (1)\n    gone" in printed
    assert "    deep/2.dcm" in printed


def test_more_files_than_one_batch(tmp_path, monkeypatch):
    monkeypatch.setattr("archive.management.commands.import_folder.BATCH_FILES", 7)
    for number in range(30):
        (tmp_path / f"{number:02}").write_bytes(as_bytes(ct_image(number % 25, InstanceNumber=number % 25)))
    counts, _ = imported(tmp_path)
    assert counts == [25, 5, 0, 0, 30]
    assert Study.objects.get(study_instance_uid=uid("study", "study")).number_of_instances == 25


def test_a_path_that_is_no_folder(tmp_path):
    with pytest.raises(CommandError, match="is not a folder"):
        call_command("import_folder", tmp_path / "nothing")
