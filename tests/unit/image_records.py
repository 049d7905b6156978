"""Image records for tests of viewer.core: made up, or read from a real file by the archive's own reader."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archive.core.facts import image_facts
from archive.core.readers import FileSource, read_object

CT = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
AXIAL = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
CORONAL = [1.0, 0.0, 0.0, 0.0, 0.0, -1.0]
SAGITTAL = [0.0, 1.0, 0.0, 0.0, 0.0, -1.0]


@dataclass(frozen=True)
class MadeUpImage:
    """An ImageRecord of viewer.core.frame_facts."""

    sop_instance_uid: str = "1.2.3"
    sop_class_uid: str = CT
    transfer_syntax_uid: str = EXPLICIT
    instance_number: int | None = 1
    number_of_frames: int = 1
    rows: int = 512
    columns: int = 512
    facts: dict[str, Any] = field(default_factory=dict)


def slice_at(number: int, position: tuple[float, ...], orientation: list[float] = AXIAL, **facts: Any) -> MadeUpImage:
    """Return a single-frame slice with geometry."""
    geometry = {
        "ImageOrientationPatient": orientation,
        "ImagePositionPatient": list(position),
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
    }
    return MadeUpImage(sop_instance_uid=f"1.2.3.{number}", instance_number=number, facts=geometry | facts)


def record_of(path: Path) -> MadeUpImage:
    """Read a real file as the archive would."""
    with path.open("rb") as file:
        found = read_object(FileSource(file), path.name)
    return MadeUpImage(
        sop_instance_uid=found.identity.sop_instance_uid,
        sop_class_uid=found.identity.sop_class_uid,
        transfer_syntax_uid=found.transfer_syntax_uid,
        instance_number=found.identity.instance_number,
        number_of_frames=found.number_of_frames,
        rows=found.rows,
        columns=found.columns,
        facts=image_facts(found.dataset),
    )


def records_of(folder: Path) -> list[MadeUpImage]:
    """Read the real files of a folder, in the order of their names."""
    return [record_of(path) for path in sorted(folder.rglob("*.dcm"))]
