"""Recordings at rest: `recordings/…/<call>.wav` is a plain file while it is written, and sealed afterwards."""

import time
from pathlib import Path

from hotline import vault
from hotline.vault import HEAD, SpoiltError, remove, sealed

__all__ = ["HEAD", "SpoiltError", "Vault", "remove", "sealed"]
FORGOTTEN_SECONDS = 24 * 3600  # longer than any call lives: nobody writes a plain file of that age any more


class Vault(vault.Vault):
    """The vault of the recordings. `secret` is the system's master secret (`Settings.secret`)."""

    def __init__(self, secret: bytes) -> None:
        super().__init__(secret, b"recordings")

    def sweep(self, folder: Path) -> int:
        """Seals plain files a crash has left behind more than a day ago; how many. OSError."""
        oldest = time.time() - FORGOTTEN_SECONDS
        left = [file for file in folder.rglob("*.wav") if file.stat().st_mtime < oldest]
        for file in left:
            self.seal(file)
        return len(left)
