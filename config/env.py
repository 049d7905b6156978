"""Typed readers of environment variables; each refuses nonsense at start, by name.

A secret may stand in NAME or in the file that NAME_FILE names. Every variable has a row in docs/settings.md.
"""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def text(name: str, default: str = "") -> str:
    """Return the variable's value without surrounding blanks, or the default when it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool) -> bool:
    """Return a boolean; only 1/true/yes/on and 0/false/no/off are understood."""
    value = text(name).lower()
    if not value:
        return default
    if value in _TRUE or value in _FALSE:
        return value in _TRUE
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}")


def integer(name: str, default: int, *, minimum: int = 0, maximum: int | None = None) -> int:
    """Return a whole number within the stated bounds."""
    value = text(name)
    if not value:
        return default
    try:
        number = int(value)
    except ValueError as exc:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}") from exc
    if number < minimum or (maximum is not None and number > maximum):
        raise ImproperlyConfigured(f"{name} must be at least {minimum}" + (f" and at most {maximum}" if maximum is not None else ""))
    return number


def words(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """Return a comma-separated list without empty entries."""
    value = text(name)
    return [word.strip() for word in value.split(",") if word.strip()] if value else list(default)


def path(name: str, default: Path) -> Path:
    """Return an absolute path."""
    value = text(name)
    return Path(value).expanduser().resolve() if value else default


def url(name: str, default: str = "", *, schemes: tuple[str, ...]) -> str:
    """Return a URL whose scheme is one of those listed, or the default."""
    value = text(name)
    if not value:
        return default
    if value.split(":", 1)[0] not in schemes:
        raise ImproperlyConfigured(f"{name} must be a URL of scheme {', '.join(schemes)}")
    return value


def secret(name: str) -> str:
    """Return the secret in NAME or in the file that NAME_FILE names; empty when neither is set."""
    value = text(name)
    file = text(f"{name}_FILE")
    if value and file:
        raise ImproperlyConfigured(f"set {name} or {name}_FILE, not both")
    if not file:
        return value
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as exc:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read") from exc
