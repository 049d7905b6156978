"""What an image offers the display chain beyond windows, for lists and pages.

The chain itself reads the header (archive.core.description).
"""

from pydicom.dataset import Dataset

from archive.core.colour_profile import profile_name
from archive.core.dataset import BAD_VALUE, items, text

_OVERLAY_LABEL, _OVERLAY_DESCRIPTION, _OVERLAY_ROWS = 0x1500, 0x0022, 0x0010
_MAX_LABELS = 16


def chain_facts(dataset: Dataset) -> dict[str, list[str] | str]:
    """Return, of what is there: OverlayLabels, VOILUTExplanations and MaskOperations (lists; "" where one says nothing),
    ShutterShapes (a list), RecommendedViewingMode, and ICCProfileName: what the profile calls itself, "ICC" when it does not.
    """
    shared = items(dataset, "SharedFunctionalGroupsSequence")[:1]
    shutters = [dataset, *(item for group in shared for item in items(group, "FrameDisplayShutterSequence")[:1])]
    facts: dict[str, list[str] | str] = {
        "OverlayLabels": _overlay_labels(dataset),
        "VOILUTExplanations": [text(item, "LUTExplanation", 64) for item in items(dataset, "VOILUTSequence")[:_MAX_LABELS]],
        "MaskOperations": [text(item, "MaskOperation", 16).upper() for item in items(dataset, "MaskSubtractionSequence")[:_MAX_LABELS]],
        "ShutterShapes": [shape for holder in shutters for shape in text(holder, "ShutterShape", 64).split("\\") if shape],
        "RecommendedViewingMode": text(dataset, "RecommendedViewingMode", 16).upper(),
        "ICCProfileName": _profile_name(dataset),
    }
    return {keyword: value for keyword, value in facts.items() if value}


def _overlay_labels(dataset: Dataset) -> list[str]:
    labels = []
    for group in range(0x6000, 0x6020, 2):
        if (group, _OVERLAY_ROWS) in dataset:
            labels.append(_overlay_text(dataset, group, _OVERLAY_LABEL) or _overlay_text(dataset, group, _OVERLAY_DESCRIPTION))
    return labels


def _overlay_text(dataset: Dataset, group: int, element: int) -> str:
    try:
        value = dataset[group, element].value
    except BAD_VALUE:  # also KeyError: it is not there
        return ""
    return value.replace("\0", "").strip()[:64] if isinstance(value, str) else ""


def _profile_name(dataset: Dataset) -> str:
    for holder in (dataset, *items(dataset, "OpticalPathSequence")):
        try:
            data = holder.get("ICCProfile")
        except BAD_VALUE:
            continue
        if isinstance(data, bytes) and data:
            return profile_name(data) or "ICC"
    return ""
