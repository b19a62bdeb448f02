"""Files as people and attackers send them, made on the spot."""

import io
import struct
import zipfile
import zlib

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

GPS = 0x8825
PLACE = {1: "N", 2: (IFDRational(34), IFDRational(46), IFDRational(12)), 3: "E", 4: (IFDRational(111), IFDRational(11), IFDRational(9))}  # fmt: skip  # noqa: E501
WORD = "word/document.xml"


def jpeg(size=(640, 480), place=True, comment=b""):
    """A telephone's photo, with the camera's name and the place it was taken at."""
    picture = Image.new("RGB", size, (180, 90, 30))
    picture.paste((20, 120, 200), (0, 0, size[0] // 2, size[1] // 2))
    exif = Image.Exif()
    if place:
        exif[0x010F] = "SecretCamera"
        exif[0x0112] = 6
        exif.get_ifd(GPS).update(PLACE)
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif, comment=comment)
    return out.getvalue()


def picture(form, mode="RGB", size=(64, 48)):
    out = io.BytesIO()
    Image.new(mode, size).save(out, form)
    return out.getvalue()


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bomb(side=60_000):
    """A few kB that say they are 3,600,000,000 dots."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(bytes(9_000_000), 9)) + _chunk(b"IEND", b"")  # fmt: skip  # noqa: E501


def png_text_bomb():
    """A comment that unpacks to 100 MB."""
    text = b"Comment\0\0" + zlib.compress(bytes(100_000_000), 1)
    good = picture("PNG")
    return good[:33] + _chunk(b"zTXt", text) + good[33:]


def packed(**parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def word(**more):
    return packed(**{"[Content_Types].xml": "<Types/>", WORD: "<document>办理情况</document>"} | more)


def lying_bomb(megabytes=45):
    """A Word file whose directory says 10 bytes where there are many."""
    whole = bytearray(word(**{"word/media.bin": bytes(megabytes << 20)}))
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        found = whole.rfind(mark)
        whole[found + at : found + at + 4] = struct.pack("<I", 10)
    return bytes(whole)


def pdf(body=b"", catalog=b"<< /Type /Catalog >>"):
    return b"%PDF-1.7\n1 0 obj\n" + catalog + b"\nendobj\n" + body + b"trailer << /Root 1 0 R >>\n%%EOF\n"


def stream(data):
    return b"2 0 obj << /Length 1 /Filter /FlateDecode >>\nstream\n" + zlib.compress(data, 1) + b"\nendstream endobj\n"


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><html><script>alert(document.cookie)</script></html>"
