"""What must not be in the repository: medical files, built files, machine paths, registry addresses, oversized modules."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST_MODULE = 450  # STYLE: aim for 250, look for the seam past 400; this is where looking ends
MEDICAL = (".dcm", ".svs", ".ndpi", ".mrxs", ".nii", ".hl7")


def tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listing.split("\0") if name and (ROOT / name).is_file()]


def test_no_medical_or_large_files() -> None:
    assert [path.name for path in tracked() if path.suffix in MEDICAL or path.stat().st_size > 500_000] == []


def test_modules_stay_readable() -> None:
    modules = [path for path in tracked() if path.suffix in {".py", ".ts"} and "migrations" not in path.parts]
    long = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules}
    assert {name: lines for name, lines in long.items() if lines > LONGEST_MODULE} == {}


def test_no_machine_paths_and_no_registry_addresses() -> None:
    machine = re.compile(r"(?<![\w./-])/(?:work|root|home)/|registry\.npmjs|pypi\.org|files\.pythonhosted|deb\.debian\.org")
    found = []
    for path in tracked():
        if path == Path(__file__).resolve() or path.suffix in {".png", ".ico", ".woff2"}:
            continue
        if machine.search(path.read_text(errors="ignore")):
            found.append(str(path.relative_to(ROOT)))
    assert found == []


def test_core_imports_no_framework() -> None:
    """lint-imports proves the same with transitive imports; this one fails in milliseconds and names the line."""
    forbidden = re.compile(r"^\s*(?:from|import) (?:django|rest_framework|channels|redis|pynetdicom)\b", re.MULTILINE)
    offenders = [
        str(path)
        for app in ("governance", "archive", "viewer")
        for path in (ROOT / app / "core").rglob("*.py")
        if forbidden.search(path.read_text())
    ]
    assert offenders == []
