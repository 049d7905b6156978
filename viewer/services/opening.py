"""Opening something from the tray: which frames, in which order, and the document that says what they are."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from archive.services.retrieve import StoredImage, images_of_series
from archive.services.study_list import ListedSeries, ListedStudy, listed_series, listed_study
from governance.core.faults import Malformed, NotFound, Unsupported
from governance.core.policy import Subject
from governance.services.audit import study_opened
from viewer.core.opened import opened_document, shown_of
from viewer.core.person_name import name_words
from viewer.core.slide import LevelGrid, levels_of
from viewer.core.tray import Kind, TrayItem, items_of_series
from viewer.services.presentation_states import StateInUse, states_of_study

MAX_NAME_LENGTH = 64
MAX_FRAMES_REMEMBERED = 4000  # some 10 kB each, with their facts


@dataclass(frozen=True, slots=True)
class SlideLevel:
    """One level of an opened slide; level 0 is full resolution. Tiles are named by column and row, from 0."""

    image: StoredImage
    grid: LevelGrid = field(repr=False)

    @property
    def columns(self) -> int:
        return self.grid.columns

    @property
    def rows(self) -> int:
        return self.grid.rows

    @property
    def tile_columns(self) -> int:
        return self.grid.tile_columns

    @property
    def tile_rows(self) -> int:
        return self.grid.tile_rows

    @property
    def tiles_across(self) -> int:
        return self.grid.tiles_across

    @property
    def tiles_down(self) -> int:
        return self.grid.tiles_down

    def frame_index_of(self, column: int, row: int) -> int | None:
        """Return the frame that holds a tile, or None: outside the level, or never stored."""
        return self.grid.frame_index_of(column, row)


@dataclass(frozen=True, slots=True)
class OpenedTarget:
    """What a viewport shows. frames: (image, frame index) in the order they are shown; of a slide, none, but its levels.

    states: the presentation states of its study by SOP Instance UID; a view may name these and no others.
    """

    kind: Kind
    frames: tuple[tuple[StoredImage, int], ...] = field(repr=False)
    document: dict[str, Any] = field(repr=False)
    levels: tuple[SlideLevel, ...] = field(default=(), repr=False)
    states: Mapping[str, StateInUse] = field(default_factory=dict, repr=False)


def open_target(*, actor: Subject, target: Mapping[str, Any]) -> OpenedTarget:
    """Open an item of a series: target is {"series_instance_uid", "stack"?}; without "stack", the series' main item.

    The opening is audited, committed, before this returns. Who it is about is read anew each time; what is shown follows from
    images that never change and is remembered.
    Raises: Malformed; NotFound, also for what this actor may not see; Unsupported for an object that can't be drawn.
    """
    series_instance_uid, stack_id = _checked(target)
    series = next(iter(listed_series(actor=actor, series_instance_uid=series_instance_uid)), None)
    study = _study_of(actor, series) if series else None
    if series is None or study is None:
        raise NotFound("series")
    study_opened(actor=actor, study_instance_uid=study.study_instance_uid)
    key = (series_instance_uid, series.newest_at, series.number_of_images, stack_id)
    shown = _remembered.get(key) or _remembered.put(key, _show(actor, series, stack_id))
    document = opened_document(series=series_json(series), patient=patient_json(study), study=study_json(study), shown=shown.document)
    return replace(shown, document=document, states=_states(actor, study))


def _states(actor: Subject, study: ListedStudy) -> dict[str, StateInUse]:
    """Return the study's presentation states, read anew each time: more may have come."""
    return states_of_study(actor=actor, study_instance_uid=study.study_instance_uid) if "PR" in study.modalities else {}


def _study_of(actor: Subject, series: ListedSeries) -> ListedStudy | None:
    return listed_study(actor=actor, study_instance_uid=series.study_instance_uid, has_thumbnail=False)


def _show(actor: Subject, series: ListedSeries, stack_id: str | None) -> OpenedTarget:
    """Read a series and say what is shown of it; the document still lacks who it is about."""
    images = images_of_series(actor=actor, series_instance_uid=series.series_instance_uid)
    item = _chosen(items_of_series(series.modality, images), stack_id)
    grids, notes = levels_of(images, item.images) if item.kind == "slide" else ([], [])
    document = shown_of(modality=series.modality, item=item, images=images, levels=grids, notes=notes)
    frames = tuple((images[frame.image], frame.frame_index) for frame in item.frames)
    return OpenedTarget(item.kind, frames, document, tuple(SlideLevel(images[grid.image], grid) for grid in grids))


class _Remembered:
    """What was shown last, by series and stack, and by what the series held then; as many as MAX_FRAMES_REMEMBERED allows."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shown: OrderedDict[tuple[Any, ...], OpenedTarget] = OrderedDict()

    def get(self, key: tuple[Any, ...]) -> OpenedTarget | None:
        with self._lock:
            found = self._shown.get(key)
            if found is not None:
                self._shown.move_to_end(key)
            return found

    def put(self, key: tuple[Any, ...], shown: OpenedTarget) -> OpenedTarget:
        with self._lock:
            self._shown[key] = shown
            while len(self._shown) > 1 and sum(map(_weight, self._shown.values())) > MAX_FRAMES_REMEMBERED:
                self._shown.popitem(last=False)
        return shown


def _weight(shown: OpenedTarget) -> int:
    return len(shown.frames) + sum(1 + len(level.grid.positions or ()) // 50 for level in shown.levels)


_remembered = _Remembered()


def patient_json(study: ListedStudy) -> dict[str, Any]:
    """Return whom a study belongs to, as every page and viewport names it."""
    return {
        "name": name_words(study.patient_name),
        "patient_id": study.patient_id,
        "issuer": study.issuer,
        "birth_date": study.birth_date,
        "sex": study.sex,
        "identity_conflict": study.identity_conflict,
    }


def study_json(study: ListedStudy) -> dict[str, Any]:
    """Return the study's part of an opened document."""
    return {
        "date": study.study_date,
        "time": study.study_time,
        "description": study.description,
        "accession_number": study.accession_number,
        "department": study.department,
    }


def series_json(series: ListedSeries) -> dict[str, Any]:
    """Return the series' part of an opened document."""
    return {
        "study_instance_uid": series.study_instance_uid,
        "series_instance_uid": series.series_instance_uid,
        "modality": series.modality,
        "series_description": series.description,
        "series_number": series.series_number,
    }


def _checked(target: Mapping[str, Any]) -> tuple[str, str | None]:
    series_instance_uid, stack_id = target.get("series_instance_uid"), target.get("stack")
    if not isinstance(series_instance_uid, str) or not 0 < len(series_instance_uid) <= MAX_NAME_LENGTH:
        raise Malformed("target without series_instance_uid")
    if stack_id is not None and (not isinstance(stack_id, str) or len(stack_id) > MAX_NAME_LENGTH):
        raise Malformed("stack of a target must be text")
    return series_instance_uid, stack_id or None


def _chosen(items: list[TrayItem], stack_id: str | None) -> TrayItem:
    """Return the item that is named, else the series' main one: its slide, or what has the most frames."""
    if stack_id is not None:
        item = next((item for item in items if item.stack_id == stack_id), None)
        if item is None:
            raise NotFound("stack")
    else:
        drawable = [item for item in items if item.kind != "object"]
        pool = drawable or items
        if not pool:
            raise NotFound("series without images")
        item = max(pool, key=lambda one: (one.kind == "slide", len(one.frames)))
    if item.object is not None:
        raise Unsupported(item.object.name)
    return item
