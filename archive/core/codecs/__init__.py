"""Codecs: encoded frames to stored values, a module for each family of transfer syntaxes; `registry` says which takes what."""

from archive.core.codecs.frames import DecodedFrame
from archive.core.codecs.registry import CODECS, codec_for, decode_frame, describe_frames

__all__ = ["CODECS", "DecodedFrame", "codec_for", "decode_frame", "describe_frames"]
