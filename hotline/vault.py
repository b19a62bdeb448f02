"""Files at rest: sealed with SM4-GCM under a key of the master secret, bound to their name; opened for the web.

A file is known by one name. While it is written (a recording) that is a plain file; afterwards `<name>.sm4` stands in
its place. Layout: mark, nonce, tag, then the content, encrypted. Each purpose (recordings, attachments) has its key.
"""

import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MARK, NONCE, TAG = b"HLREC1\0\0", 12, 16
HEAD = len(MARK) + NONCE + TAG
ENDING = ".sm4"
PIECE = 32 * 1024  # small, so that the thread that speaks with PJSIP never waits long for its turn


class SpoiltError(Exception):
    """The sealed file was changed, cut, renamed, or sealed with another secret."""


class Vault:
    """`secret` is the system's master secret (`Settings.secret`)."""

    def __init__(self, secret: bytes, purpose: bytes) -> None:
        self._key = HKDF(hashes.SHA256(), 16, None, purpose).derive(secret)

    def seal(self, file: Path) -> str:
        """Replaces a plain file by its sealed one; the SHA-256 of the plain content. OSError leaves the plain file."""
        with file.open("rb") as source:
            digest = self._write(file, source)
        file.unlink()
        return digest

    def put(self, file: Path, content: bytes) -> str:
        """Keeps content under this name, never plain on the disk; its SHA-256. OSError keeps nothing."""
        file.parent.mkdir(parents=True, exist_ok=True)
        return self._write(file, io.BytesIO(content))

    def _write(self, file: Path, source: BinaryIO) -> str:
        target, digest, nonce = sealed(file), hashlib.sha256(), os.urandom(NONCE)
        draft = target.with_name(target.name + ".draft")
        sealer = Cipher(SM4(self._key), modes.GCM(nonce)).encryptor()
        sealer.authenticate_additional_data(file.name.encode())
        with os.fdopen(_own(draft), "wb") as out:
            out.write(MARK + nonce + bytes(TAG))
            for piece in _pieces(source):
                digest.update(piece)
                out.write(sealer.update(piece))
            sealer.finalize()
            out.seek(len(MARK) + NONCE)
            out.write(sealer.tag)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(target)
        return digest.hexdigest()

    def read(self, file: Path) -> bytes:
        """The content by its name, sealed or still plain. FileNotFoundError, SpoiltError."""
        kept = sealed(file)
        if not kept.exists():
            return file.read_bytes()
        raw = kept.read_bytes()
        if not raw.startswith(MARK) or len(raw) < HEAD:
            raise SpoiltError(kept.name)
        nonce, tag = raw[len(MARK) : HEAD - TAG], raw[HEAD - TAG : HEAD]
        opener = Cipher(SM4(self._key), modes.GCM(nonce, tag)).decryptor()
        opener.authenticate_additional_data(file.name.encode())
        try:
            return opener.update(memoryview(raw)[HEAD:]) + opener.finalize()
        except InvalidTag:
            raise SpoiltError(kept.name) from None


def sealed(file: Path) -> Path:
    """Where the sealed form of a file of this name is."""
    return file.with_name(file.name + ENDING)


def remove(file: Path) -> None:
    """Deletes a file by its name, in whichever form it is kept; nothing when it is gone already."""
    for form in (file, sealed(file)):
        form.unlink(missing_ok=True)


def _own(file: Path) -> int:
    return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)


def _pieces(source: BinaryIO) -> Iterator[bytes]:
    while piece := source.read(PIECE):
        yield piece
