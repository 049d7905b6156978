"""Every real file that the archive takes gives a tray item, and every drawable item a document that JSON can carry."""

from collections import defaultdict

import orjson
import pytest

from archive.core.readers import FileSource, read_object
from governance.core.faults import Fault
from tests.unit.image_records import MadeUpImage, record_of
from viewer.core.opened import shown_of
from viewer.core.slide import levels_of
from viewer.core.tray import items_of_series


@pytest.fixture(scope="module")
def series(shared_data) -> dict[tuple[str, str], list[MadeUpImage]]:
    """(Series Instance UID, modality) -> images, each SOP Instance UID once."""
    found: dict[tuple[str, str], dict[str, MadeUpImage]] = defaultdict(dict)
    for path in sorted(path for path in shared_data.rglob("*") if path.is_file()):
        try:
            with path.open("rb") as file:
                identity = read_object(FileSource(file), path.name).identity
        except Fault:
            continue
        found[identity.series_instance_uid, identity.modality].setdefault(identity.sop_instance_uid, record_of(path))
    return {key: list(images.values()) for key, images in found.items()}


@pytest.mark.filterwarnings("ignore")  # odd character sets in the files themselves
def test_every_image_is_in_exactly_one_place_and_every_frame_shown_once(series):
    assert len(series) > 150
    for (_, modality), images in series.items():
        items = items_of_series(modality, images)
        shown = [(frame.image, frame.frame_index) for item in items for frame in item.frames]
        assert len(shown) == len(set(shown))
        placed = {index for item in items for index in item.images}
        missing = [images[index] for index in range(len(images)) if index not in placed]
        assert all("THUMBNAIL" in image.facts["ImageType"] for image in missing)
        framed = {index for item in items if item.frames for index in item.images}
        assert set(shown) == {(index, frame_index) for index in framed for frame_index in range(images[index].number_of_frames)}
        assert len({item.stack_id for item in items}) == len(items)


@pytest.mark.filterwarnings("ignore")
def test_every_drawable_item_has_a_document(series):
    counted: dict[str, int] = defaultdict(int)
    for (_, modality), images in series.items():
        for item in items_of_series(modality, images):
            counted[item.kind] += 1
            if item.kind == "object":
                assert item.object is not None
                continue
            grids, notes = levels_of(images, item.images) if item.kind == "slide" else ([], [])
            document = shown_of(modality=modality, item=item, images=images, levels=grids, notes=notes)
            assert orjson.loads(orjson.dumps(document))["kind"] == item.kind
            assert len(document["frames"]) == len(item.frames)
    assert all(counted[kind] > 3 for kind in ("stack", "clip", "image", "slide", "object")), dict(counted)
