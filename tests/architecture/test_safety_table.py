"""docs/safety_tests.md is true: each test it names exists, each rule has its tests. And rule S18, which is about what isn't here."""

import re
from pathlib import Path
from typing import get_args

import pytest

from governance.core.faults import Malformed
from viewer.core.measurement import Kind, parse_measurement

ROOT = Path(__file__).resolve().parents[2]
TABLE = (ROOT / "docs" / "safety_tests.md").read_text()
RULES = [*(f"S{number:02}" for number in range(1, 11)), "S18"]
NAMED = re.compile(r"`(test_\w+)(?:\[([^`]+)\])?`")
CLAIMS = re.compile(r"ejection.?fraction|\bLVEF\b|\bstrain\b|\bQTc\b", re.IGNORECASE)


def sources_of_tests() -> dict[str, str]:
    """Return the text of every file of tests by its path."""
    files = [*ROOT.glob("tests/**/*.py"), *ROOT.glob("static/src/**/*.test.ts")]
    return {str(path.relative_to(ROOT)): path.read_text() for path in files if path.name != "test_safety_table.py"}


def where_defined(name: str, sources: dict[str, str]) -> list[str]:
    pattern = re.compile(rf"def {name}\(|[\"'`]{name}\b")
    return [text for text in sources.values() if pattern.search(text)]


def test_each_named_test_exists_with_its_case() -> None:
    sources = sources_of_tests() | {"here": Path(__file__).read_text()}
    named = NAMED.findall(TABLE)
    assert len(named) > 150
    missing = [
        name + (f"[{case}]" if case else "") for name, case in named if not any(case in text for text in where_defined(name, sources))
    ]
    assert missing == []


def test_each_rule_has_its_tests() -> None:
    rows = re.findall(r"^\| (S\d\d) \| [^|]+ \| ([^|]+) \|$", TABLE, flags=re.MULTILINE)
    for rule in RULES:
        tests = [name for row, names in rows if row == rule for name, _ in NAMED.findall(names)]
        assert any(name.startswith(f"test_{rule}_") for name in tests), rule


def test_S18_no_source_computes_what_nobody_stands_for() -> None:
    """No ejection fraction, strain or QTc: not computed, not named. Once an SR's own is shown, it gets its exception here."""
    sources = [*(path for app in ("viewer", "archive") for path in ROOT.glob(f"{app}/**/*.py")), *ROOT.glob("static/src/**/*.ts")]
    assert len(sources) > 150
    claiming = [str(path.relative_to(ROOT)) for path in sources if CLAIMS.search(path.read_text())]
    assert claiming == []


def test_S18_what_the_server_measures_is_this_and_no_more() -> None:
    assert set(get_args(Kind)) == {"length", "rectangle", "ellipse"}
    for shape in ("ejection fraction", "strain", "qtc", "volume"):
        with pytest.raises(Malformed):
            parse_measurement({"sop_instance_uid": "1.2", "frame": 1, "shape": shape, "points": [[0, 0], [1, 1]]})
