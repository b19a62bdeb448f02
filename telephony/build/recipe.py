"""What the pjsua2 wheel is made of. Any change here gives the wheel a new key, so that an old one is never reused."""

from __future__ import annotations

import hashlib
from pathlib import Path

HERE = Path(__file__).resolve().parent

PACKAGES = (
    "swig",
    "build-essential",
    "patch",
    "xz-utils",
    "libssl-dev",
    "libsrtp2-dev",
    "libspeex-dev",
    "libspeexdsp-dev",
    "libsamplerate0-dev",
    "libopus-dev",
    "uuid-dev",
)

CFLAGS = "-O3 -fPIC -DNDEBUG"  # 3: the loops over samples become vector code
WRAPPER_CFLAGS = "-O1 -g0 -fPIC -DNDEBUG -fno-strict-aliasing -w"

CONFIGURE = (
    "--enable-epoll",
    "--disable-video",
    "--disable-sound",
    "--disable-v4l2",
    "--disable-sdl",
    "--disable-ffmpeg",
    "--disable-opencore-amr",
    "--disable-libwebrtc",
    "--disable-libyuv",
    "--disable-g7221-codec",
    "--disable-ilbc-codec",
    "--disable-gsm-codec",
    "--with-external-speex",
    "--with-external-srtp",
    "--disable-resample",
    "--enable-libsamplerate",
)

# Debian leaves this source file out of its copy; an empty one keeps the makefiles as they are.
EMPTY_SOURCES = ("pjmedia/src/pjmedia-audiodev/bdimad_dev.c",)

# Patches that only serve the build of Asterisk: one links against its own OpenSSL, the other deletes folders.
SKIPPED_PATCHES = ("0000-configure-ssl-library-path.patch", "0000-remove-third-party.patch")


# Ours; each says at its head what it is for, and the build fails where one does not apply.
PATCHES = sorted((HERE / "patches").glob("*.patch"))


def key() -> str:
    """Ten hex digits that change with this file, with the limits of config_site.h and with our patches."""
    seen = hashlib.sha256()
    for file in (HERE / "recipe.py", HERE / "config_site.h", *PATCHES):
        seen.update(file.read_bytes())
    return seen.hexdigest()[:10]
