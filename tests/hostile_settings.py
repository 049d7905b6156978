"""Settings of a server whose decoder process is tests.hostile_decoder."""

from pathlib import Path

from archive.services import decoding
from config.settings import *  # noqa: F403

decoding._SCRIPT = Path(__file__).with_name("hostile_decoder.py")
DECODE_LIMIT_S = 2
