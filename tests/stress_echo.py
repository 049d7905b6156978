"""A small stress echo for tests: loops of one view at rest, at peak and after it; a beat each, one of them without R waves."""

from collections.abc import Iterator
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import JPEGBaseline8Bit

from demo import echo
from demo.identity import CLEO, Visit, demo_uid
from demo.part10 import part10

VISIT = Visit(CLEO, "stress", "20250203", "101500", "Stress echocardiogram", "TEST-S-0001")
LAYOUT = echo.Layout(150, 200)
FRAMES = 25
# Stage Name, ms a frame, R waves in ms: a beat of 833 ms, one of 500 ms that is assumed, two of 300 ms.
STAGES = (("REST", 100 / 3, [0.0, FRAMES * 100 / 3]), ("PEAK", 20.0, None), ("RECOVERY", 25.0, [0.0, 300.0, 600.0]))


def _loop(number: int, name: str, frame_time_ms: float, r_waves_ms: list[float] | None) -> Dataset:
    ds = echo.dataset(echo.FOUR_CHAMBERS, frames=FRAMES, layout=LAYOUT, variant=f"stress {number}")
    ds.StudyInstanceUID, ds.SeriesInstanceUID = demo_uid(VISIT.key), demo_uid(VISIT.key, "loops")
    ds.PatientName, ds.PatientID, ds.PatientBirthDate = VISIT.person.name, VISIT.person.patient_id, VISIT.person.birth_date
    ds.PatientSex = VISIT.person.sex
    ds.StudyDate, ds.StudyTime, ds.StudyDescription, ds.AccessionNumber = VISIT.date, VISIT.time, VISIT.description, VISIT.accession_number
    ds.InstanceNumber = number
    ds.FrameTime = f"{frame_time_ms:.6f}"
    del ds.CineRate, ds.RecommendedDisplayFrameRate, ds.RWaveTimeVector
    if r_waves_ms:
        ds.RWaveTimeVector = r_waves_ms
    ds.StageName, ds.StageNumber, ds.ViewName = name, number, "Apical 4 chamber"
    ds.NumberOfStages = len(STAGES)
    return ds


def files() -> Iterator[bytes]:
    """Yield the loops as Part 10 bytes, in the order of their stages."""
    for number, (name, frame_time_ms, r_waves_ms) in enumerate(STAGES, 1):
        yield part10(_loop(number, name, frame_time_ms, r_waves_ms), transfer_syntax_uid=JPEGBaseline8Bit)


def write(folder: Path) -> None:
    """Write the loops into a folder, to be imported."""
    folder.mkdir(exist_ok=True)
    for number, data in enumerate(files(), 1):
        (folder / f"{number}.dcm").write_bytes(data)
