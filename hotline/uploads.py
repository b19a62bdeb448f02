"""What a file from outside really is, and a harmless copy of it: by its content, never by its name.

Pictures are drawn anew: place, camera, comments and whatever hangs on them stay behind. Documents (PDF, Word, Excel)
are taken only without scripts, embedded files and macros, and with nothing before or behind them. Everything else,
SVG and HTML among it, is refused.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from hotline.errors import BadInput

LARGEST_SIDE = 2560  # a photo of a page stays readable
THUMB_SIDE = 320
MOST_PIXELS = 64_000_000  # a telephone's largest; a bomb says more
JPEG, PNG, PDF = "image/jpeg", "image/png", "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PICTURES = ("JPEG", "PNG", "WEBP", "GIF")
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "picture"),
    (b"\x89PNG\r\n\x1a\n", "picture"),
    (b"RIFF", "picture"),
    (b"GIF8", "picture"),
    (b"%PDF-", "pdf"),
    (b"PK\x03\x04", "office"),
)
_FOREIGN = re.compile(rb"<script|<html|<!doctype|<\?php|%PDF-1|javascript:", re.IGNORECASE)
_ZIP_END = b"PK\x05\x06"
_TAIL = 66_000  # a ZIP's directory ends within its last 65,557 bytes
_ACTIVE = re.compile(
    rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|OpenAction|AA|XFA|RichMedia|SubmitForm|ImportData|Encrypt)(?![A-Za-z])"
)
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb"stream\r?\n")
_MOST_STREAMS, _MOST_INFLATED = 5_000, 24 << 20
_MOST_PARTS, _MOST_UNPACKED = 2_000, 40 << 20
_HEIC = re.compile(rb"^.{4}ftyp(?:heic|heix|hevc|mif1|msf1|avif)", re.DOTALL)
Image.MAX_IMAGE_PIXELS = None  # the size is asked before anything is decoded, and refused in our own words


@dataclass(frozen=True)
class Clean:
    """A file that may be kept: its type, its content, and for pictures a small copy."""

    type: str
    content: bytes
    thumb: bytes = b""


def _no(code: str, message: str) -> BadInput:
    return BadInput(code, message, {"file": message})


def cleaned(raw: bytes, largest: int, types: frozenset[str]) -> Clean:
    """The harmless copy. `largest` is in bytes, `types` are the kinds taken: picture, pdf, office.

    Raises BadInput: `file_empty`, `file_too_large`, `file_type`, `file_broken`, `picture_too_large`, `file_unsafe`.
    """
    if not raw:
        raise _no("file_empty", "这个文件是空的，请重新选择。")
    if len(raw) > largest:
        raise _no("file_too_large", f"文件太大，单个文件不超过 {largest >> 20} MB。")
    kind = next((name for start, name in _STARTS if raw.startswith(start)), "")
    if kind not in types:
        raise _unknown(raw)
    return _CLEANERS[kind](raw)


def _unknown(raw: bytes) -> BadInput:
    if _HEIC.match(raw[:32]):
        return _no("file_type", "暂不支持 HEIC 照片，请在手机相机设置里改为“兼容性最佳”，或截图后上传。")
    return _no("file_type", "不支持这种文件。可以上传照片（JPG、PNG、WebP、GIF）和文档（PDF、Word、Excel）。")


# --- pictures ---------------------------------------------------------------------------------------------------------


def _picture(raw: bytes) -> Clean:
    _check_single(raw)
    try:
        with Image.open(io.BytesIO(raw), formats=_PICTURES) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise _no("picture_too_large", "图片的像素太多，请缩小后再上传。")
            opened.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))  # a JPEG is decoded small at once
            whole = ImageOps.exif_transpose(opened)
            whole.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
            return _drawn(whole)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, zlib.error):
        raise _no("file_broken", "这张图片打不开，可能已损坏，请换一张。") from None


def _check_single(raw: bytes) -> None:
    """One picture that is nothing else besides."""
    if _FOREIGN.search(raw) or _ZIP_END in raw[-_TAIL:]:
        raise _no("file_unsafe", "这个文件里夹带了别的内容，不能上传。请截图或重新拍照后上传。")


def _drawn(whole: Image.Image) -> Clean:
    """Drawn anew on a clean sheet, so that nothing but the dots is kept."""
    clear = whole.mode in {"RGBA", "LA", "PA"} or "transparency" in whole.info
    plain = whole.convert("RGBA" if clear else "RGB")
    sheet = Image.new(plain.mode, plain.size)
    sheet.paste(plain)
    small = _on_white(sheet)
    small.thumbnail((THUMB_SIDE, THUMB_SIDE))
    content = _saved(sheet, "PNG") if clear else _saved(sheet, "JPEG")
    return Clean(PNG if clear else JPEG, content, _saved(small, "JPEG"))


def _on_white(sheet: Image.Image) -> Image.Image:
    if sheet.mode == "RGB":
        return sheet.copy()
    white = Image.new("RGB", sheet.size, "white")
    white.paste(sheet, mask=sheet.getchannel("A"))
    return white


def _saved(sheet: Image.Image, form: str) -> bytes:
    out = io.BytesIO()
    sheet.save(out, form, quality=85, optimize=form == "JPEG")
    return out.getvalue()


# --- documents --------------------------------------------------------------------------------------------------------


def _pdf(raw: bytes) -> Clean:
    end = raw.rfind(b"%%EOF")
    if end < 0:
        raise _no("file_broken", "这个 PDF 不完整，请重新导出后上传。")
    if raw[end + 5 :].strip() or _ZIP_END in raw[-_TAIL:]:
        raise _no("file_unsafe", "这个 PDF 后面夹带了别的内容，不能上传。")
    if any(_ACTIVE.search(_unescaped(piece)) for piece in (raw, *_inflated(raw))):
        raise _no("file_unsafe", "这个 PDF 带有脚本、附件或密码，不能上传。请“打印为 PDF”后再传。")
    return Clean(PDF, raw)


def _unescaped(piece: bytes) -> bytes:
    """A PDF may write /JavaScript as /J#61vaScript."""
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), piece)


def _inflated(raw: bytes) -> Iterator[bytes]:
    """What stands in compressed streams; a stream that is no such, or more than can be read, is left out or refused."""
    left = _MOST_INFLATED
    for count, found in enumerate(_STREAM.finditer(raw)):
        opener = zlib.decompressobj()
        try:
            piece = opener.decompress(memoryview(raw)[found.end() :], left)
        except zlib.error:
            continue
        left -= len(piece)
        if left <= 0 or count > _MOST_STREAMS:
            raise _no("file_unsafe", "这个 PDF 解开后太大，不能上传。请“打印为 PDF”后再传。")
        yield piece


def _office(raw: bytes) -> Clean:
    """Word or Excel: a ZIP from its first byte to its last, small when unpacked, without macros and objects."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            names = {part.filename.lower(): part for part in packed.infolist()}
            _check_parts(packed)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, zlib.error, EOFError):
        raise _no("file_broken", "这个文档打不开，可能已损坏，请重新保存后上传。") from None
    if packed.comment or any(word in name for name in names for word in ("vbaproject", "embeddings/", "activex")):
        raise _no("file_unsafe", "这个文档带有宏或嵌入的文件，不能上传。请另存为 PDF 后再传。")
    if "[content_types].xml" not in names or not {"word/document.xml", "xl/workbook.xml"} & names.keys():
        raise _no("file_type", "不支持压缩包。可以上传照片、PDF、Word 和 Excel 文件。")
    return Clean(DOCX if "word/document.xml" in names else XLSX, raw)


def _check_parts(packed: zipfile.ZipFile) -> None:
    """Unpacks everything once within bounds: what a directory says of its sizes proves nothing."""
    left = _MOST_UNPACKED
    parts = packed.infolist()
    if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > left:
        raise _bomb()
    for part in parts:
        with packed.open(part) as inside:
            while piece := inside.read(1 << 16):
                left -= len(piece)
                if left < 0:
                    raise _bomb()


def _bomb() -> BadInput:
    return _no("file_unsafe", "这个文档解开后太大，不能上传。请另存为 PDF 后再传。")


_CLEANERS: dict[str, Callable[[bytes], Clean]] = {"picture": _picture, "pdf": _pdf, "office": _office}
KINDS = frozenset(_CLEANERS)
