"""The vite template tag: what a built entry's page links, and clear words where there is no build."""

import json
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.template import Context, Template
from pytest_django import Settings

MANIFEST = {
    "entries/study.ts": {"file": "assets/study-1.js", "isEntry": True, "imports": ["_shared.js"], "css": ["assets/study-1.css"]},
    "_shared.js": {"file": "assets/shared-2.js", "imports": ["_lit.js"], "css": ["assets/page-2.css"]},
    "_lit.js": {"file": "assets/lit-3.js"},
    "viewport/slide_scene.ts": {"file": "assets/slide_scene-4.js", "isDynamicEntry": True},
}


def rendered(entry: str) -> str:
    return Template('{% load vite %}{% vite "' + entry + '" %}').render(Context())


@pytest.fixture
def manifest(tmp_path: Path, settings: Settings) -> Path:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(MANIFEST), encoding="utf-8")
    settings.VITE_MANIFEST = path
    return path


def test_an_entry_links_its_styles_its_imports_and_its_script(manifest: Path):
    assert rendered("entries/study.ts") == (
        '<link rel="stylesheet" href="/static/assets/study-1.css">'
        '<link rel="stylesheet" href="/static/assets/page-2.css">'
        '<link rel="modulepreload" href="/static/assets/shared-2.js">'
        '<link rel="modulepreload" href="/static/assets/lit-3.js">'
        '<script type="module" src="/static/assets/study-1.js"></script>'
    )


def test_what_is_no_entry_is_refused_by_name(manifest: Path):
    with pytest.raises(ImproperlyConfigured, match=r"slide_scene\.ts"):
        rendered("viewport/slide_scene.ts")


def test_without_a_build_the_error_says_what_to_run(manifest: Path):
    manifest.unlink()
    with pytest.raises(ImproperlyConfigured, match="npm run build"):
        rendered("entries/study.ts")
