"""Codec libraries in processes of their own: bounded in time and memory, and none takes the server with it."""

import threading
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from archive.services import decoding
from archive.services.decoding import GuardedDecoder
from governance.core.faults import DecodingStopped, Exhausted, Malformed, answer_for
from tests import hostile_decoder
from tests.hostile_decoder import DIE, GROW, HANG

VALUES = np.arange(64 * 48, dtype=np.uint16).reshape(64, 48)
J2K = bytes(imagecodecs.jpeg2k_encode(VALUES, level=0, codecformat="j2k", reversible=True))


def spoilt(word: bytes) -> bytes:
    """Return the codestream with a comment (COM marker) behind its SIZ segment."""
    after = 4 + int.from_bytes(J2K[4:6], "big")
    return J2K[:after] + b"\xff\x64" + (len(word) + 4).to_bytes(2, "big") + b"\0\1" + word + J2K[after:]


@pytest.fixture
def guard(monkeypatch):
    monkeypatch.setattr(decoding, "_SCRIPT", Path(hostile_decoder.__file__))
    guard = GuardedDecoder(1)
    yield guard
    guard.close()


def decode(guard, encoded=J2K):
    return guard("jpeg2k_decode", encoded, VALUES.nbytes, {})


def test_a_frame_comes_back_as_the_library_made_it(guard):
    assert np.array_equal(decode(guard), VALUES)
    assert np.array_equal(decode(guard, spoilt(b"nothing")), VALUES)
    jpeg = bytes(imagecodecs.jpeg8_encode(VALUES.astype(np.uint8), lossless=True))
    assert np.array_equal(guard("jpeg8_decode", jpeg, VALUES.size, {}), VALUES.astype(np.uint8))


def test_damaged_bytes_are_the_librarys_word_and_cost_no_process(guard):
    assert decode(guard) is not None
    (process,) = guard._idle
    for encoded in (b"", b"nothing", J2K[:200]):
        with pytest.raises(ValueError, match="Error"):
            decode(guard, encoded)
    assert guard._idle == [process]


def test_what_is_no_decoder_is_not_called(guard):
    with pytest.raises(ValueError, match="LookupError"):
        guard("imread", b"/etc/passwd", 1, {})


@pytest.mark.parametrize("word", [HANG, DIE, GROW])
def test_what_hangs_dies_or_eats_memory_is_stopped_and_refused_from_then_on(guard, word):
    with pytest.raises(DecodingStopped):
        decode(guard, spoilt(word))
    began = time.monotonic()
    with pytest.raises(DecodingStopped):
        decode(guard, spoilt(word))
    assert time.monotonic() - began < 0.5  # not tried again
    assert np.array_equal(decode(guard), VALUES)  # others go on


def test_it_is_tried_again_later(guard, monkeypatch):
    with pytest.raises(DecodingStopped):
        decode(guard, spoilt(DIE))
    monkeypatch.setattr(decoding, "REFUSED_S", -1.0)
    guard._refuse(next(iter(guard._refused)))
    with pytest.raises(DecodingStopped, match="took too long or died"):
        decode(guard, spoilt(DIE))


def test_two_who_want_the_same_share_one_decode_and_the_second_does_not_wait_for_ever(guard):
    with ThreadPoolExecutor(2) as threads:
        hanging = threads.submit(decode, guard, spoilt(HANG))
        deadline = time.monotonic() + 10
        while not guard._flights:
            assert time.monotonic() < deadline
        with pytest.raises(Exhausted):
            decode(guard, spoilt(HANG))
        with pytest.raises(DecodingStopped):
            hanging.result(10)
    assert not guard._flights


def test_S10_the_same_bytes_with_other_options_are_another_decode(guard, monkeypatch):
    """Two images may hold the same JPEG and say other colours of it: neither gets the other's."""
    both = threading.Barrier(2, timeout=10)

    def decode(key: object, encoded: bytes, size_bytes: int, options: dict[str, str]) -> str:
        both.wait()
        return options["colorspace"]

    monkeypatch.setattr(guard, "_decode", decode)
    with ThreadPoolExecutor(2) as threads:
        calls = [threads.submit(guard, "jpeg8_decode", b"the same", 10, {"colorspace": colours}) for colours in ("RGB", "YCBCR")]
        assert [call.result() for call in calls] == ["RGB", "YCBCR"]


def test_only_one_at_a_time_may_take_long(guard):
    """Two that hang hold one thread: the other is told to try again, and is then refused as well."""
    patient = GuardedDecoder(1.5, share_s=0.3)
    frames = [spoilt(HANG + bytes([number])) for number in range(2)]
    with ThreadPoolExecutor(2) as threads:
        calls = [threads.submit(decode, patient, frame) for frame in frames]
        wait(calls, timeout=3, return_when=FIRST_COMPLETED)
        assert sorted(call.done() for call in calls) == [False, True]
        faults = [call.exception(10) for call in calls]
    assert {type(fault) for fault in faults} == {Exhausted, DecodingStopped}
    with pytest.raises(DecodingStopped):  # its turn to take long has come
        decode(patient, frames[[type(fault) for fault in faults].index(Exhausted)])
    patient.close()


def test_many_threads_get_their_own(guard):
    frames = [VALUES + number for number in range(12)]
    encoded = [bytes(imagecodecs.jpegls_encode(frame)) for frame in frames]
    with ThreadPoolExecutor(3) as threads:
        made = list(threads.map(lambda each: guard("jpegls_decode", each, VALUES.nbytes, {}), encoded))
    assert all(np.array_equal(one, frame) for one, frame in zip(made, frames, strict=True))
    assert len(guard._idle) <= decoding.IDLE_PROCESSES
    assert threading.active_count() < 50


def test_its_faults_say_what_is_wrong():
    assert answer_for(DecodingStopped()).http == 415
    assert "too long" in answer_for(DecodingStopped()).sentence
    assert isinstance(DecodingStopped(), Malformed)


def test_the_process_has_nothing_of_the_servers(guard):
    decode(guard)
    (process,) = guard._idle
    environment = Path(f"/proc/{process._process.pid}/environ").read_bytes()
    assert b"DJANGO" not in environment
    assert b"VIEWBOX" not in environment
