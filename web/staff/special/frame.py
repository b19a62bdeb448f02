"""The frame of the pages under 专项： their tabs, and how a form that was refused comes back with what was typed."""

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request
from werkzeug.wrappers import Response

from hotline import cases
from hotline.errors import BadInput, Conflict
from hotline.lifecycle import Actor
from hotline.words import Action, Role
from web import access

R = Role
TABS: tuple[tuple[str, str, frozenset[Role]], ...] = (
    ("/special/reviews", "评价", frozenset({R.REVIEWER, R.SUPERVISOR, R.REVISITOR, R.AUDITOR})),
    ("/special/appeals", "申诉", frozenset({R.REVIEWER, R.SUPERVISOR, R.REVISITOR, R.AUDITOR})),
    ("/special/stuck", "办不成事", frozenset({R.AGENT, R.DISPATCHER, R.SUPERVISOR, R.AUDITOR})),
    (
        "/special/officers",
        "体验官",
        frozenset({R.REVIEWER, R.REVISITOR, R.SUPERVISOR, R.AUDITOR, R.CLERK, R.HEAD}),
    ),
    ("/special/items", "事项目录", frozenset({R.KEEPER, R.SUPERVISOR, R.CLERK, R.HEAD})),
    ("/special/windows", "窗口评价码", frozenset({R.SUPERVISOR, R.ADMIN})),
)
READERS = {path: roles for path, _, roles in TABS}
HOME = "/special"
Answer = str | Response | tuple[str, int]


def reader(path: str) -> Actor:
    """Who asks for this page. Raises NotLoggedIn or Forbidden."""
    return access.staff(*READERS[path])


def shown(template: str, actor: Actor, **told: Any) -> str:
    """A page with the tabs of this reader; `kept` is what he typed where it was refused, `refused` says why."""
    tabs = [(path, label) for path, label, roles in TABS if actor.role in roles]
    more = {"kept": {}, "refused": "", "done": request.args.get("done", "")} | told
    return render_template(f"staff/special/{template}.html", tabs=tabs, **more)


def posted(path: str, do: Callable[[], object], page: Callable[..., str], done: str) -> Answer:
    """Do what a form asks and go back to its page; where it is refused the page comes back with what was typed."""
    try:
        do()
    except (BadInput, Conflict) as refused:
        return page(kept=request.form.to_dict(), refused=refused.message), refused.status
    return redirect(f"{path}?done={done}", code=303)


def act(number: str, action: Action, actor: Actor, given: dict[str, Any]) -> None:
    """One step of a case on the version the form was shown with. Raises what refuses it."""
    try:
        version = int(request.form.get("version", ""))
    except ValueError:
        raise BadInput("version_missing", "页面已过时，请刷新后再试。", {"version": "缺少此项"}) from None
    cases.act(number, action, actor, given, version=version)


def yes(name: str) -> bool | None:
    """A radio of the form as truth; None where neither is chosen."""
    return {"true": True, "false": False}.get(request.form.get(name, ""))


def words(name: str) -> str:
    """A text of the form."""
    return request.form.get(name, "").strip()
