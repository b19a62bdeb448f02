"""Tones and ears: writes a tone as WAV, tells how strongly a frequency sounds in a recording."""

import array
import math
import struct
import wave
from pathlib import Path

from telephony import wav

RATE = 8000
LOUD = 0.02
HEAD = 58  # bytes; a file that is shorter has no sound yet


def tone(hz, seconds, loudness=8000):
    """Samples of one tone, 8 kHz."""
    return [int(loudness * math.sin(2 * math.pi * hz * i / RATE)) for i in range(int(seconds * RATE))]


def tone_pcm(file, hz, seconds):
    """A 16-bit WAV with one tone, as baresip's aufile wants it."""
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(array.array("h", tone(hz, seconds)).tobytes())
    return file


def tone_alaw(file, hz, seconds):
    """An A-law WAV with one tone, as the prompts are."""
    wav.write(file, tone(hz, seconds))
    return file


def samples(file):
    """The samples of a WAV as written by baresip (PCM or float) or by the connector (A-law)."""
    raw = Path(file).read_bytes()
    at, _ = wav.chunk(raw, b"fmt ")
    kind, channels, _, _, _, bits = struct.unpack_from("<HHIIHH", raw, at)
    start, size = wav.chunk(raw, b"data")
    data = raw[start : start + size] if start + size <= len(raw) and size else raw[start:]
    if kind == 6:
        return [wav.decode(byte) for byte in data]
    assert (channels, bits) == (1, 16), (kind, channels, bits)
    return list(array.array("h", data[: len(data) // 2 * 2]))


def strength(sound, hz):
    """Share of the signal's energy at one frequency, 0 to 1 (Goertzel over blocks of a quarter of a second)."""
    block, total, found = RATE // 4, 0.0, 0.0
    turn = 2 * math.cos(2 * math.pi * hz / RATE)
    for start in range(0, len(sound) - block + 1, block):
        before = last = 0.0
        for sample in sound[start : start + block]:
            before, last = last, sample + turn * last - before
            total += sample * sample
        found += (last * last + before * before - turn * last * before) * 2 / block
    return found / total if total else 0.0


def hears(file, hz):
    """Whether this tone is in the file; silence and other tones are far below the bound."""
    return strength(samples(file), hz) > LOUD


def lately(file, tones, seconds=0.75):
    """Which of these tones sound at the end of a file that is still being written; `tones` by name."""
    if file.stat().st_size < HEAD:
        return set()
    last = samples(file)[-int(seconds * RATE) :]
    return {name for name, hz in tones.items() if strength(last, hz) > LOUD}
