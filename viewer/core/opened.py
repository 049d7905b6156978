"""The document that tells a viewport what it shows: identity, geometry, windows, spacing, clock, fidelity and every caveat in words.

Its shape is written down in docs/stream.md under `opened`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from viewer.core.frame_facts import Facts, ImageRecord, number, numbers, text, value_at
from viewer.core.geometry import Plane, edges_of_frame, placement_of_frame
from viewer.core.local_levels import offers_values
from viewer.core.opened_chain import chain_of
from viewer.core.slide import LevelGrid
from viewer.core.spacing import mpp_um_of, pixel_aspect_of, regions_of, spacing_of
from viewer.core.tray import TrayItem

COLOUR = frozenset({"RGB", "PALETTE COLOR", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT"})
# Transfer syntaxes that cannot be lossless, whatever the object says: JPEG Baseline and Extended, JPEG-LS Near-lossless.
ALWAYS_LOSSY = {
    "1.2.840.10008.1.2.4.50": "JPEG Baseline",
    "1.2.840.10008.1.2.4.51": "JPEG Extended",
    "1.2.840.10008.1.2.4.81": "JPEG-LS Near-lossless",
}


def instance_digest(sop_instance_uid: str) -> str:
    """Return the digest of a SOP Instance UID that picture headers carry, as 32 hexadecimal digits (rule S01)."""
    return hashlib.sha256(sop_instance_uid.encode("ascii", "replace")).hexdigest()[:32]


def opened_document(
    *,
    series: Mapping[str, Any],
    patient: Mapping[str, Any],
    study: Mapping[str, Any],
    shown: Mapping[str, Any],
) -> dict[str, Any]:
    """Join who and what, as the index knows it now, with what is shown (`shown_of`) into the `opened` document."""
    document = {**series, "patient": dict(patient), "study": {**study, "institution": shown["institution"]}, **shown}
    del document["institution"]
    return document


def shown_of(
    *, modality: str, item: TrayItem, images: Sequence[ImageRecord], levels: Sequence[LevelGrid] = (), notes: Sequence[str] = ()
) -> dict[str, Any]:
    """Say what one tray item shows: all of the `opened` document that follows from the images themselves.

    images: all of the series, as item.images and levels index them. levels: of a slide, the largest first.
    notes: what the caller has to say beyond the item's own notes.
    """
    used = [level.image for level in levels] or list(item.images)
    first = images[item.frames[0].image if item.frames else used[0]]
    facts = first.facts
    first_frame = item.frames[0].frame_index if item.frames else 0
    spacing = spacing_of(facts, modality, first_frame)
    place = {image: position for position, image in enumerate(used)}
    plane = common_plane([(images[f.image].facts, f.frame_index) for f in item.frames])
    frames = [_frame(images[f.image].facts, place[f.image], f.frame_index, f.position_mm, plane) for f in item.frames]
    is_known = bool(frames) and all(frame["edges"] for frame in frames)
    intent = text(facts.get("PresentationIntentType")).upper()
    return {
        "stack": item.stack_id,
        "kind": item.kind,
        "institution": text(facts.get("InstitutionName")),
        "instances": [_instance(images[index]) for index in used],
        "frames": frames,
        "columns": levels[0].columns if levels else first.columns,
        "rows": levels[0].rows if levels else first.rows,
        "colour": text(facts.get("PhotometricInterpretation")).upper() in COLOUR,
        "photometric": text(facts.get("PhotometricInterpretation")),
        "windows": windows_of(facts, first_frame),
        "window_unit": window_unit_of(facts, modality, first_frame),
        "chain": chain_of(facts),
        "values": not levels and offers_values(facts, rows=first.rows, columns=first.columns),
        "spacing": _spacing_of_slide(facts) if levels else spacing.as_json(),
        "pixel_aspect": 1.0 if levels else pixel_aspect_of(facts, spacing),
        "regions": regions_of(facts, rows=first.rows, columns=first.columns),
        "cine": item.cine.as_json() if item.cine else None,
        "lossy": lossy_of([images[index] for index in used]),
        "orientation": "known" if is_known else "unknown",
        "frame_of_reference": text(facts.get("FrameOfReferenceUID")) or None,
        "orientation_vectors": _vectors(plane) if plane else None,
        "laterality": text(facts.get("ImageLaterality") or facts.get("FrameLaterality") or facts.get("Laterality")),
        "view_position": text(facts.get("ViewPosition")),
        "notes": [*item.notes, *notes],
        "intent": intent if intent == "FOR PROCESSING" else "",
        "slide": slide_of(facts, levels) if levels else None,
    }


def common_plane(frames: Sequence[tuple[Facts, int]]) -> Plane | None:
    """Return the plane that all these frames lie parallel to, exactly as stated; None where one differs or states none.

    frames: facts and frame index of each.
    """
    placements = [placement_of_frame(facts, frame_index) for facts, frame_index in frames]
    planes = {placement[0] if placement else None for placement in placements}
    return planes.pop() if len(planes) == 1 else None


def windows_of(facts: Facts, frame_index: int) -> list[dict[str, Any]]:
    """Return the windows an image states (PS3.3 C.11.2.1.2), those that are windows: width above 0."""
    centers = numbers(value_at(facts, "WindowCenter", frame_index)) or []
    widths = numbers(value_at(facts, "WindowWidth", frame_index)) or []
    stated = facts.get("WindowCenterWidthExplanation")
    words = [text(one) for one in stated] if isinstance(stated, list) else [text(stated)]
    words += [""] * len(centers)
    return [{"center": c, "width": w, "explanation": e} for c, w, e in zip(centers, widths, words, strict=False) if w > 0]


def window_unit_of(facts: Facts, modality: str, frame_index: int) -> str:
    """Return "HU" where rescaled values are Hounsfield units: a CT with a rescale that names no other type (PS3.3 C.11.1.1.2)."""
    has_rescale = number(value_at(facts, "RescaleSlope", frame_index)) is not None
    rescale_type = text(facts.get("RescaleType")).upper()
    return "HU" if has_rescale and (rescale_type == "HU" or (modality == "CT" and not rescale_type)) else ""


def lossy_of(images: Sequence[ImageRecord]) -> dict[str, Any]:
    """Say whether any of the images was ever lossily compressed (PS3.3 C.7.6.1.1.5), with the last ratio and method stated."""
    for image in images:
        facts = image.facts
        forced = ALWAYS_LOSSY.get(image.transfer_syntax_uid)
        if text(facts.get("LossyImageCompression")) == "01" or forced:
            ratios = numbers(facts.get("LossyImageCompressionRatio")) or []
            method = text(facts.get("LossyImageCompressionMethod")).split("\\")[-1]
            return {"is_lossy": True, "ratio": ratios[-1] if ratios else None, "method": method or forced}
    return {"is_lossy": False, "ratio": None, "method": None}


def slide_of(facts: Facts, levels: Sequence[LevelGrid]) -> dict[str, Any]:
    """Return the levels of a slide, the largest first; instance is an index into the document's instances."""
    described = [
        {
            "columns": level.columns,
            "rows": level.rows,
            "tile_columns": level.tile_columns,
            "tile_rows": level.tile_rows,
            "tiles_across": level.tiles_across,
            "tiles_down": level.tiles_down,
            "downsample": levels[0].columns / level.columns,
            "instance": index,
        }
        for index, level in enumerate(levels)
    ]
    mpp = mpp_um_of(facts)
    return {"levels": described, "mpp_um": list(mpp) if mpp else None, "objective_power": number(facts.get("ObjectiveLensPower"))}


def _spacing_of_slide(facts: Facts) -> dict[str, Any]:
    mpp = mpp_um_of(facts)
    if mpp is None:
        return {"row_mm": None, "column_mm": None, "kind": "none", "label": "no µm per pixel stated: lengths in pixels only"}
    return {"row_mm": mpp[1] / 1000, "column_mm": mpp[0] / 1000, "kind": "calibrated", "label": f"{mpp[0]:.3g} × {mpp[1]:.3g} µm per pixel"}


def _instance(image: ImageRecord) -> dict[str, Any]:
    uid = image.sop_instance_uid
    return {"sop_instance_uid": uid, "digest": instance_digest(uid), "instance_number": image.instance_number}


def _vectors(plane: Plane) -> dict[str, Any]:
    """The direction cosines of rows and columns; a sixth decimal is half a micrometre across half a metre."""
    return {"row": [round(value, 6) for value in plane.row], "column": [round(value, 6) for value in plane.column]}


def _plane(facts: Facts, frame_index: int, common: Plane | None) -> dict[str, Any] | None:
    """Where a frame lies in the patient; its vectors only where the document doesn't say them once for all."""
    placement = placement_of_frame(facts, frame_index)
    if placement is None:
        return None
    plane, origin = placement
    return {"origin": [round(value, 4) for value in origin], **({} if plane == common else _vectors(plane))}


def _frame(facts: Facts, instance: int, frame_index: int, position_mm: float | None, common: Plane | None) -> dict[str, Any]:
    edges = edges_of_frame(facts, frame_index)
    return {
        "instance": instance,
        "frame_number": frame_index + 1,
        "position_mm": None if position_mm is None else round(position_mm, 4),
        "thickness_mm": number(value_at(facts, "SliceThickness", frame_index)),
        "edges": edges.as_json() if edges else None,
        "plane": _plane(facts, frame_index, common),
    }
