"""What the pages show of studies: the list, and one study's tray with related studies."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from archive.core.query import check_date
from archive.services.retrieve import SeriesRecord, StoredImage, image, study_record
from archive.services.search import is_there
from archive.services.study_list import ListedStudy, ListFilter, list_studies, listed_study, related_studies
from governance.core.faults import Denied, Malformed, NotFound
from governance.core.policy import Action, Resource, Subject
from governance.services.access import require
from viewer.core.frame_facts import text
from viewer.core.interval import interval_words
from viewer.core.key_objects import KeyObjects
from viewer.core.presentation_document import listed_key_objects, listed_state, state_document
from viewer.core.presentation_state import PresentationState, is_presentation_state
from viewer.core.slide import levels_of
from viewer.core.tray import TrayItem, items_of_series
from viewer.services.opening import patient_json
from viewer.services.presentation_states import read_study, state_of

DEFAULT_LIMIT, MAX_LIMIT = 50, 200
MAX_SEARCH_LENGTH, MAX_SEARCH_WORDS = 200, 8


def list_page(*, actor: Subject, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Return one page of the study list as JSON: {"studies": […], "next": cursor or null}.

    parameters: search, modality, department, date_from, date_to (YYYYMMDD), limit, after (a cursor of the page before).
    Raises: Malformed.
    """
    _require_pages(actor)
    limit = _limit(parameters.get("limit", ""))
    cursor = parameters.get("after", "")
    studies, is_more = list_studies(actor=actor, narrowed_by=_filter(parameters), limit=limit, after=_place_of(cursor) if cursor else None)
    return {"studies": [_study(study) for study in studies], "next": _cursor(studies[-1]) if is_more and studies else None}


def study_page(*, actor: Subject, study_instance_uid: str) -> dict[str, Any]:
    """Return one study with its tray and the patient's other studies, as JSON. The opening is audited.

    Raises: NotFound, also for what this actor may not see.
    """
    _require_pages(actor)
    record = study_record(actor=actor, study_instance_uid=study_instance_uid)
    study = listed_study(actor=actor, study_instance_uid=study_instance_uid)
    if study is None:
        raise NotFound("study")
    images = [one for series in record.series for one in series.images]
    companions = read_study(actor=actor, study_instance_uid=study_instance_uid, images=images)
    items = [item for series in record.series for item in _items(series, *companions)]
    related = [
        {**_study(other), "interval": interval_words(other.study_date, study.study_date)}
        for other in related_studies(actor=actor, study_instance_uid=study_instance_uid)
    ]
    return {"study": _study(study), "items": items, "related": related}


def presentation_document(*, actor: Subject, sop_instance_uid: str) -> dict[str, Any]:
    """Return what a presentation state says of geometry and graphics, which pages apply; the opening of its study is audited.

    Raises: NotFound, also for what this actor may not see and for what is no presentation state; Malformed; TooLarge.
    """
    _require_pages(actor)
    stored = image(actor=actor, sop_instance_uid=sop_instance_uid)
    if not is_presentation_state(stored.sop_class_uid):
        raise NotFound("presentation state")
    return state_document(state_of(stored))


def check_study(*, actor: Subject, study_instance_uid: str) -> None:
    """Return when the study is there for this actor.

    Raises: NotFound; Unidentified.
    """
    _require_pages(actor)
    if not is_there(actor=actor, study_instance_uid=study_instance_uid):
        raise NotFound("study")


def _require_pages(actor: Subject) -> None:
    """Raises: Unidentified for nobody; NotFound for machines, which have no pages."""
    try:
        require(subject=actor, action=Action.USE_PAGES, resource=Resource())
    except Denied as exc:
        raise NotFound("pages") from exc


def _study(study: ListedStudy) -> dict[str, Any]:
    return {
        "study_instance_uid": study.study_instance_uid,
        "patient": patient_json(study),
        "study_date": study.study_date,
        "study_time": study.study_time,
        "accession_number": study.accession_number,
        "description": study.description,
        "modalities": list(study.modalities),
        "department": study.department,
        "number_of_series": study.number_of_series,
        "number_of_instances": study.number_of_instances,
        "thumbnail": _thumbnail(study.thumbnail_uid),
    }


def _items(series: SeriesRecord, states: Sequence[PresentationState], selections: Sequence[KeyObjects]) -> list[dict[str, Any]]:
    found = items_of_series(series.modality, series.images)
    return [_item(series, item, is_only=len(found) == 1) | _companions(series, item, states, selections) for item in found]


def _companions(
    series: SeriesRecord, item: TrayItem, states: Sequence[PresentationState], selections: Sequence[KeyObjects]
) -> dict[str, Any]:
    """Return the presentation states and key images of an item; slides, which have no frames, have none."""
    frames = [(series.images[frame.image].sop_instance_uid, frame.frame_index + 1) for frame in item.frames]
    presentations = [listed for state in states if (listed := listed_state(state, frames)) is not None]
    notes = [listed for selection in selections if (listed := listed_key_objects(selection, frames)) is not None]
    return {
        "presentations": presentations,
        "key_images": len({place for note in notes for place in note["frames"]}),
        "key_notes": notes,
    }


def _item(series: SeriesRecord, item: TrayItem, *, is_only: bool) -> dict[str, Any]:
    """Return one item of the tray as JSON."""
    images = series.images
    first = images[item.images[0]]
    uid = first.sop_instance_uid
    count = _count(item, images)
    described = {
        "name": item.object.name,
        "sop_class": first.sop_class_uid,
        "reason": item.object.reason,
        "download": f"/download/{uid}",
    } if item.object else None  # fmt: skip
    return {
        "key": f"{series.series_instance_uid}/{item.stack_id}",
        "kind": item.kind,
        "series_instance_uid": series.series_instance_uid,
        "stack": item.stack_id,
        "series_number": series.series_number,
        "modality": series.modality,
        "label": _label(series, item, first, is_only=is_only),
        "detail": _detail(item, count),
        "count": count,
        "thumbnail": None if item.object else _thumbnail(picture_of(item, images)),
        "object": described,
    }


def _label(series: SeriesRecord, item: TrayItem, first: StoredImage, *, is_only: bool) -> str:
    title = text(first.facts.get("DocumentTitle")) if item.object else ""
    view = " ".join(text(first.facts.get(keyword)) for keyword in ("ImageLaterality", "ViewPosition")).strip()
    name = title or series.series_description or (item.object.name if item.object else "")
    name = name or " ".join(part for part in (series.modality, series.body_part_examined.capitalize()) if part) or "Series"
    extra = [*item.words, *([view] if view and item.kind == "image" else [])]
    if item.kind in {"clip", "image"} and first.instance_number is not None and not extra and not is_only:
        extra = [f"#{first.instance_number}"]
    return " · ".join([name, *extra])


def _count(item: TrayItem, images: Sequence[StoredImage]) -> int:
    return len(levels_of(images, item.images)[0]) if item.kind == "slide" else len(item.frames) or 1


def _detail(item: TrayItem, count: int) -> str:
    if item.object:
        return item.object.name
    if item.kind == "slide":
        return f"{count} level{'s' if count > 1 else ''}"
    if item.cine:
        rate = f"{1000 / item.cine.frame_time_ms:.0f} frames/s"
        return f"{count} frames · {rate}{' assumed' if item.cine.is_assumed else ''}"
    return f"{count} image{'s' if count > 1 else ''}"


def picture_of(item: TrayItem, images: Sequence[StoredImage]) -> str:
    """Return whose thumbnail stands for an item: the middle of a stack; a slide's own thumbnail, else its smallest level."""
    if item.kind == "slide":
        thumbnails = [image for image in images if "THUMBNAIL" in text(image.facts.get("ImageType"))]
        levels, _ = levels_of(images, item.images)
        return thumbnails[0].sop_instance_uid if thumbnails else images[levels[-1].image].sop_instance_uid
    return images[item.frames[len(item.frames) // 2].image].sop_instance_uid


def _thumbnail(sop_instance_uid: str | None) -> str | None:
    return f"/thumbnails/{sop_instance_uid}" if sop_instance_uid else None


def _filter(parameters: Mapping[str, str]) -> ListFilter:
    search = parameters.get("search", "").strip()
    given = [search, parameters.get("modality", ""), parameters.get("department", "")]
    if any(len(value) > MAX_SEARCH_LENGTH or "\x00" in value for value in given) or len(search.split()) > MAX_SEARCH_WORDS:
        raise Malformed("too much to search for")
    dates = [check_date(value) if (value := parameters.get(name, "")) else "" for name in ("date_from", "date_to")]
    return ListFilter(search, given[1], given[2], dates[0], dates[1])


def _limit(stated: str) -> int:
    if not stated:
        return DEFAULT_LIMIT
    if not stated.isascii() or not stated.isdigit() or not 1 <= int(stated[:9]) <= MAX_LIMIT:
        raise Malformed(f"limit must be from 1 to {MAX_LIMIT}")
    return int(stated)


def _cursor(study: ListedStudy) -> str:
    """Return a place in the list as opaque text; it holds no patient data, a date, a time and a row number."""
    return base64.urlsafe_b64encode(orjson.dumps(study.place)).decode("ascii").rstrip("=")


def _place_of(cursor: str) -> tuple[str, str, int]:
    try:
        place = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as exc:
        raise Malformed("no cursor of the study list") from exc
    match place:
        case [str(date), str(time), int(key)] if len(date) <= 8 and len(time) <= 16 and "\x00" not in date + time and 0 <= key < 2**63:
            return date, time, key
    raise Malformed("no cursor of the study list")
