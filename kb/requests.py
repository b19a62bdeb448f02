"""事项目录： departments ask for changes, the centre confirms, a second person publishes (rules.md §8).

The catalogue is the knowledge base itself: what is published here is what agents, the portal and the windows find.
"""

from typing import Annotated

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.errors import BadInput, Conflict, Missing
from hotline.given import Given, Text
from hotline.lifecycle import Actor
from hotline.unit import Unit, transaction
from hotline.words import Word
from kb.articles import PUBLISHED, RETIRED, REVIEW, apply_in
from kb.models import Article, ItemRequest
from kb.reading import Draft, check

KIND = "guide"


class What(Word):
    """What is asked for."""

    ADD = "add", "新增事项"
    CHANGE = "change", "修改事项"
    RETIRE = "retire", "取消事项"


class RequestState(Word):
    """Where a request stands."""

    ASKED = "asked", "待审核"
    CONFIRMED = "confirmed", "待发布"
    PUBLISHED = "published", "已发布"
    REFUSED = "refused", "未同意"


class Ask(Given):
    what: What
    code: Annotated[str, Field(min_length=2, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]
    title: Annotated[str, Field(max_length=200)] = ""
    body: Annotated[str, Field(max_length=20_000)] = ""
    reason: Text


def of_department(session: Session, department: str) -> list[Article]:
    """The items of a department that are published, by code."""
    rows = select(Article).where(Article.department == department, Article.state == PUBLISHED)
    return list(session.scalars(rows.order_by(Article.code)))


def ask(said: Ask, actor: Actor) -> ItemRequest:
    """A request of a department. Raises BadInput for what cannot be stored, or for an item that is not its own."""
    with transaction() as unit:
        _fits(unit.session.get(Article, said.code), said, actor.department)
        if said.what is not What.RETIRE:
            check(_draft(said, actor.department))
        who = {"department": actor.department, "by": actor.name, "at": unit.now}
        made = ItemRequest(state=RequestState.ASKED.value, **who, **said.model_dump(mode="json"))
        unit.session.add(made)
        return made


def _fits(article: Article | None, said: Ask, department: str) -> None:
    """A new item needs a code that is free, a change one of the department's own."""
    if said.what is What.ADD and article is not None:
        raise BadInput("article_exists", f"编号 {said.code} 已被使用，请选“修改事项”。", {"code": "已被使用"})
    if said.what is not What.ADD and (article is None or article.department != department):
        raise BadInput("not_yours", f"{said.code} 不是本部门的事项。", {"code": "不是本部门的事项"})


def _draft(said: Ask | ItemRequest, department: str) -> Draft:
    return Draft(code=said.code, title=said.title, body=said.body, kind=KIND, department=department)


def _held(unit: Unit, number: int, state: RequestState) -> ItemRequest:
    row = unit.session.get(ItemRequest, number, with_for_update=True)
    if row is None:
        raise Missing("no_such_request", "没有这份申请。")
    if row.state != state:
        raise Conflict("request_moved", f"这份申请现在是“{RequestState(row.state).label}”，请刷新后再看。")
    return row


def decide(number: int, actor: Actor, note: str, *, granted: bool) -> None:
    """The centre's review: confirmed, its text waits in the knowledge base to be published; refused, with a reason."""
    with transaction() as unit:
        row = _held(unit, number, RequestState.ASKED)
        if not granted and not note:
            raise BadInput("reason_missing", "不同意的，请写明原因。", {"note": "缺少此项"})
        row.decided_by, row.decided_at, row.note = actor.name, unit.now, note
        row.state = (RequestState.CONFIRMED if granted else RequestState.REFUSED).value
        if granted and row.what != What.RETIRE:
            article = unit.session.get(Article, row.code, with_for_update=True)
            if row.what == What.ADD and article is not None:
                raise Conflict("article_exists", f"编号 {row.code} 已被使用。", {"code": row.code})
            if article is None:
                apply_in(unit, None, _draft(row, row.department), REVIEW, actor.name)


def publish(number: int, actor: Actor) -> None:
    """A second person publishes what was confirmed; from then on it is what everybody finds."""
    with transaction() as unit:
        row = _held(unit, number, RequestState.CONFIRMED)
        if row.decided_by == actor.name:
            raise BadInput("second_person", "要由另一个人发布。")
        article = unit.session.get(Article, row.code, with_for_update=True)
        if article is None:
            raise Missing("article_missing", f"没有编号为 {row.code} 的条目。")
        said = _draft(row, row.department)
        if row.what == What.RETIRE:
            said = Draft(**{name: getattr(article, name) for name in Draft.__dataclass_fields__})
        apply_in(unit, article, said, RETIRED if row.what == What.RETIRE else PUBLISHED, actor.name)
        row.state, row.published_by, row.published_at = RequestState.PUBLISHED.value, actor.name, unit.now
