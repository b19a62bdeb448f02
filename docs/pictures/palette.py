"""Makes a picture small: its 255 commonest colours, each pixel the nearest of them, written as a palette PNG."""

import base64
import struct
import zlib

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser

COLOURS = 255
_CHUNK = 4096
_READ = """async (data) => {
  const image = new Image();
  image.src = "data:image/png;base64," + data;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const brush = canvas.getContext("2d");
  brush.drawImage(image, 0, 0);
  const bytes = brush.getImageData(0, 0, image.width, image.height).data;
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return [image.width, image.height, btoa(text)];
}"""


def small(browser: Browser, png: bytes) -> bytes:
    """The same picture with a palette. The browser reads the pixels, so that no other library is needed."""
    page = browser.new_page()
    wide, high, text = page.evaluate(_READ, base64.b64encode(png).decode())
    page.close()
    pixels = np.frombuffer(base64.b64decode(text), np.uint8).reshape(high, wide, 4)[..., :3]
    palette, marks = _palette(pixels.reshape(-1, 3))
    return _written(palette, marks.reshape(high, wide))


def _palette(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """(colours, the colour's place for each pixel)."""
    whole = pixels.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    seen, places, counts = np.unique(whole, return_inverse=True, return_counts=True)
    colours = np.stack([seen >> 16, seen >> 8 & 255, seen & 255], axis=1).astype(np.int32)
    chosen = colours[np.argsort(-counts)[:COLOURS]]
    nearest = np.empty(len(colours), np.uint8)
    for at in range(0, len(colours), _CHUNK):
        gap = ((colours[at : at + _CHUNK, None] - chosen[None]) ** 2).sum(axis=2)
        nearest[at : at + _CHUNK] = gap.argmin(axis=1)
    return chosen.astype(np.uint8), nearest[places.reshape(-1)]


def _written(palette: NDArray[np.uint8], marks: NDArray[np.uint8]) -> bytes:
    high, wide = marks.shape
    lines = np.hstack([np.zeros((high, 1), np.uint8), marks]).tobytes()
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", wide, high, 8, 3, 0, 0, 0)),
        (b"PLTE", palette.tobytes()),
        (b"IDAT", zlib.compress(lines, 9)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in parts)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
