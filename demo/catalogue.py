"""The demo archive as a list of parts: what is drawn, for which department, and how to draw it.

One patient, Demo^Ada, has every family: CT with a prior, echo, ECG, whole slide, report and PDF.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from demo import ct, documents, echo, examples, photographs, slide
from demo.identity import demo_uid

VERSION = 1  # grows when a drawing changes: an archive of another version is drawn again under the same UIDs only if it is empty
PASSWORD = "viewbox-demo"  # noqa: S105  (of demo accounts, printed by load_demo)

Tell = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the demo archive.

    study_uids: the studies that it makes or adds to; draw: yields Part 10 bytes and tells the share done, 0..1.
    """

    title: str
    department: str
    study_uids: tuple[str, ...]
    count: int
    draw: Callable[[Tell], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Account:
    """A demo sign-in: the user is named like the role."""

    role: str
    departments: tuple[str, ...]


ACCOUNTS = (
    Account("clinician", ("radiology", "cardiology", "pathology", "dermatology", "ophthalmology")),
    Account("radiologist", ("radiology",)),
    Account("cardiologist", ("cardiology",)),
    Account("pathologist", ("pathology",)),
    Account("board-member", ("radiology", "cardiology", "pathology")),
    Account("administrator", ()),
    Account("service", ()),
)


def _counted(files: Iterator[bytes], count: int, tell: Tell) -> Iterator[bytes]:
    for number, data in enumerate(files, start=1):
        yield data
        tell(number / count)


def _level_count(rows: int, columns: int, tile_size: int) -> int:
    longest, count = max(rows, columns), 1
    while longest > tile_size:
        longest, count = -(-longest // 2), count + 1
    return count


def parts(*, small: bool = False) -> list[Part]:
    """Return the parts in the order they are loaded. small: the same families in seconds, under other UIDs."""
    variant = "small" if small else ""
    scan, prior = (ct.SMALL, ct.SMALL_PRIOR) if small else (ct.FULL, ct.FULL_PRIOR)
    layout, frames, grey_frames = (echo.Layout(240, 320), 60, 25) if small else (echo.Layout(), 75, 50)
    rows, columns, tile_size = (2048, 2048, 256) if small else (*slide.FULL_SIZE, 512)

    def study(*keys: str) -> tuple[str, ...]:
        return tuple(demo_uid(variant, key) for key in keys)

    def of_examples(department: str) -> tuple[str, ...]:
        return study(*sorted({example.visit.key for example in examples.EXAMPLES if example.department == department}))

    def examples_part(department: str) -> Part:
        count = sum(example.department == department for example in examples.EXAMPLES)
        return Part(
            f"pydicom's examples, {department}",
            department,
            of_examples(department),
            count,
            lambda tell: _counted(examples.draw(department, variant=variant), count, tell),
        )

    return [
        Part(
            f"CT of the chest, {scan.slices} slices",
            "radiology",
            study(ct.CURRENT.key),
            scan.slices + 1,
            lambda tell: ct.draw(scan, variant=variant, localizer=True, tell=tell),
        ),
        Part(
            f"CT thirteen months before, {prior.slices} slices",
            "radiology",
            study(ct.PRIOR.key),
            prior.slices + 1,
            lambda tell: ct.draw(prior, visit=ct.PRIOR, variant=variant, localizer=True, tell=tell),
        ),
        Part(
            "CT report, as SR and PDF",
            "radiology",
            study(ct.CURRENT.key),
            2,
            lambda tell: _counted(documents.draw(variant=variant), 2, tell),
        ),
        Part(
            f"Echo, loops of {frames} and {grey_frames} frames",
            "cardiology",
            study(echo.VISIT.key),
            2,
            lambda tell: _counted(echo.draw(frames=frames, grey_frames=grey_frames, layout=layout, variant=variant), 2, tell),
        ),
        examples_part("cardiology"),
        Part(
            f"Whole slide, {columns} x {rows} pixels",
            "pathology",
            study(slide.VISIT.key),
            _level_count(rows, columns, tile_size) + 3,
            lambda tell: slide.draw(rows=rows, columns=columns, tile_size=tile_size, variant=variant, tell=tell),
        ),
        Part(
            "Photograph of skin",
            "dermatology",
            study(photographs.SKIN.key),
            1,
            lambda tell: _counted(photographs.draw_skin(variant=variant), 1, tell),
        ),
        Part(
            "Photographs of eyes",
            "ophthalmology",
            study(photographs.EYE.key),
            2,
            lambda tell: _counted(photographs.draw_eyes(variant=variant), 2, tell),
        ),
        examples_part("radiology"),
    ]
