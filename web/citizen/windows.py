"""Reviews at a window: the page behind its QR code, and the kiosk beside it, which goes back to its start by itself."""

import secrets

from flask import render_template, request

from hotline import db, windows
from hotline.errors import BadInput
from hotline.given import parse
from hotline.words import Channel, Level
from web.citizen.door import citizen
from web.intake import phone_number
from web.pace import limiter

SHORT, LONG = "30/minute", "120/minute"  # a hall stands behind one address


def _page(template: str, code: str, **told: object) -> str:
    with db.session() as session:
        window = windows.found(session, code)
    more = {"refused": "", "thanks": False, "chosen": "", "kept": {}} | told
    return render_template(template, window=window, levels=list(Level), nonce=secrets.token_urlsafe(16), **more)


def _chosen() -> str:
    level = request.args.get("level", "")
    return level if level in set(Level) else ""


def _taken(template: str, code: str, channel: Channel) -> tuple[str, int]:
    """Take what the form says, or show it again with what was typed."""
    form = request.form
    try:
        phone = phone_number(form.get("phone", ""))
        level = int(form.get("level", "")) if form.get("level", "") in set(Level) else None
        said = {"level": level, "words": form.get("words", ""), "phone": phone, "nonce": form.get("nonce", "")}
        windows.review(code, parse(windows.Said, said), channel)
    except BadInput as no:
        kept = form.to_dict()
        return _page(template, code, refused=_saying(no), kept=kept, chosen=kept.get("level", "")), no.status
    return _page(template, code, thanks=True), 200


def _saying(no: BadInput) -> str:
    return "请选择一个评价。" if "level" in no.fields else no.message


@citizen.get("/w/<code>")
def window(code: str) -> str:
    """Behind the QR code."""
    return _page("citizen/window.html", code)


@citizen.post("/w/<code>")
@limiter.limit(SHORT)
def window_rated(code: str) -> tuple[str, int]:
    """One touch, words and number as he likes."""
    return _taken("citizen/window.html", code, Channel.WINDOW)


@citizen.get("/kiosk/<code>")
def kiosk(code: str) -> str:
    """Five large faces; after one is chosen, the number if he likes."""
    return _page("citizen/kiosk.html", code, chosen=_chosen())


@citizen.post("/kiosk/<code>")
@limiter.limit(LONG)
def kiosk_rated(code: str) -> tuple[str, int]:
    """Taken; the kiosk thanks and starts again."""
    return _taken("citizen/kiosk.html", code, Channel.KIOSK)
