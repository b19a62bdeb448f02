"""Telephone sound files: RIFF/WAVE, 8 kHz, mono, A-law (G.711). Written, read, checked and repaired."""

import struct
from collections.abc import Iterable
from pathlib import Path

RATE = 8000
_ALAW_FORMAT = 6
_HEAD = struct.Struct("<4sI4s4sIHHIIHHH4sI")
_RIFF_SIZE = 8
_CLIP = 32635
_FIRST_SEGMENT = 256


def encode(sample: int) -> int:
    """One 16-bit linear sample as an A-law byte (ITU-T G.711)."""
    sign = 0x80 if sample >= 0 else 0
    level = min(abs(sample), _CLIP)
    if level < _FIRST_SEGMENT:
        return (sign | (level >> 4)) ^ 0x55
    segment = level.bit_length() - 8
    return (sign | (segment << 4) | ((level >> (segment + 3)) & 0x0F)) ^ 0x55


def decode(byte: int) -> int:
    """The 16-bit linear sample of an A-law byte."""
    plain = byte ^ 0x55
    segment, step = (plain >> 4) & 7, plain & 0x0F
    level = (step << 4) + 8 if segment == 0 else ((step << 4) + 0x108) << (segment - 1)
    return level if plain & 0x80 else -level


def write(file: Path, samples: Iterable[int]) -> None:
    """Writes 16-bit samples as an A-law file."""
    data = bytes(encode(sample) for sample in samples)
    pad = b"\0" * (len(data) % 2)
    size = _HEAD.size - _RIFF_SIZE + len(data) + len(pad)
    head = _HEAD.pack(
        b"RIFF", size, b"WAVE", b"fmt ", 18, _ALAW_FORMAT, 1, RATE, RATE, 1, 8, 0, b"data", len(data)
    )  # fmt: skip
    file.write_bytes(head + data + pad)


def chunk(raw: bytes, name: bytes) -> tuple[int, int]:
    """Where the body of a chunk begins and how long it says it is. ValueError when there is none."""
    at = 12
    while at + 8 <= len(raw):
        found, size = struct.unpack_from("<4sI", raw, at)
        if found == name:
            return at + 8, size
        at += 8 + size + size % 2
    raise ValueError("not a sound file")


def seconds(file: Path) -> float:
    """How long a sound file is, by its header. ValueError for something else, OSError."""
    with file.open("rb") as source:
        head = source.read(4096)
    (rate,) = struct.unpack_from("<I", head, chunk(head, b"fmt ")[0] + 8)
    if not rate:
        raise ValueError("not a sound file")
    return float(chunk(head, b"data")[1] / rate)


def whole(file: Path) -> bool:
    """Whether the file's header tells its true size: its writer is done with it."""
    if not file.exists():
        return False
    with file.open("rb") as source:
        head = source.read(_RIFF_SIZE)
    return len(head) == _RIFF_SIZE and struct.unpack("<4sI", head)[1] == file.stat().st_size - _RIFF_SIZE


def repair(file: Path) -> None:
    """Writes the true sizes into a file whose writer was killed. ValueError when it is no sound file, OSError."""
    size = file.stat().st_size
    with file.open("r+b") as target:
        start, _ = chunk(target.read(256), b"data")
        target.seek(4)
        target.write(struct.pack("<I", size - _RIFF_SIZE))
        target.seek(start - 4)
        target.write(struct.pack("<I", size - start))
