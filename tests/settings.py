"""Settings under test: config.settings over a throw-away data folder, with a cheap password hash."""

import atexit
import os
import shutil
import tempfile

_data_dir = tempfile.mkdtemp(prefix="viewbox-tests-")
atexit.register(shutil.rmtree, _data_dir, ignore_errors=True)
os.environ["VIEWBOX_DATA_DIR"] = _data_dir

from config.settings import *  # noqa: F403, E402  (a settings module is its names)
from config.settings import DATA_DIR, DATABASES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, not memory: the database threads have connections of their own.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
