"""The demo CT: contrast-enhanced chest with upper abdomen, current and prior, as CT Image Storage (PS3.3 A.3, C.8.2.1)."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage
from scipy.ndimage import map_coordinates

from demo import chest, chest_painter
from demo.identity import ADA, Visit, demo_uid
from demo.kernel import smooth_noise
from demo.part10 import new_object, part10
from demo.trees import Tubes, grow, joined, spread

FIELD_MM = 400.0
RESCALE_INTERCEPT = -1024
LESION_VOLUME_MM3 = 4200.0
PRIOR_LESION_VOLUME_MM3 = 1500.0
CURRENT = Visit(ADA, "ct", "20250304", "101500", "CT chest with contrast", "DEMO-R-2201")
PRIOR = Visit(ADA, "ct prior", "20240212", "084000", "CT chest with contrast", "DEMO-R-1107")

Tell = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Scan:
    """How a volume is sampled. Slices go from foot to head: z of slice i = lowest_mm + i * spacing_mm."""

    slices: int = 240
    size: int = 512
    spacing_mm: float = 1.5
    lowest_mm: float = -258.0
    lesion_volume_mm3: float = LESION_VOLUME_MM3
    seed: int = 3

    @property
    def pixel_mm(self) -> float:
        return FIELD_MM / self.size

    def heights(self) -> NDArray[np.float64]:
        return np.asarray(self.lowest_mm + self.spacing_mm * np.arange(self.slices), dtype=np.float64)

    def positions(self) -> NDArray[np.float64]:
        """Return the patient x of every column, and y of every row: mm at pixel centres."""
        return np.asarray((np.arange(self.size) - (self.size - 1) / 2) * self.pixel_mm, dtype=np.float64)


FULL = Scan()
FULL_PRIOR = Scan(slices=112, spacing_mm=3.0, lowest_mm=-244.0, lesion_volume_mm3=PRIOR_LESION_VOLUME_MM3, seed=4)
SMALL = Scan(slices=24, size=128, spacing_mm=4.0, lowest_mm=-30.0)
SMALL_PRIOR = Scan(slices=12, size=128, spacing_mm=8.0, lowest_mm=-30.0, lesion_volume_mm3=PRIOR_LESION_VOLUME_MM3, seed=4)


@dataclass(frozen=True, slots=True)
class Anatomy:
    """Everything that is the same for all slices."""

    noise: NDArray[np.float32]
    ribs: tuple[NDArray[np.float64], NDArray[np.float64]]
    solid: chest.Ellipsoids
    bowel: Tubes
    heart: chest.Ellipsoids
    vessels: Tubes
    lung_vessels: Tubes
    liver_vessels: Tubes
    small_airway_walls: Tubes
    small_airway_lumina: Tubes
    soft: Tubes
    airway_walls: Tubes
    airway_lumina: Tubes
    bones: Tubes
    facets: chest.Ellipsoids


@lru_cache(maxsize=1)
def _space_noise() -> NDArray[np.float32]:
    return smooth_noise((64, 64, 64), seed=21, wavelength=9.0, octaves=2)


def _trunk(
    z: float, x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
    """Paint the trunk alone. Returns (hu, region, room, bent), see chest_painter.paint_trunk."""
    shape = (y.size, x.size)
    hu, room = np.empty(shape, dtype=np.float32), np.empty(shape, dtype=np.float32)
    region, bent = np.empty(shape, dtype=np.uint8), np.empty((3, *shape), dtype=np.float32)
    outlines = chest.outlines(z)
    chest_painter.bend(bent, x, y, z, _space_noise(), 2.2)
    edge = float(x[1] - x[0])
    chest_painter.paint_trunk(
        hu, region, room, bent, x, y, outlines.body, outlines.cavity, outlines.muscle, outlines.breast,
        np.array(chest.HEART_SHAPE), chest.HEART_AXIS, _space_noise(), edge,
    )  # fmt: skip
    return hu, region, room, bent


def _points(region: int) -> NDArray[np.float64]:
    """Return points (n, 3) mm on a 5 mm grid inside a region, from a coarse painting."""
    grid = np.arange(-140.0, 141.0, 5.0)
    found = []
    for z in np.arange(-255.0, 100.0, 5.0):
        rows, columns = np.nonzero(_coarse_region(float(z)) == region)
        found.append(np.stack([grid[columns], grid[rows], np.full(rows.size, z)], axis=1))
    return np.concatenate(found)


@lru_cache(maxsize=128)
def _coarse_region(z: float) -> NDArray[np.uint8]:
    grid = np.arange(-140.0, 141.0, 5.0)
    return _trunk(z, grid, grid)[1]


def _clear_of_lesion(tubes: Tubes) -> Tubes:
    """Return the tubes that keep away from the lesion, so that its volume can be counted."""
    middle = (tubes.start + tubes.end) / 2
    centre = np.array(chest.LESION_CENTRE_MM)
    apart = np.min([np.linalg.norm(points - centre, axis=1) for points in (tubes.start, middle, tubes.end)], axis=0)
    keep = apart > chest.lesion_radius_mm(LESION_VOLUME_MM3) * 1.2 + 3
    return Tubes(tubes.start[keep], tubes.end[keep], tubes.start_radius[keep], tubes.end_radius[keep], tubes.value[keep])


@lru_cache(maxsize=1)
def anatomy() -> Anatomy:
    """Return the one patient that all scans show (a second or two to grow)."""
    lung_vessels, small_walls, small_lumina = chest.lung_trees(
        _points(chest_painter.RIGHT_LUNG), _points(chest_painter.LEFT_LUNG), ends=520, seed=40
    )
    liver = _points(chest_painter.LIVER_REGION)
    portal = grow((-44.0, -8.0, -172.0), spread(liver, 70, seed=60), tip_radius_mm=0.95, value=172.0, seed=61)
    hepatic = grow((-25.0, 2.0, -122.0), spread(liver, 50, seed=62), tip_radius_mm=0.95, value=166.0, seed=63)
    walls, lumina = chest.airways()
    solid, bowel = chest.abdomen()
    facets, arches = chest.vertebrae()
    return Anatomy(
        noise=_space_noise(),
        ribs=chest.rib_table(),
        solid=solid,
        bowel=bowel,
        heart=chest.heart(),
        vessels=chest.great_vessels(),
        lung_vessels=_clear_of_lesion(lung_vessels),
        liver_vessels=joined(portal, hepatic),
        small_airway_walls=_clear_of_lesion(small_walls),
        small_airway_lumina=_clear_of_lesion(small_lumina),
        soft=chest.gullet(),
        airway_walls=walls,
        airway_lumina=lumina,
        bones=joined(arches, chest.shoulder_bones()),
        facets=facets,
    )


def paint_slice(scan: Scan, z: float) -> NDArray[np.float32]:
    """Return the noise-free Hounsfield units (rows, columns) at height z."""
    parts = anatomy()
    x = y = scan.positions()
    edge = scan.pixel_mm
    hu, region, room, bent = _trunk(z, x, y)
    everywhere = np.ones(hu.shape, dtype=np.uint8)
    inside = (hu > -990).astype(np.uint8)
    lungs = ((region == chest_painter.RIGHT_LUNG) | (region == chest_painter.LEFT_LUNG)).astype(np.uint8)
    hilum = lungs | ((abs(x) > 26) & (abs(x) < 62) & (-62 < z < 8)).astype(np.uint8)[None]
    liver = (region == chest_painter.LIVER_REGION).astype(np.uint8)

    def tubes(of: Tubes, core: float = 0.0, inset: float = 0.0, where: NDArray[np.uint8] = everywhere) -> None:
        chest_painter.paint_tubes(
            hu, where, bent, z, x[0], y[0], scan.pixel_mm, of.start, of.end, of.start_radius, of.end_radius, of.value, core, inset, edge
        )

    def solids(of: chest.Ellipsoids) -> None:
        chest_painter.paint_ellipsoids(hu, bent, room, of.centre, of.axes, of.turn, of.value, of.place, edge)

    solids(parts.solid)
    tubes(parts.bowel)
    tubes(parts.soft)
    tubes(parts.liver_vessels, where=liver)
    tubes(parts.lung_vessels, where=hilum)
    tubes(parts.small_airway_walls, where=lungs)
    tubes(parts.small_airway_lumina, where=lungs)
    solids(parts.heart)
    tubes(parts.vessels)
    tubes(parts.airway_walls)
    tubes(parts.airway_lumina)
    outlines = chest.outlines(z)
    chest_painter.paint_bones(hu, bent, x, y, outlines.cavity, *parts.ribs, parts.noise, edge)
    chest_painter.paint_plates(hu, bent, x, y, outlines.cavity, edge)
    for index in range(16):
        height = chest.vertebra_height(index)
        if abs(z - height) < 26:
            half = (height - chest.vertebra_height(index + 1)) / 2 - 2.6
            chest_painter.paint_spine(
                hu, bent, chest.spine_y(z), 12.5 + 0.55 * index, 10.0 + 0.42 * index, height, half, parts.noise, edge
            )  # fmt: skip
    solids(parts.facets)
    tubes(parts.bones, core=chest.MARROW, inset=1.5, where=inside)
    level = (chest.vertebra_height(0) - z) / 25.0
    chest_painter.paint_canal(hu, bent, chest.spine_y(z) + 10.0 + 0.42 * level + 8.5, edge)
    radius = chest.lesion_radius_mm(scan.lesion_volume_mm3)
    chest_painter.paint_lesion(hu, x, y, z, np.array(chest.LESION_CENTRE_MM), radius, chest.LESION, edge)
    chest_painter.paint_couch(hu, x, y, edge)
    return hu


@lru_cache(maxsize=2)
def _grain(size: int, seed: int) -> NDArray[np.float32]:
    return smooth_noise((size * 2, size * 2), seed=seed + 500, wavelength=4.0, octaves=2)


def _with_noise(hu: NDArray[np.float32], scan: Scan, index: int) -> NDArray[np.float32]:
    """Add the scanner's noise: about 10 HU in tissue, less in air and lung; every slice has its own."""
    rng = np.random.default_rng([scan.seed, index])
    field = _grain(scan.size, scan.seed)
    row, column = rng.integers(scan.size, size=2)
    grain = field[row : row + scan.size, column : column + scan.size]
    strength = np.where(hu > -400, 9.5, 7.5).astype(np.float32)
    return hu + grain * strength


def volume_hu(scan: Scan = FULL, *, tell: Tell = lambda share: None) -> Iterator[NDArray[np.int16]]:
    """Yield the slices from foot to head as Hounsfield units (rows, columns), never below -1024."""

    def one(index: int, z: float) -> NDArray[np.int16]:
        hu = _with_noise(paint_slice(scan, z), scan, index)
        return np.clip(np.round(hu), RESCALE_INTERCEPT, 3071).astype(np.int16)

    anatomy()
    heights = scan.heights()
    with ThreadPoolExecutor(2) as pool:
        for first in range(0, scan.slices, 8):  # a few at a time: the reader may be slower than the painter
            chosen = range(first, min(first + 8, scan.slices))
            yield from pool.map(one, chosen, heights[first : first + 8].tolist())
            tell(chosen.stop / scan.slices)


def _general(visit: Visit, *, variant: str, series_key: str, series_number: int, description: str, instance_number: int) -> Dataset:
    """Return a CT data set with all that slices and localizer share."""
    ds = new_object(
        visit,
        sop_class_uid=CTImageStorage,
        modality="CT",
        series_key=series_key,
        series_number=series_number,
        series_description=description,
        instance_number=instance_number,
        variant=variant,
    )
    ds.AcquisitionNumber = series_number
    ds.AcquisitionDate, ds.AcquisitionTime = visit.date, visit.time
    ds.BodyPartExamined = "CHEST"
    ds.PatientPosition = "HFS"
    ds.ProtocolName = "Demo chest with contrast"
    ds.KVP = 120
    ds.GantryDetectorTilt = 0
    ds.FrameOfReferenceUID = demo_uid(variant, visit.key, "frame of reference")
    ds.PositionReferenceIndicator = ""
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = RESCALE_INTERCEPT, 1, "HU"
    return ds


def _set_pixels(ds: Dataset, hu: NDArray[np.int16]) -> None:
    ds.Rows, ds.Columns = hu.shape
    ds.PixelData = (hu.astype(np.int32) - RESCALE_INTERCEPT).astype("<u2").tobytes()
    ds["PixelData"].VR = "OW"


def _slice_dataset(visit: Visit, scan: Scan, variant: str, index: int, hu: NDArray[np.int16]) -> Dataset:
    """Return slice index (0 = lowest); Instance Number runs from head to foot, as radiology reads."""
    millilitres = scan.lesion_volume_mm3 / 1000
    ds = _general(
        visit,
        variant=variant,
        series_key="axial",
        series_number=2,
        description=f"CHEST {scan.spacing_mm:g} mm axial, lesion {millilitres:.1f} ml",
        instance_number=scan.slices - index,
    )
    z, corner = float(scan.heights()[index]), float(scan.positions()[0])
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.ImageComments = f"Drawn, no patient. Right upper lobe lesion of {millilitres:.2f} ml"
    ds.ContrastBolusAgent = "Drawn contrast"
    ds.ScanOptions = "HELICAL MODE"
    ds.ConvolutionKernel = "SOFT"
    ds.ReconstructionDiameter = FIELD_MM
    ds.ImagePositionPatient = [corner, corner, z]
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.SliceLocation = z
    ds.SliceThickness = ds.SpacingBetweenSlices = scan.spacing_mm
    ds.PixelSpacing = [scan.pixel_mm, scan.pixel_mm]
    ds.WindowCenter, ds.WindowWidth = [40, -600], [400, 1500]
    ds.WindowCenterWidthExplanation = ["SOFT TISSUE", "LUNG"]
    _set_pixels(ds, hu)
    return ds


def _localizer(visit: Visit, scan: Scan, variant: str, projection: NDArray[np.float64]) -> Dataset:
    """Return the frontal localizer. projection: mean HU along y, (slices, columns), foot first."""
    ds = _general(visit, variant=variant, series_key="localizer", series_number=1, description="LOCALIZER frontal", instance_number=1)
    ds.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    rows = round(scan.slices * scan.spacing_mm / scan.pixel_mm)
    height = np.linspace(scan.slices - 1, 0, rows)
    picture = map_coordinates(projection, np.stack(np.meshgrid(height, np.arange(scan.size), indexing="ij")), order=1)
    ds.ImagePositionPatient = [float(scan.positions()[0]), 0.0, float(scan.heights()[-1])]
    ds.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]
    ds.PixelSpacing = [round((scan.slices - 1) * scan.spacing_mm / (rows - 1), 6), scan.pixel_mm]
    ds.SliceThickness = FIELD_MM
    ds.WindowCenter, ds.WindowWidth = [-480], [620]
    _set_pixels(ds, np.round(picture).astype(np.int16))
    return ds


def datasets(
    scan: Scan = FULL,
    *,
    visit: Visit = CURRENT,
    variant: str = "",
    localizer: bool = False,
    tell: Tell = lambda share: None,
) -> Iterator[Dataset]:
    """Yield the slices as data sets, from foot to head, and the localizer of another series after them if asked for."""
    projection = np.zeros((scan.slices, scan.size))
    for index, hu in enumerate(volume_hu(scan, tell=tell)):
        projection[index] = hu.mean(axis=0)
        yield _slice_dataset(visit, scan, variant, index, hu)
    if localizer:
        yield _localizer(visit, scan, variant, projection)


def draw(
    scan: Scan = FULL,
    *,
    visit: Visit = CURRENT,
    variant: str = "",
    localizer: bool = False,
    tell: Tell = lambda share: None,
) -> Iterator[bytes]:
    """Yield the same as Part 10 bytes (Explicit VR Little Endian)."""
    for ds in datasets(scan, visit=visit, variant=variant, localizer=localizer, tell=tell):
        yield part10(ds)
