"""What every staff page has on top: who is here, in which role, and the pages of that role."""

from functools import lru_cache

from hotline import db
from hotline.city_models import User
from hotline.words import Role
from web import access

R = Role
PAGES: tuple[tuple[str, str, frozenset[Role]], ...] = (
    ("/desk", "坐席", frozenset({R.AGENT, R.SUPERVISOR})),
    ("/dispatch", "派单", frozenset({R.DISPATCHER, R.REVIEWER, R.SUPERVISOR})),
    ("/revisit", "回访", frozenset({R.REVISITOR, R.SUPERVISOR})),
    ("/board", "看板", frozenset({R.SUPERVISOR, R.AUDITOR})),
    ("/topics", "热点", frozenset({R.SUPERVISOR, R.AUDITOR, R.DISPATCHER})),
    ("/calls", "通话", frozenset({R.SUPERVISOR, R.AUDITOR})),
    ("/looks", "查看记录", frozenset({R.SUPERVISOR, R.AUDITOR})),
    ("/department", "办理", frozenset({R.CLERK, R.HEAD})),
    ("/papers", "文书", frozenset({R.CLERK, R.HEAD, R.SUPERVISOR, R.AUDITOR})),
    ("/special", "专项", frozenset(Role) - {R.CITIZEN, R.SYSTEM}),
    ("/reports", "月报", frozenset({R.HEAD, R.SUPERVISOR, R.AUDITOR})),
    ("/kb", "知识库", frozenset({R.KEEPER, R.AGENT, R.DISPATCHER, R.REVIEWER, R.SUPERVISOR})),
    ("/models", "模型", frozenset({R.SUPERVISOR, R.ADMIN, R.AUDITOR})),
    ("/admin", "系统", frozenset({R.ADMIN, R.SUPERVISOR})),
)


@lru_cache(maxsize=4096)
def shown_name(user: str) -> str:
    """The name people know a user by; his login where there is none."""
    with db.session() as reading:
        row = reading.get(User, user)
        return row.shown if row is not None and row.shown else user


def pages_of(role: Role) -> list[tuple[str, str]]:
    """(address, label) of the pages this role works with, in a fixed order."""
    return [(path, label) for path, label, roles in PAGES if role in roles]


def frame() -> dict[str, object]:
    """For the templates: `staff_pages` and `staff_name` of whoever asks; nothing for citizens."""
    actor = access.asking()
    if actor.role is Role.CITIZEN:
        return {}
    return {"staff_pages": pages_of(actor.role), "staff_name": shown_name(actor.name)}
