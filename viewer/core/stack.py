"""Stacks (rule S03): which frames belong together, in which order, and what a reader must be told about them.

Frames are split by matrix, size of pixels, kind of image, frame of reference, orientation, echo, b-value and stack; positions that
repeat are split into passes (phase, time); each stack is sorted by position along its normal. Instance Number orders only what has
no geometry.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median
from typing import Any, Literal

from viewer.core.frame_facts import Facts, ImageRecord, number, numbers, text, value_at
from viewer.core.geometry import Plane, Vector, dot, plane_of, vector
from viewer.core.mosaic import is_mosaic, mosaic_note

POSITION_TOLERANCE_MM = 0.01  # positions are decimal text of at most 16 characters
SPACING_TOLERANCE = 0.02  # of the median spacing; at least 0.02 mm
MOST_NUMBERS_NAMED = 8
SAME_SCALE = 1e-3  # of a spacing: decimal text of different length; a stack has one scale (rule S06)
MOST_SCALES_COMPARED = 30  # beyond that, each counts as its own
SCALES = (
    "PixelSpacing",
    "ImagerPixelSpacing",
    "NominalScannedPixelSpacing",
    "EstimatedRadiographicMagnificationFactor",
    "PixelAspectRatio",
)

_Scale = tuple[tuple[float, ...], ...]

# Attributes that may tell passes over the same positions apart, in order of trust.
PASS_ATTRIBUTES = {
    "TemporalPositionIdentifier": "Temporal Position Identifier",
    "TemporalPositionIndex": "Temporal Position Index",
    "TriggerTime": "Trigger Time",
    "AcquisitionNumber": "Acquisition Number",
    "AcquisitionTime": "Acquisition Time",
    "ContentTime": "Content Time",
}


@dataclass(frozen=True, slots=True)
class StackFrame:
    """One frame of a stack: image is an index into the series' images; position_mm is along the normal (PS3.3 C.7.6.2.1.1)."""

    image: int
    frame_index: int
    position_mm: float | None = None


@dataclass(frozen=True, slots=True)
class Stack:
    """Frames in order. stack_id is stable for the same split; words tell sister stacks apart; notes are for the viewport.

    order: "space" along the normal, "time" at one position, "number" without geometry.
    """

    stack_id: str
    frames: tuple[StackFrame, ...]
    order: Literal["space", "time", "number"]
    words: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Slice:
    image: int
    frame_index: int
    instance_number: int | None
    split: dict[str, Hashable]
    facts: Facts
    plane: Plane | None
    position: Vector | None
    along: float = 0.0

    @property
    def numbered(self) -> tuple[float, int, int]:
        return (self.instance_number if self.instance_number is not None else float("inf"), self.image, self.frame_index)


@dataclass(slots=True)
class _Draft:
    """A stack in the making: what it was split by, its slices in order, what is to be said."""

    split: dict[str, Hashable]
    slices: list[_Slice]
    order: Literal["space", "time", "number"]
    notes: list[str] = field(default_factory=list)


def build_stacks(images: Sequence[ImageRecord], chosen: Iterable[int] | None = None) -> list[Stack]:
    """Build the stacks of a series from its images (all frames of them, or only of those chosen by index).

    Stacks come in the order of the first Instance Number in each.
    """
    slices = [piece for index in (range(len(images)) if chosen is None else chosen) for piece in _slices_of(index, images[index])]
    _split_by_scale(slices)
    drafts: list[_Draft] = []
    for group in _grouped(slices, lambda piece: tuple(sorted((key, str(value)) for key, value in piece.split.items()))):
        with_geometry = [piece for piece in group if piece.plane and piece.position]
        without = [piece for piece in group if not (piece.plane and piece.position)]
        drafts.extend(_drafts_in_space(with_geometry))
        if without:
            notes = [] if len(without) == 1 else ["sorted by Instance Number: no geometry"]
            drafts.append(_Draft(without[0].split, sorted(without, key=lambda piece: piece.numbered), "number", notes))
    drafts.sort(key=lambda draft: min(piece.numbered for piece in draft.slices))
    for draft in drafts:
        first = draft.slices[0]
        if is_mosaic(first.facts, first.frame_index):
            image = images[first.image]
            draft.notes.append(mosaic_note(first.facts, image.rows, image.columns))
    return _finished(drafts)


def missing_numbers_note(images: Sequence[ImageRecord]) -> str:
    """Say which Instance Numbers are absent between the first and the last of a series of single frames; "" when none is."""
    found = sorted({image.instance_number for image in images if image.instance_number is not None and image.number_of_frames == 1})
    if len(found) < 3:
        return ""
    missing = sorted(set(range(found[0], found[-1] + 1)) - set(found)) if found[-1] - found[0] < 100_000 else []
    if not missing or len(missing) > len(found):  # numbers that run in strides say nothing about missing images
        return ""
    named = ", ".join(map(str, missing[:MOST_NUMBERS_NAMED])) + (" …" if len(missing) > MOST_NUMBERS_NAMED else "")
    return f"Instance Numbers missing from the series: {named}"


def _slices_of(index: int, image: ImageRecord) -> Iterable[_Slice]:
    facts = image.facts
    for frame_index in range(image.number_of_frames):
        plane = plane_of(value_at(facts, "ImageOrientationPatient", frame_index))
        position = vector(value_at(facts, "ImagePositionPatient", frame_index))
        split = _split_of(image, frame_index)
        along = dot(plane.normal, position) if plane and position else 0.0
        yield _Slice(index, frame_index, image.instance_number, split, facts, plane, position, along)


def _split_of(image: ImageRecord, frame_index: int) -> dict[str, Hashable]:
    """Return what keeps frames apart whatever their position."""
    facts = image.facts
    image_type = value_at(facts, "ImageType", frame_index) or []
    kind = [text(one).upper() for one in image_type] if isinstance(image_type, list) else [text(image_type).upper()]
    # Value 3 names axial or localizer; value 4 of MR tells magnitude from phase (PS3.3 C.8.3.1.1.1). Value 4 of CT is free text.
    telling = kind[:3] + (kind[3:4] if kind[3:4] and kind[3] in {"M", "P", "R", "I", "MAGNITUDE", "PHASE", "REAL", "IMAGINARY"} else [])
    echo = number(value_at(facts, "EffectiveEchoTime", frame_index))
    echo = echo if echo is not None else number(value_at(facts, "EchoTime", frame_index))
    split: dict[str, Hashable] = {
        "matrix": f"{image.columns} × {image.rows}",
        "colour": number(facts.get("SamplesPerPixel")) or 1.0,
        "type": " ".join(word.lower() for word in telling),
        "frame of reference": text(facts.get("FrameOfReferenceUID")),
        "echo": None if echo is None else round(echo, 1),
        "b": number(value_at(facts, "DiffusionBValue", frame_index)),
        "stack": text(value_at(facts, "StackID", frame_index)) or None,
    }
    return split | {"mosaic": "mosaic"} if is_mosaic(facts, frame_index) else split


def _split_by_scale(slices: list[_Slice]) -> None:
    """Keep apart what has pixels of another size: a millimetre would be wrong on one of them (rule S06)."""
    scales = {
        _key(piece): tuple(tuple(numbers(value_at(piece.facts, word, piece.frame_index)) or ()) for word in SCALES) for piece in slices
    }
    named: dict[_Scale, str] = {}
    different: list[_Scale] = []
    for scale in sorted(set(scales.values())):
        alike = next((other for other in different[:MOST_SCALES_COMPARED] if _is_same_scale(scale, other)), None)
        if alike is None:
            different.append(scale)
        sizes = ", ".join(" × ".join(f"{value:.4g}" for value in one) for one in scale if one)
        named[scale] = named[alike] if alike is not None else f"pixels {sizes} mm" if sizes else ""
    for piece in slices:
        piece.split["pixels"] = named[scales[_key(piece)]]


def _is_same_scale(left: _Scale, right: _Scale) -> bool:
    return all(
        len(a) == len(b) and all(abs(x - y) <= SAME_SCALE * max(abs(x), abs(y)) for x, y in zip(a, b, strict=True))
        for a, b in zip(left, right, strict=True)
    )


def _drafts_in_space(slices: list[_Slice]) -> Iterable[_Draft]:
    clusters: list[tuple[Plane, list[_Slice]]] = []
    for piece in slices:
        assert piece.plane is not None
        for plane, members in clusters:
            if plane.is_parallel_to(piece.plane):
                members.append(piece)
                break
        else:
            clusters.append((piece.plane, [piece]))
    if len(clusters) > 3 and all(len(members) == 1 for _, members in clusters):
        note = "each image has its own orientation: sorted by Instance Number"
        yield _Draft(slices[0].split, sorted(slices, key=lambda piece: piece.numbered), "number", [note])
        return
    for plane, members in clusters:
        for draft in _passes(members):
            direction = tuple(round(value, 2) + 0.0 for value in (*plane.row, *plane.column))
            yield replace(draft, split={**draft.split, "plane": plane.name, "direction": direction})


def _passes(slices: list[_Slice]) -> list[_Draft]:
    """Split slices of one orientation whose positions repeat into passes, or keep them together and say what is doubled."""
    split = slices[0].split
    positions = _positions(slices)
    counts = Counter(positions[_key(piece)] for piece in slices)
    most = max(counts.values())
    if len(counts) == 1 and most > 1:
        by, ranked = _ranked(slices)
        return [_Draft(split, ranked, "time", [f"{most} images at one position, in order of {by}"])]
    if most == 1:
        return [_in_space(split, slices)]
    for keyword, name in PASS_ATTRIBUTES.items():
        groups = _by_value(slices, keyword)
        if groups is not None and len(groups) == most and all(_is_single(group, positions) for group in groups.values()):
            return [
                _in_space({**split, "pass": f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"}, group)
                for value, group in sorted(groups.items())
            ]
    if set(counts.values()) == {most}:
        by, columns = _columns(slices, positions)
        note = f"{most} passes over the same positions, told apart by {by}"
        return [_in_space({**split, "pass": f"pass {k + 1} of {most}"}, group, [note]) for k, group in enumerate(columns)]
    doubled = sum(1 for count in counts.values() if count > 1)
    return [_in_space(split, slices, [f"{doubled} position{'s' if doubled > 1 else ''} doubled"])]


def _columns(slices: list[_Slice], positions: dict[tuple[int, int], int]) -> tuple[str, list[list[_Slice]]]:
    """Rank the slices at each position by the first attribute that tells them apart everywhere; column k is pass k."""
    stacks: dict[int, list[_Slice]] = defaultdict(list)
    for piece in slices:
        stacks[positions[_key(piece)]].append(piece)
    names = set()
    ranked = []
    for members in stacks.values():
        by, ordered = _ranked(members)
        names.add(by)
        ranked.append(ordered)
    if len(names) > 1:  # one attribute must tell all positions apart, or none does
        names, ranked = {"Instance Number"}, [sorted(members, key=lambda piece: piece.numbered) for members in stacks.values()]
    return names.pop(), [[ordered[k] for ordered in ranked] for k in range(len(ranked[0]))]


def _ranked(slices: list[_Slice]) -> tuple[str, list[_Slice]]:
    """Order slices at one position by the first attribute whose values all differ, else by Instance Number."""
    for keyword, name in PASS_ATTRIBUTES.items():
        groups = _by_value(slices, keyword)
        if groups is not None and len(groups) == len(slices):
            return name, [group[0] for _, group in sorted(groups.items())]
    return "Instance Number", sorted(slices, key=lambda piece: piece.numbered)


def _by_value(slices: list[_Slice], keyword: str) -> dict[Any, list[_Slice]] | None:
    """Group by an attribute's value, numbers as numbers; None when some slice lacks it or they mix kinds."""
    groups: dict[Any, list[_Slice]] = defaultdict(list)
    for piece in slices:
        stated = value_at(piece.facts, keyword, piece.frame_index)
        value = text(stated) if keyword.endswith("Time") and keyword != "TriggerTime" else number(stated)
        if value is None or value == "":
            return None
        groups[value].append(piece)
    return groups


def _in_space(split: dict[str, Hashable], slices: list[_Slice], notes: Iterable[str] = ()) -> _Draft:
    """Sort along the normal: axial from the head down, coronal from the front, sagittal from the patient's right."""
    plane = slices[0].plane
    assert plane is not None
    axis = max(range(3), key=lambda a: abs(plane.normal[a]))
    ordered = sorted(slices, key=lambda piece: ((-piece.along if axis == 2 else piece.along), piece.numbered))
    said = [*notes, *spacing_notes([piece.along for piece in ordered])]
    tilt = number(slices[0].facts.get("GantryDetectorTilt"))
    if tilt and len(slices) > 1 and _is_sheared(ordered, plane):
        said.append(f"gantry tilt {abs(tilt):g}°: slices are offset against each other")
    return _Draft(split, ordered, "space", said)


def spacing_notes(positions_mm: Sequence[float]) -> list[str]:
    """Say what is uneven about sorted positions along the normal: gaps by where they are, or the range of the spacing."""
    places = [positions_mm[0]] if positions_mm else []
    numbers_at = [1]
    for index, position in enumerate(positions_mm[1:], start=2):
        if abs(position - places[-1]) > POSITION_TOLERANCE_MM:
            places.append(position)
            numbers_at.append(index)
    steps = [abs(b - a) for a, b in pairwise(places)]
    if len(steps) < 2:
        return []
    usual = median(steps)
    tolerance = max(0.02, SPACING_TOLERANCE * usual)
    odd = [(index, step) for index, step in enumerate(steps) if abs(step - usual) > tolerance]
    if not odd:
        return []
    multiples = [round(step / usual) for _, step in odd]
    is_gap = all(m >= 2 and abs(step - m * usual) <= tolerance * m for (_, step), m in zip(odd, multiples, strict=True))
    if is_gap and len(odd) <= max(1, len(steps) // 10):
        return [
            f"gap of {step:.1f} mm after image {numbers_at[index + 1] - 1}: {m - 1} slice{'s' if m > 2 else ''} of {usual:.1f} mm missing"
            for (index, step), m in zip(odd, multiples, strict=True)
        ]
    return [f"uneven spacing {min(steps):.1f}–{max(steps):.1f} mm"]


def _is_sheared(ordered: list[_Slice], plane: Plane) -> bool:
    first, last = ordered[0].position, ordered[-1].position
    if first is None or last is None:
        return False
    moved = (last[0] - first[0], last[1] - first[1], last[2] - first[2])
    return max(abs(dot(moved, plane.row)), abs(dot(moved, plane.column))) > 1.0


def _finished(drafts: list[_Draft]) -> list[Stack]:
    """Give each draft its id, the words that tell it from its sisters, and its frames with their positions."""
    keys = {key for draft in drafts for key in draft.split} - {"frame of reference", "colour", "direction"}
    varying = {key for key in keys if len({str(draft.split.get(key)) for draft in drafts}) > 1}
    stacks, taken = [], set()
    for draft in drafts:
        basis = repr((sorted((key, str(value)) for key, value in draft.split.items()), draft.order))
        stack_id = hashlib.sha256(basis.encode()).hexdigest()[:12]
        while stack_id in taken:
            stack_id = hashlib.sha256(stack_id.encode()).hexdigest()[:12]
        taken.add(stack_id)
        first = draft.slices[0]
        placed = draft.order != "number" and not is_mosaic(first.facts, first.frame_index)
        frames = tuple(StackFrame(p.image, p.frame_index, p.along if placed else None) for p in draft.slices)
        words = tuple(word for key, value in draft.split.items() if key in varying and (word := _word(key, value)))
        stacks.append(Stack(stack_id, frames, draft.order, words, tuple(draft.notes)))
    return stacks


def _word(key: str, value: Hashable) -> str:
    if value is None or value == "":
        return ""
    if key == "echo":
        return f"TE {value:g} ms"
    if key == "b":
        return f"b {value:g}"
    return f"stack {value}" if key == "stack" else str(value)


def _positions(slices: list[_Slice]) -> dict[tuple[int, int], int]:
    """Number the distinct positions along the normal; return slice -> its position's number."""
    found: dict[tuple[int, int], int] = {}
    place, last = -1, float("-inf")
    for piece in sorted(slices, key=lambda piece: piece.along):
        if piece.along - last > POSITION_TOLERANCE_MM:
            place, last = place + 1, piece.along
        found[_key(piece)] = place
    return found


def _is_single(slices: list[_Slice], positions: dict[tuple[int, int], int]) -> bool:
    return len({positions[_key(piece)] for piece in slices}) == len(slices)


def _key(piece: _Slice) -> tuple[int, int]:
    return (piece.image, piece.frame_index)


def _grouped(slices: list[_Slice], key: Callable[[_Slice], Hashable]) -> list[list[_Slice]]:
    groups: dict[Hashable, list[_Slice]] = defaultdict(list)
    for piece in slices:
        groups[key(piece)].append(piece)
    return list(groups.values())
