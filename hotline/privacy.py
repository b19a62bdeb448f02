"""Field encryption at rest (SM4-GCM), the blind index by which a phone number is found, and query codes."""

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator

from hotline.settings import Settings

_NONCE, _TAG = 12, 16
_CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32, so that each of them is as likely as the others
CODE_LENGTH = 8


@lru_cache
def _key(purpose: str, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, None, purpose.encode()).derive(Settings().secret())


@lru_cache
def _fields() -> SM4:
    return SM4(_key("fields", 16))


def encrypt(text: str) -> str:
    """base64(nonce + tag + SM4-GCM ciphertext)."""
    nonce = os.urandom(_NONCE)
    sealer = Cipher(_fields(), modes.GCM(nonce)).encryptor()
    body = sealer.update(text.encode()) + sealer.finalize()
    return base64.b64encode(nonce + sealer.tag + body).decode()


def decrypt(sealed: str) -> str:
    """The text again. Raises cryptography's InvalidTag when it was changed or the secret is another one."""
    raw = base64.b64decode(sealed)
    nonce, tag, body = raw[:_NONCE], raw[_NONCE : _NONCE + _TAG], raw[_NONCE + _TAG :]
    opener = Cipher(_fields(), modes.GCM(nonce, tag)).decryptor()
    return (opener.update(body) + opener.finalize()).decode()


def blind(text: str) -> str:
    """An index value by which equal texts are found without being readable; empty stays empty."""
    return hmac.digest(_key("index", 32), text.encode(), "sha256").hex() if text else ""


def lot(text: str) -> float:
    """A number in [0, 1) drawn for this text: always the same, and nobody foresees it without the secret."""
    drawn = hmac.digest(_key("lots", 32), text.encode(), "sha256")
    return int.from_bytes(drawn[:6]) / 2**48


def marks_key() -> bytes:
    """The key of the hashes by which similar matters are found: nobody tries words against them without it."""
    return _key("marks", 32)


def webhook_key(department: str) -> str:
    """The key that signs what is sent to a department's own system; it follows from the master secret."""
    return _key(f"webhook:{department}", 32).hex()


def token_digest(token: str) -> str:
    """How a bearer token is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_query_code() -> str:
    """Eight letters and digits that cannot be misread; 40 bits, guessing is slowed at the door."""
    return "".join(_CODE_LETTERS[drawn % len(_CODE_LETTERS)] for drawn in secrets.token_bytes(CODE_LENGTH))


def same(given: str, kept: str) -> bool:
    """Constant-time comparison."""
    return hmac.compare_digest(given.encode(), kept.encode())


class Sealed(TypeDecorator[str]):
    """A text column that is encrypted at rest. An empty text stays empty: its length would tell it anyway."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Into the database."""
        return encrypt(value) if value else value

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Out of the database."""
        return decrypt(value) if value else value


class SealedJson(TypeDecorator[Any]):
    """JSON that is encrypted at rest; `empty` makes what stands there while nothing does (dict, list)."""

    impl = Text
    cache_ok = True

    def __init__(self, empty: Callable[[], Any]) -> None:
        super().__init__()
        self.empty = empty

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:  # noqa: ARG002
        """Into the database."""
        return encrypt(json.dumps(value, ensure_ascii=False)) if value else ""

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Out of the database."""
        return json.loads(decrypt(value)) if value else self.empty()
