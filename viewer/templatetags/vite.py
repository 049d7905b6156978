"""Template tag that links a page to its built front-end entry through Vite's manifest."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def vite(entry: str) -> SafeString:
    """Return the stylesheet, preload and module-script elements of one entry, e.g. "entries/study.ts".

    Raises: ImproperlyConfigured, in words, when the front end isn't built or has no such entry.
    """
    path = Path(settings.VITE_MANIFEST)
    try:
        changed_at = path.stat().st_mtime_ns
    except FileNotFoundError as exc:
        raise ImproperlyConfigured("The front end is not built: run `npm ci && npm run build`, or `make run`") from exc
    script, styles, preloads = _files_of(path, changed_at, entry)
    return format_html(
        '{}{}<script type="module" src="{}"></script>',
        format_html_join("", '<link rel="stylesheet" href="{}">', ((static(file),) for file in styles)),
        format_html_join("", '<link rel="modulepreload" href="{}">', ((static(file),) for file in preloads)),
        static(script),
    )


@lru_cache(maxsize=32)
def _files_of(path: Path, changed_at: int, entry: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return (script, stylesheets, statically imported chunks) of an entry; changed_at only renews the cache after a build."""
    manifest: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    if not manifest.get(entry, {}).get("isEntry"):
        raise ImproperlyConfigured(f"The front-end build has no entry {entry!r}: see vite.config.ts")
    styles: dict[str, None] = {}
    preloads: dict[str, None] = {}
    waiting, seen = [entry], set[str]()
    while waiting:
        key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        chunk = manifest[key]
        if key != entry:
            preloads[chunk["file"]] = None
        styles.update(dict.fromkeys(chunk.get("css", [])))
        waiting.extend(chunk.get("imports", []))
    return manifest[entry]["file"], tuple(styles), tuple(preloads)
