"""Documents are held true: settings, dependencies and the paths that ARCHITECTURE.md names."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def table_names(document: str) -> set[str]:
    """Return the first cells of all table rows of a document, without backquotes."""
    rows = re.findall(r"^\| `?([@\w./\[\]-]+)`? \|", (ROOT / document).read_text(), flags=re.MULTILINE)
    return set(rows) - {"variable", "package", "---"}


def test_every_environment_variable_has_a_row_in_settings_md() -> None:
    sources = [*ROOT.glob("config/*.py"), *ROOT.glob("*/services/*.py"), *ROOT.glob("*/management/commands/*.py")]
    read = re.compile(r"env\.(?:text|flag|integer|words|path|url|secret)\(\s*\"([A-Z_]+)\"")
    used = {name for source in sources for name in read.findall(source.read_text())} | {"VIEWBOX_DEMO"}
    assert used == table_names("docs/settings.md")


def requirement_names(file: str) -> set[str]:
    lines = (ROOT / file).read_text().splitlines()
    return {re.split(r"[=\[<>]", line)[0] for line in lines if line and not line.startswith(("#", "-"))}


def test_every_dependency_has_a_row_with_licence_and_reason() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    front_end = set(package.get("dependencies", {})) | set(package.get("devDependencies", {}))
    used = requirement_names("requirements.txt") | requirement_names("requirements-dev.txt") | front_end
    assert used == table_names("docs/dependencies.md")


def test_every_requirement_is_pinned() -> None:
    for file in ("requirements.txt", "requirements-dev.txt"):
        lines = [line for line in (ROOT / file).read_text().splitlines() if line and not line.startswith(("#", "-"))]
        assert lines
        assert all("==" in line for line in lines), file


def test_paths_named_in_the_architecture_exist() -> None:
    named = set(
        re.findall(
            r"`((?:config|viewer|archive|governance|static|demo|bench|tests|docs|scripts)/[\w./-]*)`",
            (ROOT / "ARCHITECTURE.md").read_text(),
        )
    )
    assert len(named) > 20
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_links_between_documents_lead_somewhere() -> None:
    broken = []
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text()):
            if not (document.parent / target).exists():
                broken.append(f"{document.name}: {target}")
    assert broken == []
