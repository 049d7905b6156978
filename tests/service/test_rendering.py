"""render_frame on stored files: what a picture says of itself is true (rules S05, S10), and stored bytes pass where they may."""

import hashlib
import io
import math
import threading
import time
from dataclasses import replace

import imagecodecs
import numpy as np
import pydicom
import pytest
import simplejpeg
from PIL import Image
from pydicom import examples
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels.processing import apply_color_lut
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

from archive.core.codecs import DecodedFrame
from archive.services import pixels
from archive.services.frame_cache import FrameCache, frame_cache
from archive.services.retrieve import read_frame
from governance.core.faults import Malformed, NotFound, Unsupported
from tests.stored_files import stored_bytes, stored_file
from viewer.core.level_hash import level_hash
from viewer.core.picture_digest import DigestKind
from viewer.core.picture_header import Codec, Fidelity
from viewer.core.view import ViewState
from viewer.services import pool
from viewer.services.rendering import passed_through_at_once, render_frame, warm_kernels
from viewer.services.stored_digests import digest_of

JPEG, JPEG_2000, JPEG_XL_OF_JPEG = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.111"
MPEG2 = "1.2.840.10008.1.2.4.100"


def stored(pixel_data, rows, columns, *, syntax=ExplicitVRLittleEndian, **attributes):
    """Store an image with these pixels and return it as intake would have filed it."""
    ds = Dataset()
    ds.file_meta = pydicom.dataset.FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = UID(syntax if syntax != JPEG_XL_OF_JPEG else MPEG2)
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.7")
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.Modality = generate_uid(), generate_uid(), "OT"
    ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PhotometricInterpretation = rows, columns, 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    if ds.SamplesPerPixel == 3:
        ds.PlanarConfiguration = 0
    if isinstance(pixel_data, list):
        ds.NumberOfFrames = len(pixel_data)
        ds.PixelData = encapsulate(pixel_data)
        ds["PixelData"].VR = "OB"
    else:
        ds.PixelData = pixel_data
        ds["PixelData"].VR = "OW" if ds.BitsAllocated > 8 else "OB"
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, ds, enforce_file_format=True, overwrite=True)
    # pydicom does not know JPEG XL and writes MPEG2's UID of the same length for it
    return stored_bytes(buffer.getvalue().replace(MPEG2.encode(), JPEG_XL_OF_JPEG.encode()))


def shown(picture):
    return np.asarray(Image.open(io.BytesIO(picture.data)))


def texture(rows=64, columns=96):
    y, x = np.mgrid[:rows, :columns]
    return np.clip(128 + 90 * np.sin(y / 6) * np.cos(x / 9), 0, 255).astype(np.uint8)


def colour():
    grey = texture()
    return np.ascontiguousarray(np.stack([grey, grey[::-1], 255 - grey], -1))


CT_VALUES = np.arange(-1024, 1024, dtype=np.int16).reshape(32, 64)


@pytest.fixture
def ct():
    return stored(
        CT_VALUES.tobytes(),
        32,
        64,
        BitsAllocated=16,
        BitsStored=16,
        HighBit=15,
        PixelRepresentation=1,
        RescaleSlope="1",
        RescaleIntercept="0",
        WindowCenter=["40", "-600"],
        WindowWidth=["400", "1500"],
    )


def test_S05_at_rest_a_picture_is_lossless_and_proves_it(ct):
    picture = render_frame(image=ct, frame_index=0, view=ViewState())
    # LINEAR 40/400 by hand in tests/unit/test_voi_lut.py: -160 -> 0, 0 -> 102, 40 -> 128, 239 -> 255
    levels = shown(picture).reshape(-1)
    assert [levels[hu + 1024] for hu in (-1024, -160, 0, 40, 239, 1023)] == [0, 0, 102, 128, 255, 255]
    expected = np.floor(np.clip(((CT_VALUES - 39.5) / 399 + 0.5) * 255, 0, 255) + 0.5).astype(np.uint8)
    assert np.array_equal(shown(picture), expected)
    assert picture.fidelity is Fidelity.LOSSLESS
    assert picture.codec is Codec.PNG
    assert (picture.digest_kind, picture.digest) == (DigestKind.LEVELS_SHA256, hashlib.sha256(expected.tobytes()).digest())
    assert (picture.window_center, picture.window_width) == (40, 400)
    assert (picture.width, picture.height, picture.source_columns, picture.source_rows) == (64, 32, 64, 32)
    assert not picture.is_reduced
    assert not picture.source_lossy
    assert math.isnan(picture.source_ratio)


def test_S05_a_jpeg_says_lossy_and_its_quality(ct):
    picture = render_frame(image=ct, frame_index=0, view=ViewState(codec="jpeg", quality=90, window=(0, 2048)))
    assert picture.fidelity is Fidelity.LOSSY
    assert (picture.codec, picture.quality) == (Codec.JPEG, 90)
    # c = 0, w = 2048: ((v + 0.5) / 2047 + 0.5) * 255
    expected = ((CT_VALUES + 0.5) / 2047 + 0.5) * 255
    assert np.abs(shown(picture) - expected).mean() < 2
    levels = np.floor(np.clip(expected, 0, 255) + 0.5).astype(np.uint8)
    assert (picture.digest_kind, picture.digest) == (DigestKind.LEVELS_XXH3, level_hash(levels) + bytes(24))


def test_S05_a_reduced_picture_says_so(ct):
    picture = render_frame(image=ct, frame_index=0, view=ViewState(max_columns=32, max_rows=1000, codec="png"))
    assert shown(picture).shape == (16, 32)
    assert (picture.width, picture.height, picture.source_columns, picture.source_rows) == (32, 16, 64, 32)
    assert picture.is_reduced
    assert picture.digest == hashlib.sha256(shown(picture).tobytes()).digest()


def test_the_window_of_the_view_is_the_one_stated(ct):
    picture = render_frame(image=ct, frame_index=0, view=ViewState(window=(100, 50), invert=True))
    assert (picture.window_center, picture.window_width, picture.inverted) == (100, 50, True)
    # c = 100, w = 50: low 75, high 124; inverted: 75 and below are white
    levels = shown(picture).reshape(-1)
    assert [levels[hu + 1024] for hu in (75, 124, 0, 500)] == [255, 0, 255, 0]


@pytest.mark.parametrize("frame_index", [-1, 1, 10**9])
def test_a_frame_that_is_not_there_is_not_found(ct, frame_index):
    with pytest.raises(NotFound):
        render_frame(image=ct, frame_index=frame_index, view=ViewState())


def test_monochrome1_through_the_whole_way():
    image = stored(bytes([0, 100, 255, 7]), 2, 2, PhotometricInterpretation="MONOCHROME1")
    assert shown(render_frame(image=image, frame_index=0, view=ViewState())).tolist() == [[255, 155], [0, 248]]


def test_multi_frame_pictures_are_of_their_own_frame():
    frames = np.stack([np.full((4, 4), value, np.uint8) for value in (10, 20, 30)])
    image = stored(frames.tobytes(), 4, 4, NumberOfFrames=3)
    assert [int(shown(render_frame(image=image, frame_index=index, view=ViewState()))[0, 0]) for index in range(3)] == [10, 20, 30]


def test_S05_a_stored_jpeg_goes_out_untouched_and_says_stored():
    data = imagecodecs.jpeg8_encode(colour(), level=85)
    image = stored([data], 64, 96, syntax=JPEG, SamplesPerPixel=3, PhotometricInterpretation="YBR_FULL_422", LossyImageCompression="01")
    before = pool.counters.pictures_passed_through
    for view in (ViewState(), ViewState(codec="stored"), ViewState(window=(1, 1)), ViewState(max_columns=96)):
        picture = render_frame(image=image, frame_index=0, view=view)
        assert picture.data.rstrip(b"\0") == data.rstrip(b"\0")
        assert (picture.fidelity, picture.codec, picture.source_lossy) == (Fidelity.STORED, Codec.JPEG, True)
        # no ratio is stated: 64 x 96 x 3 bytes against what is stored
        assert picture.source_ratio == pytest.approx(64 * 96 * 3 / len(data), rel=0.01)
    assert pool.counters.pictures_passed_through == before + 4


def test_S05_stored_bytes_have_the_digest_that_they_had_when_first_sent():
    frames = [imagecodecs.jpeg8_encode(colour(), level=level) for level in (85, 60)]
    image = stored(frames, 64, 96, syntax=JPEG, SamplesPerPixel=3, PhotometricInterpretation="YBR_FULL_422", LossyImageCompression="01")
    pictures = [render_frame(image=image, frame_index=index, view=ViewState()) for index in range(2)]
    for index, picture in enumerate(pictures):
        expected = (DigestKind.PAYLOAD_SHA256, hashlib.sha256(picture.data).digest())
        assert digest_of(image, index, picture) == expected
        changed = picture._replace(data=picture.data[:-1] + b"?")
        assert digest_of(image, index, changed) == expected  # a client sees that these are other bytes
    assert pictures[0].data != pictures[1].data
    encoded = render_frame(image=image, frame_index=0, view=ViewState(codec="png"))
    assert digest_of(image, 0, encoded) == (DigestKind.LEVELS_SHA256, hashlib.sha256(shown(encoded).tobytes()).digest())


@pytest.mark.parametrize("view", [ViewState(invert=True), ViewState(max_columns=50), ViewState(codec="png"), ViewState(codec="jpeg")])
def test_S05_a_stored_jpeg_that_must_change_is_made_anew_and_stays_source_lossy(view):
    data = imagecodecs.jpeg8_encode(colour(), level=85)
    attributes = {"SamplesPerPixel": 3, "PhotometricInterpretation": "YBR_FULL_422"}
    image = stored([data], 64, 96, syntax=JPEG, LossyImageCompression="01", LossyImageCompressionRatio="12.5", **attributes)
    picture = render_frame(image=image, frame_index=0, view=view)
    assert picture.fidelity is (Fidelity.LOSSY if view.codec == "jpeg" else Fidelity.LOSSLESS)
    assert (picture.source_lossy, picture.source_ratio) == (True, 12.5)
    if view == ViewState(codec="png"):
        assert np.array_equal(shown(picture), simplejpeg.decode_jpeg(data, "RGB"))


def test_S05_loss_that_happened_earlier_is_told_of_lossless_bytes():
    image = stored(texture().tobytes(), 64, 96, LossyImageCompression="01", LossyImageCompressionRatio=["4", "9.5"])
    picture = render_frame(image=image, frame_index=0, view=ViewState())
    assert (picture.fidelity, picture.source_lossy, picture.source_ratio) == (Fidelity.LOSSLESS, True, 9.5)


def test_a_stored_grey_jpeg_passes_only_where_its_samples_are_the_levels():
    data = imagecodecs.jpeg8_encode(texture(), level=90)
    plain = stored([data], 64, 96, syntax=JPEG)
    windowed = stored([data], 64, 96, syntax=JPEG, WindowCenter="100", WindowWidth="100")
    picture = render_frame(image=plain, frame_index=0, view=ViewState())
    assert (picture.fidelity, picture.window_center, picture.window_width) == (Fidelity.STORED, 128, 256)
    assert render_frame(image=plain, frame_index=0, view=ViewState(window=(127, 200))).fidelity is Fidelity.LOSSLESS
    assert render_frame(image=windowed, frame_index=0, view=ViewState()).fidelity is Fidelity.LOSSLESS
    assert render_frame(image=windowed, frame_index=0, view=ViewState(window=(128, 256))).fidelity is Fidelity.STORED


def test_S10_a_stored_rgb_jpeg_leaves_with_its_adobe_marker():
    data = imagecodecs.jpeg8_encode(colour(), level=95, colorspace="RGB", outcolorspace="RGB")
    bare = data[:2] + data[18:] if data[2:4] == b"\xff\xee" else data
    position = bare.index(b"\xff\xc0")
    bare = bytearray(bare)
    for number in range(3):  # components 0, 1, 2: nothing in the stream says RGB
        bare[position + 10 + 3 * number] = number
    position = bare.index(b"\xff\xda")
    for number in range(3):
        bare[position + 5 + 2 * number] = number
    image = stored([bytes(bare)], 64, 96, syntax=JPEG, SamplesPerPixel=3, PhotometricInterpretation="RGB")
    picture = render_frame(image=image, frame_index=0, view=ViewState())
    assert picture.fidelity is Fidelity.STORED
    assert np.abs(shown(picture).astype(int) - colour()).mean() < 2
    assert np.array_equal(simplejpeg.decode_jpeg(picture.data, "RGB"), pixels.decoded(image, 0).values)


def test_recompressed_jpeg_leaves_as_the_jpeg_it_was():
    data = imagecodecs.jpeg8_encode(colour(), level=85)
    image = stored(
        [imagecodecs.jpegxl_encode_jpeg(data)], 64, 96, syntax=JPEG_XL_OF_JPEG, SamplesPerPixel=3, PhotometricInterpretation="YBR_FULL"
    )
    picture = render_frame(image=image, frame_index=0, view=ViewState())
    assert (picture.fidelity, picture.data) == (Fidelity.STORED, data)
    assert passed_through_at_once(image=image, frame_index=0, view=ViewState()) is None  # not on an event loop


def test_a_damaged_frame_is_malformed_and_its_neighbours_are_shown():
    good = imagecodecs.jpeg8_encode(texture(), level=90)
    image = stored([good, good[: len(good) // 2], good], 64, 96, syntax=JPEG)
    for codec in ("auto", "jpeg", "png"):
        with pytest.raises(Malformed):
            render_frame(image=image, frame_index=1, view=ViewState(codec=codec))
        assert render_frame(image=image, frame_index=2, view=ViewState(codec=codec)).width == 96


def test_a_syntax_without_a_codec_is_unsupported(ct):
    other = replace(ct, sha256=ct.sha256, transfer_syntax_uid="1.2.840.10008.1.2.4.92")
    with pytest.raises(Unsupported):
        render_frame(image=other, frame_index=0, view=ViewState())


def test_pydicoms_palette_example_equals_pydicoms_colours():
    buffer = io.BytesIO()
    examples.palette_color.save_as(buffer)
    picture = render_frame(image=stored_bytes(buffer.getvalue()), frame_index=0, view=ViewState())
    expected = apply_color_lut(examples.palette_color.pixel_array, examples.palette_color) >> 8
    assert np.array_equal(shown(picture), expected)


def test_a_slow_frame_is_decoded_once(tmp_path):
    values = np.random.default_rng(5).integers(0, 4096, (512, 512), np.uint16)
    data = imagecodecs.jpeg2k_encode(values, level=0, codecformat="j2k", reversible=True, bitspersample=12)
    image = stored([data], 512, 512, syntax=JPEG_2000, BitsAllocated=16, BitsStored=12, HighBit=11)
    first = pixels.decoded(image, 0)
    frame_cache().wait()
    again = pixels.decoded(image, 0)
    assert np.array_equal(first.values, values)
    assert np.array_equal(again.values, values)
    assert not isinstance(first.values.base, np.memmap)
    assert isinstance(again.values.base, np.memmap)
    assert (
        render_frame(image=image, frame_index=0, view=ViewState()).digest
        == render_frame(image=image, frame_index=0, view=ViewState()).digest
    )
    (kept,) = frame_cache()._root.glob(f"*/{image.sha256}-0")
    whole = kept.read_bytes()
    kept.unlink()
    kept.write_bytes(whole[:1000])  # a damaged file is no frame, for a process that hasn't mapped it
    assert FrameCache(frame_cache()._root.parent, max_bytes=1 << 40).frame(kept.name, lambda: first) is first
    assert np.array_equal(pixels.decoded(image, 0).values, values)


def test_a_slow_disk_holds_up_no_picture(tmp_path, monkeypatch):
    """What waits for the disk is bounded too: more than that is decoded again another time."""
    cache, disk = FrameCache(tmp_path, max_bytes=1_000_000_000), threading.Event()
    keep = cache._keep
    monkeypatch.setattr(cache, "_keep", lambda path, frame: (disk.wait(), keep(path, frame)))
    frame = DecodedFrame(np.zeros((1000, 5000), np.uint16), "MONOCHROME2", False)  # 10 MB

    def slowly() -> DecodedFrame:
        began = time.perf_counter()
        while time.perf_counter() - began < 0.001:
            pass
        return frame

    for number in range(5):
        assert cache.frame(f"aa{number}", slowly) is frame
    assert list(cache._root.glob("*/*")) == []
    disk.set()
    cache.wait()
    assert sorted(path.name for path in cache._root.glob("*/*")) == ["aa0", "aa1", "aa2"]


def test_the_frame_cache_keeps_its_bound(tmp_path):
    cache = FrameCache(tmp_path, max_bytes=1_000_000)
    frame = DecodedFrame(np.zeros((100, 100), np.uint16), "MONOCHROME2", False)
    for number in range(100):
        cache._keep(cache._root / "aa" / f"aa{number}", frame)
    held = sum(path.stat().st_size for path in cache._root.glob("*/*"))
    assert 500_000 < held <= 1_000_000
    other = tmp_path / "another-boot"
    other.mkdir()
    cache.sweep()
    assert not other.exists()


def test_frames_used_last_stay_mapped_and_no_more_than_the_bound(tmp_path):
    cache = FrameCache(tmp_path, max_bytes=16 * 50_000)  # two of these frames stay mapped
    made = [DecodedFrame(np.full((100, 100), number, np.uint16), "MONOCHROME2", False) for number in range(3)]

    def again():
        raise LookupError("it would have been decoded again")

    for number, frame in enumerate(made):
        cache._keep(cache._root / "aa" / f"aa{number}", frame)
        assert cache.frame(f"aa{number}", again).values[0, 0] == number
    for path in cache._root.glob("*/*"):
        path.unlink()
    assert cache.frame("aa2", again) is cache.frame("aa2", again)
    assert np.array_equal(cache.frame("aa1", again).values, made[1].values)
    with pytest.raises(LookupError):
        cache.frame("aa0", again)


def test_read_frame_and_description_agree_for_bare_and_deflated_files(shared_data):
    plain = stored_file(shared_data / "syntaxes" / "ct-one-image-explicit-little-endian.dcm")
    deflated = stored_file(shared_data / "syntaxes" / "ct-one-image-deflated.dcm")
    assert read_frame(plain, 0) == read_frame(deflated, 0)
    views = ViewState(codec="png")
    assert render_frame(image=plain, frame_index=0, view=views).digest == render_frame(image=deflated, frame_index=0, view=views).digest


def test_warming_leaves_no_trace():
    before = pool.counters.pictures_rendered
    warm_kernels()
    assert pool.counters.pictures_rendered == before
