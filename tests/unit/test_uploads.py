"""Files from outside: what they really are, what is left of them, and which are refused with which words."""

import io

import pytest
from PIL import Image

from hotline import uploads
from hotline.errors import BadInput
from tests import files

pytestmark = pytest.mark.fast
LARGEST = 10 << 20


def clean(raw):
    return uploads.cleaned(raw, LARGEST, uploads.KINDS)


def test_a_photo_keeps_its_dots_and_loses_place_and_camera():
    raw = files.jpeg((3000, 2000), comment=b"my secret")
    assert b"SecretCamera" in raw
    made = clean(raw)
    with Image.open(io.BytesIO(made.content)) as kept:
        assert (kept.format, dict(kept.getexif()), kept.info.get("comment")) == ("JPEG", {}, None)
        assert max(kept.size) <= uploads.LARGEST_SIDE
        assert kept.height > kept.width  # turned as the camera was held
    assert b"SecretCamera" not in made.content
    assert b"secret" not in made.content
    with Image.open(io.BytesIO(made.thumb)) as small:
        assert max(small.size) <= uploads.THUMB_SIDE


KINDS = [
    (files.picture("PNG"), "image/jpeg"),
    (files.picture("PNG", "RGBA"), "image/png"),
    (files.picture("PNG", "1"), "image/jpeg"),
    (files.picture("PNG", "I;16"), "image/jpeg"),
    (files.picture("JPEG", "CMYK"), "image/jpeg"),
    (files.picture("GIF", "P"), "image/jpeg"),
    (files.picture("WEBP"), "image/jpeg"),
    (files.pdf(), "application/pdf"),
    (files.pdf(files.stream(b"BT (hello) Tj ET")), "application/pdf"),
    (files.word(), uploads.DOCX),
    (files.packed(**{"[Content_Types].xml": "<Types/>", "xl__workbook.xml": "<workbook/>"}), uploads.XLSX),
]


@pytest.mark.parametrize(("raw", "kind"), KINDS, ids=range(len(KINDS)))
def test_what_people_send_is_taken(raw, kind):
    made = clean(raw)
    assert made.type == kind
    assert bool(made.thumb) == kind.startswith("image/")


JPEG = files.jpeg()
HOSTILE = [
    ("nothing", b"", "file_empty"),
    ("too many bytes", b"\xff\xd8\xff" + bytes(LARGEST), "file_too_large"),
    ("SVG with a script", files.SVG, "file_type"),
    ("HTML called .jpg", files.HTML, "file_type"),
    ("a program", b"MZ\x90\x00" + bytes(100), "file_type"),
    ("a telephone's own format", b"\x00\x00\x00\x18ftypheic" + bytes(100), "file_type"),
    ("a film", b"\x00\x00\x00\x18ftypmp42" + bytes(100), "file_type"),
    ("half a photo's first bytes", JPEG[:40], "file_broken"),
    ("a photo that is cut", JPEG[: len(JPEG) // 2], "file_broken"),
    ("RIFF that is sound", b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(40), "file_broken"),
    ("a picture of too many dots", files.png_bomb, "picture_too_large"),
    ("a comment that unpacks to 100 MB", files.png_text_bomb, "file_broken"),
    ("a photo with HTML behind it", JPEG + files.HTML, "file_unsafe"),
    ("a photo with HTML in its comment", files.jpeg(comment=b"<script>alert(1)</script>"), "file_unsafe"),
    ("a photo with an archive behind it", JPEG + files.packed(a="b"), "file_unsafe"),
    ("a GIF that is JavaScript", b"GIF89a/*" + bytes(20) + b"*/=1;<script>", "file_unsafe"),
    ("an archive", files.packed(**{"a.txt": "b"}), "file_type"),
    ("an archive bomb", lambda: files.packed(**{"a.txt": bytes(45 << 20)}), "file_unsafe"),
    ("a Word file that is a bomb", lambda: files.word(**{"word/media.bin": bytes(45 << 20)}), "file_unsafe"),
    ("a bomb whose directory lies", files.lying_bomb, "file_broken"),
    ("a Word file with macros", files.word(**{"word/vbaProject.bin": b"x"}), "file_unsafe"),
    ("a Word file with a program in it", files.word(**{"word/embeddings/ole.bin": b"MZ"}), "file_unsafe"),
    ("half a Word file", files.word()[:60], "file_broken"),
    ("a PDF with a script", files.pdf(catalog=b"<< /OpenAction << /S /JavaScript /JS (x) >> >>"), "file_unsafe"),
    ("a PDF with a hidden script", files.pdf(catalog=b"<< /S /J#61vaScript >>"), "file_unsafe"),
    ("a PDF with a packed script", files.pdf(files.stream(b"<< /S /JavaScript >>")), "file_unsafe"),
    ("a PDF with files in it", files.pdf(catalog=b"<< /Names << /EmbeddedFiles 3 0 R >> >>"), "file_unsafe"),
    ("a PDF that unpacks without end", lambda: files.pdf(files.stream(bytes(26 << 20))), "file_unsafe"),
    ("a PDF with HTML behind it", files.pdf() + files.HTML, "file_unsafe"),
    ("a PDF that is an archive", files.pdf() + files.packed(a="b") + b"%%EOF", "file_unsafe"),
    ("a PDF without an end", b"%PDF-1.7\n", "file_broken"),
]  # fmt: skip


@pytest.mark.parametrize(("why", "raw", "code"), HOSTILE, ids=[row[0] for row in HOSTILE])
def test_a_hostile_file_is_refused_by_its_content(why, raw, code):
    with pytest.raises(BadInput) as no:
        clean(raw() if callable(raw) else raw)
    assert no.value.code == code
    assert no.value.fields["file"] == no.value.message
    assert any("\u4e00" <= letter <= "\u9fff" for letter in no.value.message)


def test_a_city_may_take_pictures_only():
    with pytest.raises(BadInput, match="file_type"):
        uploads.cleaned(files.pdf(), LARGEST, frozenset({"picture"}))
