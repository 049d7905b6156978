"""The one settings file. Every value that may differ between machines is read here through config.env."""

import hashlib
import os
import secrets
from pathlib import Path

import dj_database_url

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.path("VIEWBOX_DATA_DIR", BASE_DIR / "var")
DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)


def _secret_key() -> str:
    """Return SECRET_KEY from the environment, or the one made at the first start and kept in the data folder."""
    given = env.secret("VIEWBOX_SECRET_KEY")
    if given:
        return given
    kept = DATA_DIR / "secret_key"
    try:
        handle = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return kept.read_text(encoding="ascii")
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(64))
    return kept.read_text(encoding="ascii")


SECRET_KEY = _secret_key()
DEBUG = False
ALLOWED_HOSTS = env.words("VIEWBOX_HOSTS", ("127.0.0.1", "localhost", "[::1]"))
PORT = env.integer("VIEWBOX_PORT", 8000, minimum=1, maximum=65535)
TLS = env.flag("VIEWBOX_TLS", False)

INSTALLED_APPS = [
    "governance.apps.AdministrationConfig",  # django.contrib.admin with our site
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_tasks",
    "django_tasks_db",
    "governance",
    "archive",
    "viewer",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "governance.middleware.security_headers",
    "governance.middleware.subject",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "config.http_faults.FaultMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASE_URL = env.url("DATABASE_URL", f"sqlite:///{DATA_DIR / 'viewbox.sqlite3'}", schemes=("sqlite", "postgres", "postgresql"))
DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=600, conn_health_checks=True)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # WAL lets readers go on while one writes; FULL makes a commit durable, which intake promises.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 30,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA mmap_size=134217728;",
    }

REDIS_URL = env.url("REDIS_URL", schemes=("redis", "rediss", "unix"))
if REDIS_URL:
    # Pub/sub keeps nothing in Redis (docs/adr/0006-shared-views.md). A Redis that hangs is given up after a second.
    # Installations that share one don't hear each other.
    _redis = {"address": REDIS_URL, "socket_connect_timeout": 1.0, "socket_timeout": 1.0}
    _prefix = f"viewbox-{hashlib.sha256(SECRET_KEY.encode()).hexdigest()[:12]}"
    _layer = {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [_redis], "prefix": _prefix}}
    CHANNEL_LAYERS = {"default": _layer}
    _redis_cache = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": _prefix}
    _shared_cache = {**_redis_cache, "OPTIONS": {"socket_connect_timeout": 1.0, "socket_timeout": 1.0}}
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    _shared_cache = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
CACHES = {"default": _shared_cache, "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "process"}}

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# Where bytes live: content-addressed objects; the spool and quarantine of intake; the derived cache, deletable at any time.
OBJECT_STORE_URL = env.url("OBJECT_STORE_URL", f"file://{DATA_DIR / 'objects'}", schemes=("file", "s3", "gs", "az", "azure"))
SPOOL_DIR = DATA_DIR / "spool"
QUARANTINE_DIR = DATA_DIR / "quarantine"
CACHE_DIR = DATA_DIR / "cache"
FRAME_CACHE_BYTES = env.integer("VIEWBOX_FRAME_CACHE_MB", 2048, minimum=64) * 1_000_000
DECODE_LIMIT_S = env.integer("VIEWBOX_DECODE_SECONDS", 10, minimum=1)
WEB_PROCESSES = env.integer("VIEWBOX_WEB_PROCESSES", 1, minimum=1, maximum=64)
RENDER_THREADS = env.integer("VIEWBOX_RENDER_THREADS", 2, minimum=1, maximum=16)  # a process; a third gains nothing on two cores
PICTURE_CACHE_BYTES = env.integer("VIEWBOX_PICTURE_CACHE_MB", 32) * 1_000_000  # a process, in memory
# Tests alone set this: where intake is to die (archive/services/failpoints.py).
FAILPOINT = env.text("VIEWBOX_FAILPOINT")

AUTH_USER_MODEL = "governance.User"
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_AGE = env.integer("VIEWBOX_SESSION_HOURS", 12, minimum=1) * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_USE_SESSIONS = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = TLS
SESSION_COOKIE_NAME = "__Host-session" if TLS else "viewbox_session"
CSRF_COOKIE_NAME = "__Host-csrf" if TLS else "viewbox_csrf"
SECURE_HSTS_SECONDS = 31_536_000 if TLS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# STOW-RS reads its body as a stream; forms stay small.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
STOW_MAX_REQUEST_BYTES = env.integer("VIEWBOX_STOW_MAX_MB", 4096, minimum=1) * 1_000_000

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["governance.http.authentication.SubjectAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "EXCEPTION_HANDLER": "config.http_faults.drf_exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static" / "dist"] if (BASE_DIR / "static" / "dist").is_dir() else []
VITE_MANIFEST = BASE_DIR / "static" / "dist" / ".vite" / "manifest.json"

USE_TZ = True
TIME_ZONE = env.text("VIEWBOX_TIME_ZONE", "UTC")
LANGUAGE_CODE = "en-us"
USE_I18N = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("VIEWBOX_LOG_LEVEL", "WARNING").upper()},
    # Django's own request logger would print URLs; they may carry identifiers.
    # The channel layer would print a traceback a second while Redis is away; viewer.services.shared_line says it once.
    "loggers": {"django.request": {"level": "ERROR"}, "viewbox": {"level": "INFO"}, "channels_redis": {"level": "CRITICAL"}},
}
