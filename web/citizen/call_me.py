"""打电话给我: a number and a few words become a call that is owed (rules.md §6)."""

from flask import render_template, request
from limits import parse

from hotline import masking
from hotline.errors import BadInput
from hotline.unit import transaction
from telephony import callbacks
from web import intake
from web.citizen.door import citizen
from web.citizen.tongue import said
from web.pace import caller, hit

LONGEST = 300
MOST = parse("10/hour")  # from one address; a number by itself is held shorter


@citizen.get("/call-me")
def call_me() -> str:
    """The form: a number, and what it is about."""
    return _page({})


def _page(fields: dict[str, str], *, phone: str = "", words: str = "", done: str = "", fresh: bool = True) -> str:
    told = {"fields": fields, "phone": phone, "words": words, "done": done, "fresh": fresh}
    return render_template("citizen/call-me.html", **told)


def _wished(phone: str, words: str) -> tuple[str, bool]:
    """(the number, whether the wish is new). Raises BadInput."""
    if not phone:
        raise BadInput("phone_missing", "请填写电话号码。", {"phone": "请填写电话号码"})
    number = intake.phone_number(phone)
    if not hit(MOST, "call-me", caller()):
        raise BadInput("too_many", "从您这里要求回电的次数太多，请稍后再试，或直接拨打 12345。")
    with transaction() as unit:
        return number, callbacks.wish(unit, number, words)


@citizen.post("/call-me")
def called() -> tuple[str, int]:
    """Kept as an open call-back; said again what was wrong where it was not."""
    phone, words = request.form.get("phone", "").strip()[:30], request.form.get("words", "").strip()[:LONGEST]
    try:
        number, fresh = _wished(phone, words.replace("\x00", ""))
    except BadInput as no:
        wrong = {"phone": said(no.message)} if no.fields else {"form": said(no.message)}
        return _page(wrong, phone=phone, words=words), 429 if no.code == "too_many" else 422
    return _page({}, done=masking.phone(number), fresh=fresh), 200
