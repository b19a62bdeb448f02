"""Files over HTTP: what a form brings, and how a kept file is given out so that no browser runs anything in it."""

from urllib.parse import quote

from flask import Response, request

from hotline.attachments import Opened, Upload
from hotline.errors import BadInput
from hotline.words import Attached

SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox"  # a viewer of the browser needs its own styles
_INLINE = frozenset({"image/jpeg", "image/png"})


def upload(usual: Attached) -> Upload:
    """The `file` of the form, for the `purpose` it names. Raises BadInput `file_missing`, `unknown_purpose`."""
    file = request.files.get("file")
    if file is None:
        raise BadInput("file_missing", "请选择要上传的文件。", {"file": "缺少此项"})
    purpose = request.form.get("purpose", usual.value)
    if purpose not in set(Attached):
        raise BadInput("unknown_purpose", "没有这种附件。", {"purpose": "不在可选范围内"})
    return Upload(file.filename or "", file.stream.read(), Attached(purpose))


def given_out(file: Opened) -> Response:
    """Pictures are shown, documents only saved; nothing is guessed, run, or kept by those in between."""
    shown = "inline" if file.type in _INLINE else "attachment"
    answer = Response(file.content, mimetype=file.type)
    answer.headers["Content-Disposition"] = f"{shown}; filename*=UTF-8''{quote(file.name or 'file')}"
    answer.headers["Content-Security-Policy"] = SANDBOX
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
