"""Another program's opinion of the stored values of a frame: pydicom's own code, DCMTK, GDCM, OpenJPEG by pylibjpeg, Pillow."""

import io
import shutil
import subprocess
import tempfile
import warnings
import zlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset
from pydicom.encaps import generate_frames
from pydicom.filereader import read_partial
from pydicom.pixels.utils import pixel_array
from pydicom.uid import UID

PREFIX = "1.2.840.10008.1.2"
NATIVE = ("", ".1", ".2", ".1.99")
DCMTK = {
    **dict.fromkeys((".4.50", ".4.51", ".4.53", ".4.55", ".4.57", ".4.70"), "dcmdjpeg"),
    **dict.fromkeys((".4.80", ".4.81"), "dcmdjpls"),
    ".5": "dcmdrle",
}


class NoSecondDecoder(Exception):
    """No other program here decodes this file; the reason is its text."""


@lru_cache(maxsize=4)
def read_dataset(path: Path) -> Dataset:
    with path.open("rb") as file:
        return read_partial(file, force=True)


def second_opinion(path: Path, transfer_syntax_uid: str, frame_index: int) -> tuple[str, NDArray[Any]]:
    """Return (who, values) of one frame as another decoder sees it, in RGB where a JPEG's YCbCr was transformed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom remarks on what the files are here for
        return _second_opinion(path, transfer_syntax_uid, frame_index)


def _second_opinion(path: Path, transfer_syntax_uid: str, frame_index: int) -> tuple[str, NDArray[Any]]:
    ending = transfer_syntax_uid.removeprefix(PREFIX)
    ds = read_dataset(path)
    if ending in NATIVE:
        return "pydicom", _by_pydicom(ds, transfer_syntax_uid, frame_index, raw=True)
    for name, decode in _candidates(ending, ds):
        values = decode(path, ds, transfer_syntax_uid, frame_index)
        if values is not None:
            return name, values
    raise NoSecondDecoder("no other decoder here takes it")


Decode = Callable[[Path, Dataset, str, int], NDArray[Any] | None]


def _candidates(ending: str, ds: Dataset) -> list[tuple[str, Decode]]:
    """Return decoders in the order of how little they share with imagecodecs."""
    if ending == ".8.1":
        return [("zlib and numpy", _inflated)]
    if ending == ".4.111":
        return [("libjxl's JPEG and Pillow", _recompressed)]
    chosen: list[tuple[str, Decode]] = []
    if ds.get("SamplesPerPixel", 1) == 3 and ending in (".4.50", ".4.51"):
        chosen.append(("Pillow", _by_pillow))  # DCMTK replicates halved chroma where libjpeg interpolates
    if ending in DCMTK and shutil.which(DCMTK[ending]):
        chosen.append((DCMTK[ending], _by_dcmtk))
    chosen.append(("pydicom's plugins", _by_plugins))
    return chosen


def _by_pydicom(ds: Dataset, transfer_syntax_uid: str, frame_index: int, *, raw: bool, plugin: str = "") -> NDArray[Any]:
    ds.file_meta.TransferSyntaxUID = UID(transfer_syntax_uid)  # bare data sets have none
    for keyword, assumed in (("PixelRepresentation", 0), ("SamplesPerPixel", 1), ("PlanarConfiguration", 0)):
        if ds.get(keyword) is None and "PixelData" in ds:
            setattr(ds, keyword, assumed)
    values = pixel_array(ds, index=frame_index, raw=raw, decoding_plugin=plugin)
    return values.astype(values.dtype.newbyteorder("="))


def _by_plugins(path: Path, ds: Dataset, transfer_syntax_uid: str, frame_index: int) -> NDArray[Any] | None:
    for plugin in ("pylibjpeg", "gdcm", "pydicom"):
        try:
            return _by_pydicom(ds, transfer_syntax_uid, frame_index, raw=True, plugin=plugin)
        except Exception:  # noqa: S112  (a plugin that does not take it is no opinion)
            continue
    return None


@lru_cache(maxsize=2)
def _dcmtk_output(path: Path, command: str) -> Dataset | None:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.dcm"
        done = subprocess.run([command, "-q", str(path), str(out)], capture_output=True, timeout=120, check=False)
        if done.returncode:
            return None
        return read_dataset.__wrapped__(out)


def _by_dcmtk(path: Path, _: Dataset, transfer_syntax_uid: str, frame_index: int) -> NDArray[Any] | None:
    native = _dcmtk_output(path, DCMTK[transfer_syntax_uid.removeprefix(PREFIX)])
    if native is None:
        return None
    return _by_pydicom(native, str(native.file_meta.TransferSyntaxUID), frame_index, raw=True)


def _frame_bytes(ds: Dataset, frame_index: int) -> bytes:
    count = int(ds.get("NumberOfFrames", 1) or 1)
    return next(frame for index, frame in enumerate(generate_frames(ds.PixelData, number_of_frames=count)) if index == frame_index)


def _by_pillow(path: Path, ds: Dataset, transfer_syntax_uid: str, frame_index: int) -> NDArray[Any] | None:
    picture = Image.open(io.BytesIO(_frame_bytes(ds, frame_index)))
    if picture.mode != "RGB":
        return None
    if ds.PhotometricInterpretation == "RGB" and "adobe_transform" not in picture.info and "jfif" not in picture.info:
        return None  # Pillow cannot be told that the components are RGB
    return np.asarray(picture)


def _inflated(path: Path, ds: Dataset, transfer_syntax_uid: str, frame_index: int) -> NDArray[Any]:
    packed = zlib.decompress(_frame_bytes(ds, frame_index), -15)
    bits = [(byte >> bit) & 1 for byte in packed for bit in range(8)]
    return np.array(bits[: ds.Rows * ds.Columns], np.uint8).reshape(ds.Rows, ds.Columns)


def _recompressed(path: Path, ds: Dataset, transfer_syntax_uid: str, frame_index: int) -> NDArray[Any]:
    return np.asarray(Image.open(io.BytesIO(imagecodecs.jpegxl_decode_jpeg(_frame_bytes(ds, frame_index), numthreads=1))))
