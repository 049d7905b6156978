"""A presentation state as pages read it: geometry and graphics, which they apply, and what there is to say (docs/stream.md section 11)."""

from collections.abc import Sequence
from typing import Any

from viewer.core.key_objects import KeyObjects
from viewer.core.presentation_graphics import Annotation, GraphicLayer, Shape, TextLabel
from viewer.core.presentation_state import DisplayedArea, PresentationState
from viewer.core.references import Reference

Frame = tuple[str, int]  # SOP Instance UID, frame number from 1


def state_head(state: PresentationState) -> dict[str, Any]:
    """Name a state: what lists and menus show of it."""
    return {
        "sop_instance_uid": state.sop_instance_uid,
        "label": state.label or state.description or f"{state.kind} presentation state",
        "description": state.description,
        "creator": state.creator,
        "created": state.created,
        "kind": state.kind,
        "is_applied": state.is_applied,
        "reason": "" if state.is_applied else next(iter(state.notes), "Viewbox doesn't apply it"),
    }


def listed_state(state: PresentationState, frames: Sequence[Frame]) -> dict[str, Any] | None:
    """Return a state as an item of the tray lists it, with how many of the item's frames it is about; None: of none.

    frames: of the item, in the order they are shown.
    """
    shown = frames_referred_to(state.references, frames)
    return {**state_head(state), "applies_to": {"frames": len(shown), "of": len(frames), "first": shown[0]}} if shown else None


def listed_key_objects(selection: KeyObjects, frames: Sequence[Frame]) -> dict[str, Any] | None:
    """Return a selection as an item of the tray lists it, with the places of its key images in the item, from 0; None without any."""
    shown = frames_referred_to(selection.references, frames)
    if not shown:
        return None
    return {
        "sop_instance_uid": selection.sop_instance_uid,
        "title": selection.title,
        "description": selection.description,
        "creator": selection.observer,
        "created": selection.created,
        "frames": shown,
    }


def frames_referred_to(references: Sequence[Reference], frames: Sequence[Frame]) -> list[int]:
    """Return the places, from 0, of the frames that any of the references includes."""
    by_instance: dict[str, set[int] | None] = {}
    for reference in references:
        known = by_instance.get(reference.sop_instance_uid, set())
        by_instance[reference.sop_instance_uid] = None if known is None or not reference.frames else known | set(reference.frames)
    return [place for place, (uid, number) in enumerate(frames) if uid in by_instance and _holds(by_instance[uid], number)]


def _holds(numbers: set[int] | None, number: int) -> bool:
    return numbers is None or number in numbers


def state_document(state: PresentationState) -> dict[str, Any]:
    """Return the whole document of a state. Of references, null is all that the state refers to."""
    return {
        **state_head(state),
        "study_instance_uid": state.study_instance_uid,
        "series_instance_uid": state.series_instance_uid,
        "applies_to": [{"series_instance_uid": one.series_instance_uid, **one.as_json()} for one in state.references],
        "geometry": {
            "rotation": state.rotation,
            "is_flipped": state.is_flipped,
            "areas": [_area(area) for area in state.areas],
        },
        "overlays": [{"group": f"{group:04X}", "layer": layer} for group, layer in state.activated],
        "layers": [_layer(layer) for layer in state.layers],
        "annotations": [_annotation(annotation) for annotation in state.annotations],
        "blending": [{"position": each.position, "images": [one.as_json() for one in each.references]} for each in state.blended],
        "notes": list(state.notes),
    }


def _references(references: Sequence[Reference]) -> list[dict[str, object]] | None:
    return [reference.as_json() for reference in references] or None


def _area(area: DisplayedArea) -> dict[str, Any]:
    return {
        "applies_to": _references(area.references),
        "top_left": list(area.top_left),
        "bottom_right": list(area.bottom_right),
        "mode": area.mode,
        "magnification": area.magnification,
        "spacing_mm": list(area.spacing_mm) if area.spacing_mm else None,
        "aspect": area.aspect,
    }


def _layer(layer: GraphicLayer) -> dict[str, Any]:
    colour = list(layer.colour) if layer.colour else None
    return {"name": layer.name, "order": layer.order, "description": layer.description, "colour": colour}


def _annotation(annotation: Annotation) -> dict[str, Any]:
    return {
        "layer": annotation.layer,
        "applies_to": _references(annotation.references),
        "shapes": [_shape(shape) for shape in annotation.shapes],
        "texts": [_text(label) for label in annotation.labels],
    }


def _shape(shape: Shape) -> dict[str, Any]:
    points = [list(point) for point in shape.points]
    return {"kind": shape.kind, "units": shape.units, "points": points, "is_filled": shape.is_filled}


def _text(label: TextLabel) -> dict[str, Any]:
    return {
        "text": label.text,
        "box": [list(corner) for corner in label.box] if label.box else None,
        "box_units": label.box_units,
        "justification": label.justification,
        "anchor": list(label.anchor) if label.anchor else None,
        "anchor_units": label.anchor_units,
        "is_anchor_visible": label.is_anchor_visible,
    }
