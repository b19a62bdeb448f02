"""The link under which a case may be rated without its query code: a signed case number (rules.md §5)."""

import hashlib

from itsdangerous import BadData, URLSafeTimedSerializer

from hotline.errors import Missing
from hotline.settings import Settings

VALID_SECONDS = 180 * 24 * 3600


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(hashlib.sha256(b"ratings" + Settings().secret()).hexdigest(), salt="rate")


def path(number: str) -> str:
    """The path under which this case may be rated; valid half a year."""
    return f"/rate/{_signer().dumps(number)}"


def address(number: str) -> str:
    """The same as a whole address for messages; empty where the system does not know its own (HOTLINE_URL)."""
    public = Settings().public_url.rstrip("/")
    return f"{public}{path(number)}" if public else ""


def number_of(token: str) -> str:
    """The case a token is about. Raises Missing for a token that is not ours or too old."""
    try:
        return str(_signer().loads(token, max_age=VALID_SECONDS))
    except BadData:
        raise Missing("bad_rating_link", "这个评价链接无效或已过期，可以用编号和查询码在“查进度”里评价。") from None
