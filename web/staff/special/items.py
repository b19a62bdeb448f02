"""事项目录： departments ask for changes, the keeper reviews, a second person publishes (rules.md §8)."""

from typing import Any

from flask import Blueprint
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline import clock, db
from hotline.errors import Missing
from hotline.given import parse
from hotline.lifecycle import Actor
from hotline.words import DEPARTMENT, Role
from kb import requests
from kb.models import Article, ItemRequest
from kb.requests import RequestState, What
from web import access
from web.staff.houses import houses
from web.staff.special import frame

items = Blueprint("items", __name__)
HERE = "/special/items"
DECIDERS = frozenset({Role.KEEPER})
PUBLISHERS = frozenset({Role.KEEPER, Role.SUPERVISOR})
SHOWN = 100


def _may(row: ItemRequest, actor: Actor) -> str:
    if row.state == RequestState.ASKED and actor.role in DECIDERS:
        return "decide"
    second = row.state == RequestState.CONFIRMED and row.decided_by != actor.name
    return "publish" if second and actor.role in PUBLISHERS else ""


def _told(row: ItemRequest, now: Article | None, actor: Actor) -> dict[str, Any]:
    house = houses().get(row.department)
    names = ("id", "state", "by", "code", "title", "body", "reason", "note", "decided_by", "published_by")
    return {name: getattr(row, name) for name in names} | {
        "at": clock.iso(row.at),
        "what": What(row.what).label,
        "department": house.name if house else row.department,
        "state_label": RequestState(row.state).label,
        "present": now.body if now is not None and row.what != What.ADD else "",
        "may": _may(row, actor),
    }


def _rows(session: Session, actor: Actor) -> list[dict[str, Any]]:
    rows = select(ItemRequest, Article).join(Article, Article.code == ItemRequest.code, isouter=True)
    if actor.role in DEPARTMENT:
        rows = rows.where(ItemRequest.department == actor.department)
    found = session.execute(rows.order_by(ItemRequest.id.desc()).limit(SHOWN))
    return [_told(row, now, actor) for row, now in found]


def _page(**more: Any) -> str:
    actor = frame.reader(HERE)
    with db.session() as session:
        rows = _rows(session, actor)
        own = requests.of_department(session, actor.department) if actor.role in DEPARTMENT else []
    ended = (RequestState.PUBLISHED, RequestState.REFUSED)
    told = {
        "open": [row for row in rows if row["state"] not in ended],
        "ended": [row for row in rows if row["state"] in ended],
        "asks": actor.role in DEPARTMENT,
        "whats": {what.value: what.label for what in What},
    }
    return frame.shown("items", actor, own=own, **told, **more)


@items.get(HERE)
def listed() -> str:
    """A department's own requests; all of them for the centre."""
    return _page()


@items.post(HERE)
def asked() -> frame.Answer:
    """A department asks."""
    actor = access.staff(*DEPARTMENT)
    said = {name: frame.words(name) for name in ("what", "code", "title", "body", "reason")}
    return frame.posted(HERE, lambda: requests.ask(parse(requests.Ask, said), actor), _page, "item")


@items.post(f"{HERE}/<int:number>/<step>")
def moved(number: int, step: str) -> frame.Answer:
    """The centre's decision, or the publishing by a second person."""
    if step == "decide":
        actor = access.staff(*DECIDERS)
        granted = frame.yes("granted") is True
        return frame.posted(
            HERE, lambda: requests.decide(number, actor, frame.words("note"), granted=granted), _page, f"item-{number}"
        )
    if step != "publish":
        raise Missing("not_found", "没有这个操作。")
    actor = access.staff(*PUBLISHERS)
    return frame.posted(HERE, lambda: requests.publish(number, actor), _page, f"item-{number}")
