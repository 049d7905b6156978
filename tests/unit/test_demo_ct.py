"""The drawn CT: values, volumes and continuity at stated places."""

import hashlib

import numpy as np
import pytest
from scipy.ndimage import label

from demo import chest, ct
from demo.samples import small_ct

# A scan of half resolution through the whole body: quick, and fine enough to follow a rib.
COARSE = ct.Scan(slices=120, size=256, spacing_mm=3.0, lowest_mm=-256.0)


@pytest.fixture(scope="module")
def volume():
    """Hounsfield units (slices, rows, columns), foot first."""
    return np.stack(list(ct.volume_hu(COARSE)))


def voxel(x: float, y: float, z: float) -> tuple[int, int, int]:
    positions = COARSE.positions()
    s, r, c = (int(np.argmin(abs(axis - place))) for axis, place in ((COARSE.heights(), z), (positions, y), (positions, x)))
    return s, r, c


def around(volume, x: float, y: float, z: float) -> float:
    """Mean of 3 x 3 x 3 voxels, which takes the noise away."""
    s, r, c = voxel(x, y, z)
    return float(volume[s - 1 : s + 2, r - 1 : r + 2, c - 1 : c + 2].mean())


@pytest.mark.parametrize(
    ("tissue", "place", "low", "high"),
    [
        ("air beside the patient", (-190, -100, 0), -1010, -985),
        ("lung, right", (-85, 10, -40), -900, -780),
        ("lung, left", (85, 10, 0), -900, -780),
        ("fat below the skin", (-156, 10, -60), -125, -80),
        ("liver", (-80, -20, -170), 95, 135),
        ("spleen", (100, 34, -165), 100, 140),
        ("descending aorta", (23, 40, -60), 275, 325),
        ("ascending aorta", (-14, -26, -10), 275, 325),
        ("left ventricle", (36, -22, -80), 275, 325),
        ("superior vena cava", (-25, -15, 10), 300, 360),
        ("trachea", (0, 16, 50), -1005, -940),
        ("lesion", chest.LESION_CENTRE_MM, 20, 65),
    ],
)
def test_tissues_lie_in_their_hounsfield_ranges(volume, tissue, place, low, high):
    assert low <= around(volume, *place) <= high


def test_bone_has_a_dense_shell_and_a_spongy_core(volume):
    z = chest.vertebra_height(8)
    s, r, c = voxel(0, chest.spine_y(z), z)
    body = volume[s, r - 12 : r + 13, c - 14 : c + 15]
    assert 300 < np.percentile(body, 98) < 1200
    assert 120 < around(volume, 0, chest.spine_y(z), z) < 320


@pytest.mark.parametrize("stated_mm3", [ct.LESION_VOLUME_MM3, ct.PRIOR_LESION_VOLUME_MM3])
def test_lesion_has_its_stated_volume(stated_mm3):
    scan = ct.Scan(slices=22, size=512, spacing_mm=1.5, lowest_mm=chest.LESION_CENTRE_MM[2] - 16.5, lesion_volume_mm3=stated_mm3)
    positions, (x, y, _) = scan.positions(), chest.LESION_CENTRE_MM
    rows, columns = abs(positions - y) < 16, abs(positions - x) < 16
    halfway = (chest.LESION + chest.LUNG) / 2
    dense = np.stack([ct.paint_slice(scan, float(z))[np.ix_(rows, columns)] > halfway for z in scan.heights()])
    pieces, _ = label(dense)
    voxels = int((pieces == pieces[tuple(length // 2 for length in pieces.shape)]).sum())
    assert voxels * scan.pixel_mm**2 * scan.spacing_mm == pytest.approx(stated_mm3, rel=0.04)


def test_lesion_volume_is_stated_in_the_objects():
    ds = small_ct(1)[0]
    assert f"{ct.LESION_VOLUME_MM3 / 1000:.2f} ml" in ds.ImageComments
    assert "4.2 ml" in ds.SeriesDescription


def test_spine_and_ribs_are_one_piece_through_the_slices(volume):
    bone = volume > 190
    # contrast-filled blood is as bright as bone: look at the back wall and the flanks, where there is none
    positions = COARSE.positions()
    bone &= (positions[None, :, None] > 48) | (abs(positions[None, None, :]) > 100)
    pieces, _ = label(bone, structure=np.ones((3, 3, 3)))
    sizes = np.bincount(pieces.ravel())[1:]
    largest = pieces == 1 + int(np.argmax(sizes))
    slices = np.flatnonzero(largest.any(axis=(1, 2)))
    assert slices.size > 0.85 * COARSE.slices
    assert np.diff(slices).max() == 1
    # the ribs of both flanks hang on it, as oblique curves that cross many slices
    for flank in (positions > 105, positions < -105):
        assert largest[:, :, flank].any(axis=(1, 2)).sum() > 50


def test_aorta_is_one_vessel_from_arch_to_abdomen(volume):
    pieces, _ = label((volume > 220) & (volume < 420))
    arch, belly = pieces[voxel(14, 16, 28)], pieces[voxel(5, 18, -200)]
    assert arch != 0
    assert arch == belly


def test_windpipe_divides_into_both_main_bronchi(volume):
    pieces, _ = label(volume < -900)
    windpipe = pieces[voxel(0, 16, 50)]
    assert windpipe != 0
    assert windpipe != pieces[voxel(-190, -100, 50)]
    assert pieces[voxel(-27, 18, -23)] == windpipe
    assert pieces[voxel(30, 20, -24)] == windpipe


def test_geometry_is_consistent():
    slices = small_ct(4, 64, spacing_mm=5.0)
    heights = [float(ds.ImagePositionPatient[2]) for ds in slices]
    assert np.allclose(np.diff(heights), 5.0)
    assert [ds.InstanceNumber for ds in slices] == [4, 3, 2, 1]
    assert len({ds.SOPInstanceUID for ds in slices}) == 4
    assert len({ds.FrameOfReferenceUID for ds in slices}) == 1
    for ds in slices:
        assert list(ds.PixelSpacing) == [400 / 64, 400 / 64]
        assert list(ds.ImageOrientationPatient) == [1, 0, 0, 0, 1, 0]
        assert list(ds.ImagePositionPatient)[:2] == [-(400 - 400 / 64) / 2] * 2
        assert list(ds.WindowCenter) == [40, -600]
        assert list(ds.WindowCenterWidthExplanation) == ["SOFT TISSUE", "LUNG"]


def test_same_bytes_at_every_drawing():
    def digest(variant: str = "") -> str:
        scan = ct.Scan(slices=3, size=64, spacing_mm=20.0, lowest_mm=-20.0)
        return hashlib.sha256(b"".join(ct.draw(scan, variant=variant, localizer=True))).hexdigest()

    assert digest() == digest()
    assert digest() != digest("other")
