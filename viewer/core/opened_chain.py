"""What of the display chain can be switched in a viewport: the `chain` part of the `opened` document (docs/stream.md)."""

from typing import Any

from viewer.core.frame_facts import Facts, text


def chain_of(facts: Facts) -> dict[str, Any]:
    """Return what an image offers: its overlays by label, VOI LUTs by explanation, shutter, mask subtraction and colour profile.

    subtraction: "recommended" or "available"; None without a mask operation. Archives filed before there were such facts say nothing;
    the flags of a picture's header always do.
    """
    operations = [operation for operation in _words(facts, "MaskOperations") if operation not in ("", "NONE")]
    is_recommended = "SUB" in text(facts.get("RecommendedViewingMode"))
    return {
        "overlays": _words(facts, "OverlayLabels"),
        "voi_luts": _words(facts, "VOILUTExplanations"),
        "shutter": bool(_words(facts, "ShutterShapes")),
        "subtraction": ("recommended" if is_recommended else "available") if operations else None,
        "colour_profile": text(facts.get("ICCProfileName")) or None,
    }


def _words(facts: Facts, keyword: str) -> list[str]:
    value = facts.get(keyword)
    return [text(word) for word in value] if isinstance(value, list) else []
