"""The demo echo loops: a phased-array picture with speckle that moves with the tissue, colour flow, ECG and scales.

Ultrasound Multi-frame Image Storage with Sequence of Ultrasound Regions (PS3.3 A.7, C.8.5), JPEG baseline. Colour loops are
YBR_FULL with 4:4:4 sampling, so that a flow colour stays where it belongs (rule S10).
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit, UltrasoundMultiFrameImageStorage
from scipy.ndimage import gaussian_filter, map_coordinates

from demo.heart import Echoes, Scene, ecg_millivolt, four_chambers, short_axis
from demo.identity import ADA, Visit
from demo.kernel import smooth_noise
from demo.part10 import items, new_object, part10
from demo.pyramid import encode_jpeg

VISIT = Visit(ADA, "echo", "20250306", "143000", "Transthoracic echocardiogram", "DEMO-C-0457")
DEPTH_CM = 16.5
HALF_ANGLE = np.radians(42)
BEAMS, SAMPLES = 192, 560
DYNAMIC_RANGE_DB = 58.0
NYQUIST_CM_S = 61.6
HEART_RATE = 72
FRAME_TIME_MS = 100 / 3  # 25 frames a beat at 72 beats a minute
FRAMES_A_BEAT = 25


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things are on the picture, in pixels, for a height of 600 and in proportion for others."""

    rows: int = 600
    columns: int = 800

    @property
    def scale(self) -> float:
        return self.rows / 600

    @property
    def apex(self) -> tuple[float, float]:
        """Return the (row, column) of the probe's centre."""
        return 42 * self.scale, self.columns / 2

    @property
    def cm_per_px(self) -> float:
        return DEPTH_CM / (468 * self.scale)

    @property
    def sector_box(self) -> tuple[int, int, int, int]:
        """Return x0, y0, x1, y1 of the 2D region, the last two inside it."""
        reach = 468 * self.scale
        half = reach * float(np.sin(HALF_ANGLE))
        return (int(self.apex[1] - half) - 2, int(self.apex[0]) - 2, int(self.apex[1] + half) + 2, int(self.apex[0] + reach) + 2)

    @property
    def ecg_box(self) -> tuple[int, int, int, int]:
        return (round(40 * self.scale), round(528 * self.scale), round(680 * self.scale), round(588 * self.scale))


@dataclass(frozen=True, slots=True)
class ColourBox:
    """The part of the sector that is examined for flow: angles in radians, depths in cm."""

    first_angle: float = float(np.radians(-9))
    last_angle: float = float(np.radians(24))
    first_cm: float = 5.0
    last_cm: float = 14.2


BOX = ColourBox()


@dataclass(frozen=True, slots=True)
class Loop:
    """One clip: what it shows and how."""

    scene: Scene
    title: str
    colour: bool
    series_key: str
    instance_number: int


FOUR_CHAMBERS = Loop(four_chambers, "Apical four chamber, colour flow", True, "loops", 1)
SHORT_AXIS = Loop(short_axis, "Parasternal short axis", False, "loops", 2)
LOOPS = (FOUR_CHAMBERS, SHORT_AXIS)


@lru_cache(maxsize=1)
def _beams() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return x and y (cm) of every sample, arrays (SAMPLES, BEAMS)."""
    angle = np.linspace(-HALF_ANGLE, HALF_ANGLE, BEAMS)
    depth = np.linspace(0.02, DEPTH_CM, SAMPLES)
    return (depth[:, None] * np.sin(angle)).astype(np.float32), (depth[:, None] * np.cos(angle)).astype(np.float32)


@lru_cache(maxsize=FRAMES_A_BEAT + 4)
def _moment(scene: Scene, frame_of_beat: int) -> Echoes:
    """Return what the beams meet at a moment of the beat; every beat is the same, only the haze differs."""
    return scene(*_beams(), (frame_of_beat / FRAMES_A_BEAT - 0.12) % 1.0)


@lru_cache(maxsize=1)
def _scatterers() -> NDArray[np.complex64]:
    """Return tissue's point scatterers: complex noise (1024, 1024), 64 samples a cm, periodic."""
    rng = np.random.default_rng(31)
    return (rng.standard_normal((1024, 1024)) + 1j * rng.standard_normal((1024, 1024))).astype(np.complex64)


@lru_cache(maxsize=1)
def _gain_db() -> NDArray[np.float32]:
    """Return what the way to each sample adds: probe clutter, uneven contact with the skin, loss at the edges and in depth."""
    contact = np.cumsum(np.random.default_rng(8).standard_normal(BEAMS))
    contact = gaussian_filter(contact - np.linspace(contact[0], contact[-1], BEAMS), 6)
    contact = 3.2 * (contact - contact.mean()) / contact.std()
    angle = np.linspace(-1, 1, BEAMS)
    depth = np.linspace(0, 1, SAMPLES)[:, None]
    edges = -10.0 * np.abs(angle) ** 5
    near = 15.0 * np.exp(-((depth / 0.055) ** 2))
    return np.asarray(contact * np.clip(depth * 4, 0, 1) + edges + near - 7.0 * depth**3, dtype=np.float32)


@lru_cache(maxsize=1)
def _rng_fields() -> NDArray[np.float32]:
    """Return slow unevenness of tissue (512, 512), 32 samples a cm."""
    return smooth_noise((512, 512), seed=77, wavelength=30.0, octaves=3)


def _polar_picture(echoes: Echoes, frame_index: int) -> NDArray[np.float32]:
    """Return the grey levels 0..1 of every sample (SAMPLES, BEAMS): scatter, point spread, log compression."""
    texture, patches = _scatterers(), _rng_fields()
    u, v = echoes.rest_x * 64, echoes.rest_y * 64
    tissue = texture[v.astype(np.int64) & 1023, u.astype(np.int64) & 1023]
    uneven = patches[(echoes.rest_y * 32).astype(np.int64) & 511, (echoes.rest_x * 32).astype(np.int64) & 511]
    # a wall that faces the beam shines, one along it fades
    facing = np.abs(np.gradient(echoes.wall_cm, axis=0)) / (DEPTH_CM / SAMPLES)
    shine = 10.0 * np.clip(facing, 0, 1.2) ** 2 * np.exp(-(((echoes.wall_cm - 0.05) / 0.13) ** 2))
    solid = np.clip(echoes.wall_cm / 0.10 + 0.5, 0, 1)
    level = echoes.level_db + 3.2 * uneven + shine
    level = -49.0 + (level + 49.0) * solid
    level = np.maximum(level, echoes.bright_db - 31.0) + np.clip(echoes.bright_db, 0, 14) * solid * 0.6
    level = level + _gain_db()
    signal = tissue * np.power(10.0, level / 20)
    rng = np.random.default_rng([frame_index, 5])
    depth = np.linspace(0, 1, SAMPLES)[:, None]
    haze = rng.standard_normal(signal.shape) + 1j * rng.standard_normal(signal.shape)
    signal = signal + haze * np.power(10.0, (-49.0 + 10.0 * depth**2) / 20)
    spread = (1.5, 1.15)  # samples along a beam, beams across
    real, imaginary = gaussian_filter(signal.real, spread), gaussian_filter(signal.imag, spread)
    decibel = 20 * np.log10(np.hypot(real, imaginary) * 3.2 + 1e-6)
    levels = np.clip((decibel + DYNAMIC_RANGE_DB - 12.0) / DYNAMIC_RANGE_DB, 0, 1)
    return np.asarray(levels**1.35, dtype=np.float32)


def _polar_flow(echoes: Echoes, frame_index: int) -> NDArray[np.float32]:
    """Return the measured flow (cm/s, towards the probe positive, wrapped at NYQUIST_CM_S), 0 where none is shown."""
    rng = np.random.default_rng([frame_index, 6])
    flow = echoes.toward_cm_s + gaussian_filter(rng.standard_normal(echoes.toward_cm_s.shape), (6, 2)) * 34
    flow = gaussian_filter(flow, (4, 1.2))
    wrapped = (flow + NYQUIST_CM_S) % (2 * NYQUIST_CM_S) - NYQUIST_CM_S
    angle = np.linspace(-HALF_ANGLE, HALF_ANGLE, BEAMS)[None]
    depth = np.linspace(0.02, DEPTH_CM, SAMPLES)[:, None]
    inside = (angle > BOX.first_angle) & (angle < BOX.last_angle) & (depth > BOX.first_cm) & (depth < BOX.last_cm)
    shown = inside & (echoes.wall_cm < -0.04) & (np.abs(flow) > 9.0) & (echoes.bright_db < 14)
    return np.where(shown, wrapped, 0).astype(np.float32)


def flow_colours(flow: NDArray[np.float32]) -> NDArray[np.float32]:
    """Map flow (cm/s) to RGB 0..1: red to yellow towards the probe, blue to cyan away from it."""
    share = np.clip(np.abs(flow) / NYQUIST_CM_S, 0, 1)
    strong, second = np.clip(0.32 + 1.1 * share, 0, 1), np.clip(1.5 * share - 0.55, 0, 0.92)
    third = np.zeros_like(share)
    towards = np.stack([strong, second, third], axis=-1)
    away = np.stack([third, second, strong], axis=-1)
    return np.asarray(np.where((flow >= 0)[..., None], towards, away), dtype=np.float32)


@lru_cache(maxsize=4)
def _scan_conversion(layout: Layout) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return for each pixel the (sample, beam) it shows, (2, rows, columns), and whether it lies in the sector."""
    row, column = np.mgrid[: layout.rows, : layout.columns].astype(np.float32)
    y, x = (row - layout.apex[0]) * layout.cm_per_px, (column - layout.apex[1]) * layout.cm_per_px
    depth, angle = np.hypot(x, y), np.arctan2(x, y)
    inside = (depth > 0.15) & (depth < DEPTH_CM) & (np.abs(angle) < HALF_ANGLE)
    sample = depth / DEPTH_CM * (SAMPLES - 1)
    beam = (angle + HALF_ANGLE) / (2 * HALF_ANGLE) * (BEAMS - 1)
    return np.stack([sample, beam]).astype(np.float32), inside


@lru_cache(maxsize=8)
def _graphics(layout: Layout, loop: Loop) -> NDArray[np.uint8]:
    """Draw what stays: captions, depth scale, grey and colour bars, colour box. No name is burned in."""
    picture = Image.new("RGB", (layout.columns, layout.rows))
    draw = ImageDraw.Draw(picture)
    s = layout.scale
    small, large = ImageFont.load_default(max(7, 12 * s)), ImageFont.load_default(max(8, 15 * s))
    grey, dim = (190, 198, 205), (120, 130, 138)
    draw.text((12 * s, 8 * s), "DEMO ECHO", fill=grey, font=large)
    draw.text((layout.columns - 180 * s, 10 * s), "Viewbox Demo Hospital", fill=dim, font=small)
    lines = ["FR 30 Hz", "16 cm", "2D", "  58 dB", "  HGen", "  Gn 52"] + (["CF", "  62 %", "  2.5 MHz"] if loop.colour else [])
    for number, line in enumerate(lines):
        draw.text((12 * s, (44 + 17 * number) * s), line, fill=grey if not line.startswith(" ") else dim, font=small)
    x = layout.sector_box[2] + 10 * s
    for centimetre in range(int(DEPTH_CM) + 1):
        y = layout.apex[0] + centimetre / layout.cm_per_px
        long = centimetre % 5 == 0
        draw.line((x, y, x + (9 if long else 4) * s, y), fill=grey, width=1)
        if long and centimetre:
            draw.text((x + 13 * s, y - 7 * s), str(centimetre), fill=grey, font=small)
    top, left = round(40 * s), round(layout.columns - 34 * s)
    ramp = np.linspace(1, 0, round(110 * s))
    pixels = np.array(picture)
    pixels[top : top + ramp.size, left - round(40 * s) : left - round(28 * s)] = (ramp[:, None, None] * 255).astype(np.uint8)
    if loop.colour:
        speeds = np.linspace(NYQUIST_CM_S, -NYQUIST_CM_S, ramp.size).astype(np.float32)
        pixels[top : top + ramp.size, left : left + round(14 * s)] = (flow_colours(speeds)[:, None] * 255).astype(np.uint8)
        picture = Image.fromarray(pixels)
        draw = ImageDraw.Draw(picture)
        draw.text((left - 8 * s, top - 16 * s), f"+{NYQUIST_CM_S:.1f}", fill=grey, font=small)
        draw.text((left - 8 * s, top + ramp.size + 2 * s), f"-{NYQUIST_CM_S:.1f}", fill=grey, font=small)
        draw.text((left - 8 * s, top + ramp.size + 16 * s), "cm/s", fill=dim, font=small)
        box = [_on_screen(layout, angle, BOX.first_cm) for angle in np.linspace(BOX.first_angle, BOX.last_angle, 24)]
        box += [_on_screen(layout, angle, BOX.last_cm) for angle in np.linspace(BOX.last_angle, BOX.first_angle, 24)]
        draw.line([*box, box[0]], fill=(205, 205, 205), width=1)
    return np.asarray(picture)


def _on_screen(layout: Layout, angle: float, depth_cm: float) -> tuple[float, float]:
    reach = depth_cm / layout.cm_per_px
    return layout.apex[1] + reach * float(np.sin(angle)), layout.apex[0] + reach * float(np.cos(angle))


def _draw_ecg(picture: NDArray[np.uint8], layout: Layout, frame_index: int, frames: int) -> NDArray[np.uint8]:
    """Draw the ECG of the whole loop with a bar at the time of this frame."""
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    x0, y0, x1, y1 = layout.ecg_box
    beats = frames / FRAMES_A_BEAT
    now = x0 + (x1 - x0) * (frame_index + 0.5) / frames
    x = np.arange(x0, x1 + 1)
    middle, height = y0 + (y1 - y0) * 0.72, (y1 - y0) * 0.55
    y = [middle - height * ecg_millivolt((column - x0) / (x1 - x0) * beats - 0.12) for column in x]
    line = list(zip(x.tolist(), y, strict=True))
    draw.line([point for point in line if point[0] <= now], fill=(80, 230, 130), width=2 if layout.scale > 0.7 else 1)
    draw.line([point for point in line if point[0] > now + 8 * layout.scale], fill=(46, 130, 78), width=1)
    draw.line((now, y0, now, y1), fill=(235, 235, 235), width=1)
    draw.text(
        (x1 + 10 * layout.scale, y0 + 18 * layout.scale),
        f"{HEART_RATE} bpm",
        fill=(80, 230, 130),
        font=ImageFont.load_default(max(8, 14 * layout.scale)),
    )
    return np.asarray(image)


def draw_frame(loop: Loop, frame_index: int, *, frames: int = 75, layout: Layout | None = None) -> NDArray[np.uint8]:
    """Return frame frame_index of a loop of frames, RGB (rows, columns, 3)."""
    layout = layout or Layout()
    echoes = _moment(loop.scene, frame_index % FRAMES_A_BEAT)
    where, inside = _scan_conversion(layout)
    grey = map_coordinates(_polar_picture(echoes, frame_index), where, order=1, mode="nearest")
    colour = np.repeat((grey * inside)[..., None], 3, axis=-1) * np.array([0.98, 1.0, 1.02], dtype=np.float32)
    if loop.colour:
        flow = _polar_flow(echoes, frame_index)
        blocks = map_coordinates(flow, np.round(where / 2) * 2, order=0, mode="nearest")
        shown = (blocks != 0) & inside
        colour[shown] = flow_colours(blocks[shown]) * (0.86 + 0.14 * grey[shown, None])
    picture = np.clip(colour * 255, 0, 255).astype(np.uint8)
    return _draw_ecg(np.maximum(picture, _graphics(layout, loop)), layout, frame_index, frames)


def _region(layout: Layout, box: tuple[int, int, int, int], data_type: int, flags: int) -> Dataset:
    """Return one 2D ultrasound region in cm; its reference pixel is the probe's centre (PS3.3 C.8.5.5)."""
    region = Dataset()
    region.RegionSpatialFormat = 1
    region.RegionDataType = data_type
    region.RegionFlags = flags
    region.RegionLocationMinX0, region.RegionLocationMinY0, region.RegionLocationMaxX1, region.RegionLocationMaxY1 = box
    region.ReferencePixelX0 = round(layout.apex[1]) - box[0]
    region.ReferencePixelY0 = round(layout.apex[0]) - box[1]
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.ReferencePixelPhysicalValueX = region.ReferencePixelPhysicalValueY = 0.0
    region.PhysicalDeltaX = region.PhysicalDeltaY = layout.cm_per_px
    region.TransducerFrequency = 2500
    return region


def regions(layout: Layout, loop: Loop, *, frames: int) -> list[Dataset]:
    """Return the ultrasound regions: tissue, the colour box in front of it, and the ECG strip with seconds across."""
    found = [_region(layout, layout.sector_box, 1, 2)]
    if loop.colour:
        corners = [
            _on_screen(layout, angle, depth) for angle in (BOX.first_angle, BOX.last_angle, 0.0) for depth in (BOX.first_cm, BOX.last_cm)
        ]
        xs, ys = [corner[0] for corner in corners], [corner[1] for corner in corners]
        found.append(_region(layout, (int(min(xs)), int(min(ys)), int(max(xs)) + 1, int(max(ys)) + 1), 2, 0))
    x0, y0, x1, y1 = layout.ecg_box
    strip = Dataset()
    strip.RegionSpatialFormat, strip.RegionDataType, strip.RegionFlags = 4, 10, 0
    strip.RegionLocationMinX0, strip.RegionLocationMinY0, strip.RegionLocationMaxX1, strip.RegionLocationMaxY1 = x0, y0, x1, y1
    strip.PhysicalUnitsXDirection, strip.PhysicalUnitsYDirection = 4, 0
    strip.PhysicalDeltaX, strip.PhysicalDeltaY = frames * FRAME_TIME_MS / 1000 / (x1 - x0), 1.0
    return [*found, strip]


def dataset(loop: Loop = FOUR_CHAMBERS, *, frames: int = 75, layout: Layout | None = None, variant: str = "", quality: int = 88) -> Dataset:
    """Return one loop; a whole number of beats (25 frames each) repeats without a jump."""
    layout = layout or Layout()
    with ThreadPoolExecutor(2) as pool:
        make = partial(_encoded_frame, loop, frames, layout, quality)
        encoded = list(pool.map(make, range(frames)))
    ds = new_object(
        VISIT,
        sop_class_uid=UltrasoundMultiFrameImageStorage,
        modality="US",
        series_key=loop.series_key,
        series_number=1,
        series_description="Echo loops",
        instance_number=loop.instance_number,
        variant=variant,
    )
    ds.ImageType = ["ORIGINAL", "PRIMARY", "TTE", "0011" if loop.colour else "0001"]
    ds.ImageComments = f"{loop.title}; drawn, no patient"
    ds.AcquisitionDateTime = VISIT.date + VISIT.time
    ds.BodyPartExamined = "HEART"
    ds.TransducerType = "SECTOR_PHASED"
    ds.HeartRate = HEART_RATE
    ds.FrameTime = f"{FRAME_TIME_MS:.6f}"
    ds.FrameIncrementPointer = 0x00181063
    ds.CineRate = ds.RecommendedDisplayFrameRate = 30
    ds.PreferredPlaybackSequencing = 0
    ds.StartTrim, ds.StopTrim = 1, frames
    ds.EffectiveDuration = frames * FRAME_TIME_MS / 1000
    beat_ms = 60_000 / HEART_RATE
    ds.RWaveTimeVector = [round(0.12 * beat_ms + beat * beat_ms, 3) for beat in range(max(1, frames // FRAMES_A_BEAT))]
    ds.SequenceOfUltrasoundRegions = items(*regions(layout, loop, frames=frames))
    ds.BurnedInAnnotation = "NO"
    ds.SamplesPerPixel = 3
    ds.PhotometricInterpretation = "YBR_FULL" if loop.colour else "YBR_FULL_422"
    ds.PlanarConfiguration = 0
    ds.UltrasoundColorDataPresent = 1 if loop.colour else 0
    ds.Rows, ds.Columns = layout.rows, layout.columns
    ds.NumberOfFrames = frames
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    ds.LossyImageCompression = "01"
    ds.LossyImageCompressionMethod = "ISO_10918_1"
    ds.LossyImageCompressionRatio = round(frames * layout.rows * layout.columns * 3 / sum(map(len, encoded)), 2)
    ds.PixelData = encapsulate(encoded, has_bot=True)
    ds["PixelData"].VR = "OB"
    return ds


def _encoded_frame(loop: Loop, frames: int, layout: Layout, quality: int, frame_index: int) -> bytes:
    picture = draw_frame(loop, frame_index, frames=frames, layout=layout)
    return encode_jpeg(picture, quality=quality, subsampling="444" if loop.colour else "422")


def file_of(loop: Loop = FOUR_CHAMBERS, *, frames: int = 75, layout: Layout | None = None, variant: str = "") -> bytes:
    """Return one loop as Part 10 bytes."""
    return part10(dataset(loop, frames=frames, layout=layout, variant=variant), transfer_syntax_uid=JPEGBaseline8Bit)


def draw(*, frames: int = 75, grey_frames: int = 50, layout: Layout | None = None, variant: str = "") -> Iterator[bytes]:
    """Yield the colour loop and the grey one as Part 10 bytes."""
    for loop in LOOPS:
        yield file_of(loop, frames=frames if loop.colour else grey_frames, layout=layout, variant=variant)
