"""The named conditions and guards of the life-cycle table.

A condition chooses between rows of one action; a guard refuses with a Chinese sentence (empty: nothing against it).
"""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from hotline.tries import counted
from hotline.words import (
    OPEN_DELIVERY,
    TO_RECTIFY,
    WORST_GOOD_LEVEL,
    Delivery,
    Part,
    Role,
    State,
    Stuck,
    StuckEnd,
    Verdict,
)

if TYPE_CHECKING:
    from hotline.lifecycle import Actor, Facts

Given = Mapping[str, Any]
Condition = Callable[["Facts", "Actor", Given], bool]
Guard = Callable[["Facts", "Actor", Given, dt.datetime], str]


def _others(facts: "Facts", actor: "Actor", waiting: frozenset[Delivery]) -> bool:
    """Whether another department of this case is still at one of these points."""
    return any(p.department != actor.department and p.status in waiting for p in facts.places)


_UNSIGNED = frozenset({Delivery.SENT, Delivery.DELIVERED, Delivery.RETURNING})


def _happy(given: Given) -> bool:
    return bool(given.get("solved")) and int(given.get("satisfaction") or 0) >= WORST_GOOD_LEVEL


CONDITIONS: dict[str, Condition] = {
    "last_to_sign": lambda f, a, _: not _others(f, a, _UNSIGNED),
    "others_to_sign": lambda f, a, _: f.state is not State.FORWARDED or _others(f, a, _UNSIGNED),
    "last_to_reply": lambda f, a, _: not _others(f, a, OPEN_DELIVERY),
    "others_to_reply": lambda f, a, _: _others(f, a, OPEN_DELIVERY),
    "reassigned": lambda f, _a, g: g.get("verdict") == "reassign" and not _gives_back_redo(f),
    "redo_reassigned": lambda f, _a, g: g.get("verdict") == "reassign" and _gives_back_redo(f),
    "kept_signed": lambda f, _a, g: g.get("verdict") == "keep" and _all_signed(f),
    "kept_unsigned": lambda f, _a, g: g.get("verdict") == "keep" and not _all_signed(f),
    "granted": lambda _f, _a, g: g.get("granted") is True,
    "not_granted": lambda _f, _a, g: g.get("granted") is False,
    "first_round": lambda f, _a, _g: f.round == 1 and f.drawn,
    "not_drawn": lambda f, _a, _g: f.round == 1 and not f.drawn,
    "later_round": lambda f, _a, _g: f.round > 1,
    "reached": lambda _f, _a, g: g.get("reached") is True,
    "not_reached": lambda _f, _a, g: g.get("reached") is False,
    "content": lambda _f, _a, g: g.get("reached") is True and _happy(g),
    "discontent": lambda _f, _a, g: g.get("reached") is True and not _happy(g),
    "bad_level": lambda _f, _a, g: int(g.get("level") or 0) < WORST_GOOD_LEVEL,
    "good_level": lambda _f, _a, g: int(g.get("level") or 0) >= WORST_GOOD_LEVEL,
    "remaining_level": lambda f, _a, g: f.state is State.CHECKING or int(g.get("level") or 0) >= WORST_GOOD_LEVEL,
    "justified": lambda _f, _a, g: g.get("verdict") == Verdict.JUSTIFIED,
    "complex": lambda _f, _a, g: g.get("verdict") == Verdict.COMPLEX,
    "not_justified": lambda _f, _a, g: g.get("verdict") not in TO_RECTIFY,
    "answered_by_centre": lambda f, _a, _g: not f.places,
    "rectifying": lambda f, _a, _g: f.round > 1 and bool(f.verdict_by),
    "not_rectifying": lambda f, _a, _g: f.round == 1 or not f.verdict_by,
    "upheld": lambda _f, _a, g: g.get("upheld") is True,
    "not_upheld": lambda _f, _a, g: g.get("upheld") is False,
    "stuck_general": lambda _f, _a, g: g.get("grade") == Stuck.GENERAL,
    "stuck_cannot": lambda _f, _a, g: g.get("grade") == Stuck.CANNOT,
    "stuck_hard": lambda _f, _a, g: g.get("grade") == Stuck.HARD,
    "stuck_refusal": lambda _f, _a, g: g.get("grade") == Stuck.REFUSAL,
}


def _all_signed(facts: "Facts") -> bool:
    """Whether, with the returner's part given back, every live part is signed or replied."""
    done = {Delivery.SIGNED, Delivery.REPLIED, Delivery.RETURNED}
    return all(p.status in done or (p.status is Delivery.RETURNING and p.signed) for p in facts.places)


def _gives_back_redo(facts: "Facts") -> bool:
    """Whether what is given back is to be rectified: its deadline is that of the rectification, not of a reply."""
    return any(p.status is Delivery.RETURNING and p.rectifies for p in facts.places)


def _one_lead(_f: "Facts", _a: "Actor", given: Given, _n: dt.datetime) -> str:
    named = given.get("departments") or []
    leads = [d for d in named if d["role"] == Part.LEAD]
    return _twice(named) if len(leads) == 1 else "要有且只有一个主办部门。"


def _twice(named: list[dict[str, str]]) -> str:
    codes = [d["code"] for d in named]
    return "同一部门写了两次。" if len(set(codes)) < len(codes) else ""


def _adds(facts: "Facts", _a: "Actor", given: Given, _n: dt.datetime) -> str:
    named = given.get("departments") or []
    here = {p.department for p in facts.places if p.status is not Delivery.RETURNED}
    if any(d["role"] == Part.LEAD for d in named):
        return "已有主办部门，只能增加协办；改派主办请先退单裁定。"
    return "这个部门已经在办。" if any(d["code"] in here for d in named) else _twice(named)


def _own_is(*wanted: Delivery, saying: str) -> Guard:
    def guard(facts: "Facts", actor: "Actor", given: Given, _n: dt.datetime) -> str:
        place = facts.own(actor.department or str(given.get("department", "")))
        return "" if place is not None and place.status in wanted else saying

    return guard


def _return_in_time(facts: "Facts", actor: "Actor", _g: Given, now: dt.datetime) -> str:
    place = facts.own(actor.department)
    late = place is not None and place.return_due is not None and now > place.return_due
    return "已过退单时限，应由本部门办理。" if late else ""


def _before_reply_due(facts: "Facts", actor: "Actor", _g: Given, now: dt.datetime) -> str:
    place = facts.own(actor.department)
    if place is None or place.reply_due is None:
        return "现在没有可以延长的答复时限。"
    return "答复时限已过，不能再申请延期。" if now > place.reply_due else ""


def _extension_allowed(facts: "Facts", actor: "Actor", given: Given, _n: dt.datetime) -> str:
    place = facts.own(actor.department)
    if place is not None and place.extensions >= facts.limits.get("extensions_allowed", 1):
        return "延期只能一次。"
    days, usual = int(given.get("days") or 0), facts.limits.get("extension_max_days", 5)
    most = facts.limits.get("extension_complex_days", 10)
    if days > most:
        return f"最多延长 {most} 个工作日。"
    return f"超过 {usual} 个工作日的延期，要由单位负责人申请。" if days > usual and actor.role is not Role.HEAD else ""


def _final(facts: "Facts", actor: "Actor", _g: Given, _n: dt.datetime) -> str:
    return "第二次退单由值班长裁定。" if facts.returns > 1 and actor.role is not Role.SUPERVISOR else ""


def _not_final(facts: "Facts", _a: "Actor", _g: Given, _n: dt.datetime) -> str:
    return "第二次退单的裁定是终审，不能再退单。" if facts.returns > 1 else ""


def _names_department(facts: "Facts", _a: "Actor", given: Given, _n: dt.datetime) -> str:
    code = given.get("department")
    if not code:
        return "改派要写明部门。"
    return "这个部门已经在办。" if facts.own(str(code)) is not None else ""


def _whole_answer(_f: "Facts", _a: "Actor", given: Given, _n: dt.datetime) -> str:
    missing = [name for name in ("solved", "satisfaction") if given.get(name) is None]
    return "已联系上市民，请填是否解决和满意程度。" if missing else ""


def _unreachable(facts: "Facts") -> bool:
    """Tried on as many different half days as it takes, outside quiet hours (rules.md §2)."""
    return counted(facts.tries, facts.revisit_hours) >= facts.limits.get("revisit_tries", 3)


def _heard(facts: "Facts", _a: "Actor", _g: Given, _n: dt.datetime) -> str:
    return "" if facts.spoken or _unreachable(facts) else "先回访市民，再作判定。"


def _tried_enough(facts: "Facts", _a: "Actor", _g: Given, _n: dt.datetime) -> str:
    if _unreachable(facts):
        return ""
    done, needed = counted(facts.tries, facts.revisit_hours), facts.limits.get("revisit_tries", 3)
    return f"回访未完成，不能结案：要在 {needed} 个不同的半天拨打过，同一半天只计一次，已计 {done} 次。"


def _reopen_window(facts: "Facts", _a: "Actor", _g: Given, now: dt.datetime) -> str:
    days = facts.limits.get("reopen_days", 30)
    over = facts.closed_at is not None and now > facts.closed_at + dt.timedelta(days=days)
    return f"结案已超过 {days} 天，请登记新的诉求。" if over else ""


def _appeal_in_time(facts: "Facts", _a: "Actor", _g: Given, now: dt.datetime) -> str:
    if facts.appeal_until is None:
        return "没有发回本部门重办的评价，不能申诉。"
    return "已过申诉期限。" if now > facts.appeal_until else ""


def _names_discipline(facts: "Facts", _a: "Actor", given: Given, _n: dt.datetime) -> str:
    referred = given.get("result") == StuckEnd.REFERRED
    if facts.stuck == Stuck.REFUSAL and not referred:
        return "故意不办的，要查处并移送纪检监察。"
    return "请写明移送到哪个纪检监察机关和文号。" if referred and not given.get("referred_to") else ""


def _another(name: str) -> Guard:
    return lambda f, a, _g, _n: "要由另一个人审批。" if getattr(f, name) == a.name else ""


def _said(holds: Callable[["Facts", "Actor", Given], bool], saying: str) -> Guard:
    return lambda f, a, g, _n: "" if holds(f, a, g) else saying


def _awaits_extension(facts: "Facts", _a: "Actor", given: Given) -> bool:
    """Whether the department that is named, or any where none is, waits for the verdict."""
    named = given.get("department")
    return named in facts.pending_extensions if named else bool(facts.pending_extensions)


def _suspended_it(facts: "Facts", actor: "Actor", _g: Given) -> bool:
    return not actor.department or actor.department == facts.suspended_for


GUARDS: dict[str, Guard] = {
    "one_lead": _one_lead,
    "adds_co_handlers": _adds,
    "awaits_receipt": _own_is(Delivery.SENT, saying="已有回执。"),
    "awaits_signature": _own_is(Delivery.DELIVERED, saying="已经签收过了。"),
    "still_here": _own_is(Delivery.DELIVERED, Delivery.SIGNED, saying="本部门已答复或已申请退单。"),
    "signed": _own_is(Delivery.SIGNED, saying="请先签收；已答复的不能再改。"),
    "return_in_time": _return_in_time,
    "final_by_supervisor": _final,
    "verdict_not_final": _not_final,
    "names_department": _names_department,
    "no_pending_extension": _said(
        lambda f, a, _g: a.department not in f.pending_extensions, "已有一份延期申请在等审批。"
    ),
    "pending_extension": _said(_awaits_extension, "没有等待审批的延期申请。"),
    "before_reply_due": _before_reply_due,
    "extension_allowed": _extension_allowed,
    "no_pending_suspension": _said(lambda f, _a, _g: not f.pending_suspension, "已有一份挂起申请在等审批。"),
    "pending_suspension": _said(lambda f, _a, _g: bool(f.pending_suspension), "没有等待审批的挂起申请。"),
    "who_suspended": _said(_suspended_it, "挂起的是另一个部门，由它或值班长恢复。"),
    "owes_no_rectification": _said(
        lambda f, _a, _g: not any(p.rectifies for p in f.places), "差评正在整改，不能并入别的诉求。"
    ),
    "second_person_suspends": _another("pending_suspension_by"),
    "second_person_judges": _another("verdict_by"),
    "reason_if_unsolved": _said(lambda _f, _a, g: bool(g.get("solved") or g.get("reason")), "未解决的请写明原因。"),
    "whole_answer": _whole_answer,
    "not_rated": _said(lambda f, _a, _g: not f.rated, "这次办理已经评价过了，谢谢您。"),
    "event_answered": _said(lambda f, _a, _g: f.parent_answered, "同一件事还没有答复，答复后就可以评价。"),
    "heard": _heard,
    "tried_enough": _tried_enough,
    "had_department": _said(lambda f, _a, _g: bool(f.places), "没有承办部门。"),
    "within_reopen_window": _reopen_window,
    "appeal_in_time": _appeal_in_time,
    "not_appealed": _said(lambda f, _a, _g: not f.appealed, "这次评价已经申诉过了。"),
    "open_appeal": _said(lambda f, _a, _g: f.appeal == "open", "没有等待裁定的申诉。"),
    "upheld_appeal": _said(lambda f, _a, _g: f.appeal == "upheld", "没有等待复核的申诉。"),
    "second_person_appeals": _another("appeal_by"),
    "is_stuck": _said(lambda f, _a, _g: bool(f.stuck), "没有登记为办不成事。"),
    "names_discipline": _names_discipline,
}
BY_FORM = frozenset(
    {"one_lead", "adds_co_handlers", "names_department", "whole_answer", "reason_if_unsolved", "names_discipline"}
)  # look at what is given; the others can be asked before
OF_THE_PART = frozenset({"awaits_receipt", "awaits_signature", "still_here", "signed"})  # about a department's part
