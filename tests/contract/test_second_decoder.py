"""Every decodable frame of the real files and of pydicom's own test files, against a second decoder.

Lossless and uncompressed frames must agree exactly; lossy ones within 2. Each file that does otherwise stands in EXPLAINED, and a
test fails when an explanation is no longer needed.
"""

import contextlib
import io
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from PIL import Image

from archive.services.pixels import decoded, description_of
from archive.services.retrieve import StoredImage
from governance.core.faults import Fault, Undecodable
from tests.conftest import SHARED_DATA, skip_or_fail
from tests.contract.second_decoder import NoSecondDecoder, second_opinion
from tests.stored_files import stored_file
from viewer.core.view import ViewState
from viewer.services.rendering import render_frame

PYDICOM_FILES = Path(pydicom.__file__).parent / "data" / "test_files"
LOSSY_TOLERANCE = 2

# path -> (largest difference in stored values that is right, or None where there is no second decoder; why)
EXPLAINED: dict[str, tuple[int | None, str]] = {
    "syntaxes/toshiba-j2k-siz1-pixelrep0.dcm": (
        65_536,
        "a signed codestream (-2048..1717, window 350/2700) under Pixel Representation 0: pydicom reads -2048 as 63488, "
        "we believe the codestream, whose negative samples no unsigned number holds",
    ),
    "syntaxes/liver-rle.dcm": (None, "RLE of 1-bit pixels: only we decode it; compared with the same image deflated below"),
}
# Taken in by the archive, decodable by nobody: the fault is the answer.
UNDECODABLE: dict[str, str] = {
    "JPEG2000-embedded-sequence-delimiter.dcm": "a delimiter written into the codestream's size on purpose (a parser's test file)",
}


# Levels: path -> (largest difference from DCMTK's, or None for "not comparable", why)
EXPLAINED_LEVELS: dict[str, tuple[int | None, str]] = {
    "photo/dental-intraoral-jpeg-extended-rgb.dcm": (None, "the data set says RGB, the stream is JFIF with halved chroma: YCbCr"),
    "radiology/rtimage-varian-dosigap.dcm": (None, "Window Width 0.2 under LINEAR is undefined; we take LINEAR_EXACT"),
    "cine/us-ybr-full-rle-planar-mindray.dcm": (2, "DCMTK's integer YBR equations"),
    "cine/us-ybr-full-rle.dcm": (2, "DCMTK's integer YBR equations"),
    "syntaxes/pydicom-data-sc-ybr-full-uncompressed.dcm": (2, "DCMTK's integer YBR equations"),
}


def _groups() -> dict[str, list[tuple[str, Path]]]:
    """Return the test files, (name, path), by their top folder; of a deeper folder, one series, its first, middle and last."""
    groups: dict[str, list[tuple[str, Path]]] = {}
    for root in (SHARED_DATA, PYDICOM_FILES):
        for folder in sorted({path.parent for path in root.rglob("*") if path.is_file()}):
            here = sorted(path for path in folder.iterdir() if path.is_file())
            is_series = len(folder.relative_to(root).parts) > 1
            chosen = sorted({here[0], here[len(here) // 2], here[-1]}) if is_series else here
            group = "pydicom" if root is PYDICOM_FILES else (*folder.relative_to(root).parts, "top")[0]
            groups.setdefault(group, []).extend((str(path.relative_to(root)), path) for path in chosen)
    return groups


GROUPS = _groups()


def _images(group: str) -> Iterator[tuple[str, Path, StoredImage]]:
    """Yield what intake takes of a group and what has frames; intake has its own tests."""
    for name, path in GROUPS[group]:
        with contextlib.suppress(Fault):
            image = stored_file(path)
            if image.number_of_frames:
                yield name, path, image


def test_the_real_files_are_here():
    if not SHARED_DATA.is_dir():
        skip_or_fail("../shared/data is not here")
    assert {"radiology", "cine", "pathology", "syntaxes", "pydicom"} <= GROUPS.keys()
    assert len(list(_images("syntaxes"))) > 70
    assert sum(len(files) for files in (*GROUPS.values(), *REST.values())) > 700


@pytest.mark.parametrize("group", GROUPS)
def test_frames_agree_with_a_second_decoder(group):
    problems = [f"{name}: {problem}" for name, path, image in _images(group) if (problem := _disagreement(name, path, image))]
    assert not problems


def _disagreement(name: str, path: Path, image: StoredImage) -> str | None:
    """Say how the first, middle and last frame differ from a second decoder's beyond what is allowed or explained."""
    if name in UNDECODABLE:
        with pytest.raises(Fault):
            decoded(image, 0)
        return None
    tolerance, _ = EXPLAINED.get(name, (0, ""))
    for frame_index in sorted({0, image.number_of_frames // 2, image.number_of_frames - 1}):
        frame = decoded(image, frame_index)
        try:
            who, values = second_opinion(path, image.transfer_syntax_uid, frame_index)
        except NoSecondDecoder as exc:
            return None if tolerance is None else str(exc)
        if tolerance is None:
            return f"comparable now, with {who}"
        if frame.values.shape != values.shape:
            return f"another shape than {who}'s"
        difference = int(np.abs(frame.values.astype(np.float64) - values.astype(np.float64)).max())
        if difference > (tolerance or (LOSSY_TOLERANCE if frame.is_lossy else 0)):
            return f"{difference} from {who} at frame {frame_index}"
    return None


def _rest_of_series() -> dict[str, list[tuple[str, Path]]]:
    """Return, by their folder, the files of series that GROUPS leaves out: with it, every file there is."""
    covered = {path for group in GROUPS.values() for _, path in group}
    rest: dict[str, list[tuple[str, Path]]] = {}
    for path in sorted(SHARED_DATA.rglob("*")):
        if path.is_file() and path not in covered:
            rest.setdefault(path.parent.name, []).append((str(path.relative_to(SHARED_DATA)), path))
    return rest


REST = _rest_of_series()


@pytest.mark.parametrize("folder", REST)
def test_the_rest_of_each_series_agrees_with_a_second_decoder(folder):
    problems = []
    for name, path in REST[folder]:
        with contextlib.suppress(Fault):
            image = stored_file(path)
            if image.number_of_frames and (problem := _disagreement(name, path, image)):
                problems.append(f"{name}: {problem}")
    assert not problems


@pytest.mark.parametrize("group", GROUPS)
def test_levels_agree_with_dcmtk(group):
    """Windowed grey, colour and palette pictures, as dcmj2pnm draws them by its own chain, within one level."""
    if shutil.which("dcmj2pnm") is None:
        skip_or_fail("dcmj2pnm (Debian package dcmtk) is not installed")
    problems = [f"{name}: {problem}" for name, path, image in _images(group) if (problem := _level_difference(name, path, image))]
    assert not problems


@pytest.mark.parametrize("group", GROUPS)
def test_every_image_is_drawn(group):
    """First, middle and last frame, as they open: nothing that decodes fails later on its way to the screen."""
    problems = [f"{name}: {problem}" for name, _, image in _images(group) if (problem := _drawing_fails(name, image))]
    assert not problems


def _drawing_fails(name: str, image: StoredImage) -> str | None:
    for frame_index in sorted({0, image.number_of_frames // 2, image.number_of_frames - 1}):
        try:
            drawn = render_frame(image=image, frame_index=frame_index, view=ViewState(codec="png"))
        except Fault as exc:
            return None if name in UNDECODABLE and isinstance(exc, Undecodable) else repr(exc)
        with Image.open(io.BytesIO(drawn.data)) as picture:
            if picture.size != (image.columns, image.rows):
                return f"{picture.size} at frame {frame_index}"
    return None


def _level_difference(name: str, path: Path, image: StoredImage) -> str | None:
    if name in UNDECODABLE:
        return None
    description = description_of(image)
    windows = description.windows_of(0)
    if description.is_monochrome and not windows:
        return None  # without a window each program chooses its own range
    theirs = _drawn_by_dcmtk(path, has_window=bool(windows))
    if theirs is None:
        return None
    ours = np.asarray(Image.open(io.BytesIO(render_frame(image=image, frame_index=0, view=ViewState(codec="png")).data)))
    if theirs.shape != ours.shape:
        return f"another shape: {ours.shape}, DCMTK's {theirs.shape}"
    difference = int(np.abs(theirs.astype(int) - ours).max())
    tolerance, _ = EXPLAINED_LEVELS.get(name, (1, ""))
    if tolerance is None:
        return None if difference > 2 else "needs no explanation any more"
    return f"{difference} levels from DCMTK" if difference > tolerance else None


def _drawn_by_dcmtk(path: Path, *, has_window: bool) -> NDArray[Any] | None:
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder) / "drawn.pnm"
        command = ["dcmj2pnm", "-q", "+F", "1", *(["+Wi", "1"] if has_window else []), str(path), str(drawn)]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        return np.asarray(Image.open(drawn)) if done.returncode == 0 and drawn.exists() else None


def test_liver_is_the_same_in_rle_deflated_and_jpeg_2000(shared_data):
    frames = [decoded(stored_file(shared_data / "syntaxes" / f"liver-{name}.dcm"), 0).values for name in ("rle", "deflate", "j2k")]
    assert frames[0].max() == 1
    assert np.array_equal(frames[0], frames[1])
    assert np.array_equal(frames[0], frames[2])


def test_one_ct_is_the_same_in_every_lossless_syntax(shared_data):
    names = ["explicit-big-endian", "implicit-little-endian", "deflated", "rle-lossless", "jpeg-lossless-p14"]
    names += ["jpeg-lossless-sv1", "jpegls-lossless", "j2k-lossless"]
    expected = decoded(stored_file(shared_data / "syntaxes" / "ct-one-image-explicit-little-endian.dcm"), 0).values
    for name in names:
        assert np.array_equal(decoded(stored_file(shared_data / "syntaxes" / f"ct-one-image-{name}.dcm"), 0).values, expected), name


def test_a_signed_codestream_under_pixel_representation_0_is_the_image_it_was(shared_data):
    names = ("siz0-pixelrep1", "siz1-pixelrep0")
    values = [decoded(stored_file(shared_data / "syntaxes" / f"toshiba-j2k-{name}.dcm"), 0).values for name in names]
    assert values[1].min() == -2048
    assert [value.dtype for value in values] == [np.int16, np.int16]
