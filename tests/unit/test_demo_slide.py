"""The drawn slide: geometry of every level, glass and tissue, and that nothing repeats."""

import hashlib
import io

import numpy as np
import pytest
import simplejpeg
from PIL import ImageCms
from pydicom.encaps import generate_frames

from demo import pyramid, slide, tissue
from demo.samples import small_slide
from demo.stains import GLASS


@pytest.fixture(scope="module")
def instances():
    return small_slide(1024, tile_size=256)


@pytest.fixture(scope="module")
def levels(instances):
    return [ds for ds in instances if ds.ImageType[2] == "VOLUME"]


def picture_of(ds):
    """Put a level together from its tiles, cut to its total pixel matrix."""
    tiles = [simplejpeg.decode_jpeg(frame) for frame in generate_frames(ds.PixelData, number_of_frames=int(ds.NumberOfFrames))]
    across = -(-ds.TotalPixelMatrixColumns // ds.Columns)
    rows = [np.concatenate(tiles[start : start + across], axis=1) for start in range(0, len(tiles), across)]
    return np.concatenate(rows)[: ds.TotalPixelMatrixRows, : ds.TotalPixelMatrixColumns]


def test_levels_halve_down_to_one_tile(levels):
    assert [(ds.TotalPixelMatrixColumns, ds.NumberOfFrames) for ds in levels] == [(1024, 16), (512, 4), (256, 1)]
    for ds in levels:
        measures = ds.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
        assert measures.PixelSpacing[0] * ds.TotalPixelMatrixRows == pytest.approx(ds.ImagedVolumeHeight)
        assert measures.PixelSpacing[1] * ds.TotalPixelMatrixColumns == pytest.approx(ds.ImagedVolumeWidth)
        assert ds.DimensionOrganizationType == "TILED_FULL"
    finest = levels[0].SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    assert list(finest.PixelSpacing) == [0.00025, 0.00025]


def test_full_slide_is_large_enough_and_has_odd_levels():
    rows, columns = slide.FULL_SIZE
    assert min(rows, columns) >= 20_000
    assert rows % 512 == columns % 512 == 0


def test_a_tile_row_that_is_half_filled_is_kept():
    """Three tiles a side: the next level has one and a half, filled up with background."""
    made, last = pyramid.build_levels(
        lambda top, left: np.full((64, 64, 3), 40, dtype=np.uint8), rows=192, columns=192, tile_size=64, background=GLASS
    )
    assert [(level.rows, level.columns, len(level.tiles)) for level in made] == [(192, 192, 9), (96, 96, 4), (48, 48, 1)]
    assert abs(last.astype(int) - 40).max() <= 3
    corner = simplejpeg.decode_jpeg(made[1].tiles[3])
    assert abs(corner[40:, 40:].astype(int) - GLASS).max() <= 3


def test_each_level_is_the_mean_of_the_one_above(levels):
    fine, coarse = picture_of(levels[0]).astype(float), picture_of(levels[1]).astype(float)
    mean = fine.reshape(512, 2, 512, 2, 3).mean(axis=(1, 3))
    assert abs(mean - coarse).mean() < 3  # both went through JPEG


def test_tiles_match_their_photometric_interpretation(instances):
    for ds in instances:
        assert ds.PhotometricInterpretation == "YBR_FULL_422"
        frame = next(generate_frames(ds.PixelData, number_of_frames=int(ds.NumberOfFrames)))
        assert simplejpeg.decode_jpeg_header(frame) == (ds.Rows, ds.Columns, "YCbCr", "422")


def test_optical_path_specimen_and_label(instances):
    flavours = [ds.ImageType[2] for ds in instances]
    assert flavours[-3:] == ["THUMBNAIL", "OVERVIEW", "LABEL"]
    for ds in instances:
        path = ds.OpticalPathSequence[0]
        assert path.ObjectiveLensPower == 40
        profile = ImageCms.ImageCmsProfile(io.BytesIO(path.ICCProfile))
        assert "sRGB" in ImageCms.getProfileDescription(profile)
        assert ds.ContainerIdentifier == "DEMO-P-1842-A-1"
        assert ds.SpecimenLabelInImage == ("YES" if ds.ImageType[2] == "LABEL" else "NO")
    assert len({ds.FrameOfReferenceUID for ds in instances}) == 1


def test_glass_and_tissue_are_both_there(levels):
    picture = picture_of(levels[0])
    glass = (abs(picture.astype(int) - GLASS).max(axis=-1) <= 2).mean()
    assert 0.2 < glass < 0.8
    brown = (picture[..., 0] > picture[..., 2].astype(int) + 40).mean()
    blue = (picture[..., 2] > picture[..., 0].astype(int) + 15).mean()
    assert brown > 0.05
    assert blue > 0.005


def test_tiles_fit_together_without_a_seam():
    """A tile drawn alone equals the same pixels of a larger one."""
    whole = tissue.lay_out(rows=1536, columns=1536)
    large = tissue.draw_tile(whole, top=512, left=512, size=512)
    small = tissue.draw_tile(whole, top=768, left=512, size=256)
    assert large is not None
    assert small is not None
    assert np.array_equal(large[256:, :256], small)


@pytest.mark.parametrize("reduction", [1, 4, 16])
def test_no_period_shows_at_any_zoom(reduction):
    """The autocorrelation of tissue has no second peak: no shift makes it look like itself again."""
    whole = tissue.lay_out(rows=20480, columns=20992)
    size = {1: 1024, 4: 2048, 16: 4096}[reduction]
    top, left = 7168, 6144
    out = np.zeros((size, size), dtype=np.float32)
    for row in range(0, size, 1024):
        for column in range(0, size, 1024):
            tile = tissue.draw_tile(whole, top=top + row, left=left + column, size=1024)
            out[row : row + 1024, column : column + 1024] = GLASS.mean() if tile is None else tile.mean(axis=-1)
    reduced = out.reshape(size // reduction, reduction, size // reduction, reduction).mean(axis=(1, 3))
    reduced -= reduced.mean()
    padded = np.fft.rfft2(reduced, s=(2 * reduced.shape[0], 2 * reduced.shape[1]))
    correlation = np.fft.irfft2(abs(padded) ** 2)
    overlap = np.fft.irfft2(abs(np.fft.rfft2(np.ones_like(reduced), s=correlation.shape)) ** 2)
    normalized = correlation / np.maximum(overlap, 1) / reduced.var()
    half = reduced.shape[0] // 2  # shifts with at least a quarter of the picture in common
    near = max(12, 200 // reduction)  # a gland looks like its own neighbourhood
    shifts = np.concatenate([normalized[: half + 1, : half + 1].ravel(), normalized[: half + 1, -half:].ravel()])
    rows, columns = np.mgrid[: half + 1, : half + 1]
    away = np.concatenate([np.hypot(rows, columns).ravel(), np.hypot(*np.mgrid[: half + 1, -half:0]).ravel()])
    assert normalized[0, 0] == pytest.approx(1, abs=0.01)
    assert shifts[away > near].max() < 0.30


def test_same_bytes_at_every_drawing():
    def digest() -> str:
        return hashlib.sha256(b"".join(slide.draw(rows=512, columns=512, tile_size=256))).hexdigest()

    assert digest() == digest()
