"""A case told to its citizen in plain words: where it stands, who has it, until when, and what happened so far."""

import datetime as dt
from typing import Any

from hotline import clock
from hotline.words import Action, Clock, Level, Part, State
from web.citizen.tongue import english, said
from web.months import Month

WEEK = "一二三四五六日"
NEAR = {-1: "昨天", 0: "今天", 1: "明天", 2: "后天"}

STANDS: dict[State, str] = {
    State.RECEIVED: "已收到，正在受理",
    State.ACCEPTED: "已受理，正在确定由哪个部门办理",
    State.FORWARDED: "已转给{who}，等待签收",
    State.HANDLING: "{who}正在办理",
    State.RETURNING: "正在重新确定由哪个部门办理",
    State.SUSPENDED: "等待您补充情况，暂停计时",
    State.REPLIED: "{who}已经办完，热线正在审核答复",
    State.PASSED: "已经答复，热线会回访您是否满意",
    State.CHECKING: "您不满意，热线正在核实原因",
    State.VERDICT: "核实已有结论，正在由另一人复核",
    State.RECTIFYING: "已要求重新办理",
    State.GUIDED: "这件事有专门的办理渠道，说明见下方",
    State.MERGED: "与您反映的同一件事合在一起办理",
    State.CLOSED: "已办结",
    State.ARCHIVED: "已办结归档",
}
HAPPENED: dict[str, str] = {
    "create": "您提交了诉求",
    Action.ACCEPT: "热线受理了您的诉求",
    Action.GUIDE: "热线说明了应走的办理渠道",
    Action.ANSWER: "热线直接答复了您",
    Action.FORWARD: "转给{who}办理",
    Action.SIGN: "承办部门签收，开始办理",
    Action.CONTACT: "承办部门与您联系",
    Action.INTERIM: "承办部门告知了办理进展",
    Action.REPLY: "承办部门提交了答复",
    Action.PASS: "答复通过了热线审核",
    Action.REVISIT: "热线回访了您",
    Action.RATE: "您作了评价",
    Action.REDO: "要求承办部门重新办理",
    Action.CLOSE: "办结",
    Action.REOPEN: "重新打开，继续办理",
    Action.SUPPLEMENT: "您补充了情况",
    Action.URGE: "您催办了一次",
    Action.MERGE: "与同一件事合并办理",
    "attach": "您上传了照片或文件",
    "agree": "您改变了是否让承办部门知道您是谁",
}
TOGETHER: dict[State, str] = STANDS | {  # how the one case of a group event stands, told to the others
    State.SUSPENDED: "等待补充情况，暂停计时",
    State.PASSED: "已经答复，答复见下方",
    State.CHECKING: "已经答复，热线正在回访核实",
    State.VERDICT: "已经答复，热线正在回访核实",
}
_OWN_WAITS = frozenset({Clock.BAD_REVIEW, Clock.VERDICT, Clock.SECOND_REVISIT, Clock.REVISIT})  # one citizen's alone
WAITS: tuple[tuple[Clock, str], ...] = (  # the first that runs is what the citizen waits for
    (Clock.RECTIFICATION, "重新答复"),
    (Clock.RECTIFICATION_COMPLEX, "重新答复"),
    (Clock.REPLY, "答复"),
    (Clock.BAD_REVIEW, "联系您核实"),
    (Clock.VERDICT, "给出核查结论"),
    (Clock.SECOND_REVISIT, "回访您"),
    (Clock.REVISIT, "回访您"),
    (Clock.REVIEW, "审核完答复"),
    (Clock.FORWARD, "转给承办部门"),
    (Clock.ACCEPT, "受理"),
)


def day_words(at: dt.datetime, now: dt.datetime) -> str:
    """今天 17:40 · 11月28日（周六） 18:00, in English 28 Nov 18:00; Asia/Shanghai."""
    then, today = clock.local(at), clock.local(now)
    if english():
        return f"{then:%d %b %H:%M}" if then.year == today.year else f"{then:%d %b %Y %H:%M}"
    near = NEAR.get((then.date() - today.date()).days)
    year = f"{then.year}年" if then.year != today.year else ""
    day = near or f"{year}{then.month}月{then.day}日（周{WEEK[then.weekday()]}）"
    return f"{day} {then:%H:%M}"


def month_words(month: Month) -> str:
    """2026年10月, in English October 2026."""
    return f"{month.begin:%B %Y}" if english() else month.label


def _who(departments: list[dict[str, Any]]) -> str:
    """Lead first, then co-handlers; a returned part no longer counts."""
    live = [d for d in departments if d["status"] != "returned"]
    ordered = sorted(live, key=lambda d: (-int(d["round"]), d["role"] != Part.LEAD))
    return "、".join(dict.fromkeys(d["name"] for d in ordered if d["round"] == ordered[0]["round"]))


def _sentence(row: dict[str, Any], due: dt.datetime, now: dt.datetime) -> str:
    if row["paused"]:
        return said("‖ 暂停计时，原定 {when} 前{what}")
    late = due < now
    return said("■ 本应在 {when} 前{what}，已经超期，热线正在督促" if late else "{when} 前{what}")


def _until(clocks: list[dict[str, Any]], now: dt.datetime) -> dict[str, Any] | None:
    """What he waits for, by when; None where nothing runs."""
    running: dict[str, dict[str, Any]] = {}
    for row in clocks:
        if row["stopped_at"] is None:
            running.setdefault(row["clock"], row)
    for name, what in WAITS:
        if name in running:
            row = running[name]
            due = dt.datetime.fromisoformat(row["due_at"])
            when = {"words": day_words(due, now), "late": due < now, "paused": row["paused"]}
            when["sentence"] = _sentence(row, due, now).format(when=when["words"], what=said(what))
            return when | {"what": said(what), "explain": row["explain"], "provisional": row["provisional"]}
    return None


def _happened(step: dict[str, Any], names: dict[str, str], now: dt.datetime) -> dict[str, str]:
    who = "、".join(names.get(code, code) for code in step["departments"]) or said("承办部门")
    at = dt.datetime.fromisoformat(step["at"])
    told = {"at": step["at"], "when": day_words(at, now), "what": said(HAPPENED[step["action"]]).format(who=who)}
    return told | {"words": step["words"]}


def rateable(case: dict[str, Any]) -> bool:
    """Whether the citizen may rate now: once for each round."""
    return Action.RATE in case["actions"] and all(row["round"] != case["round"] for row in case["ratings"])


def _said(case: dict[str, Any], now: dt.datetime) -> list[dict[str, str]]:
    """Public replies, the latest first."""
    rows = reversed(case["replies"])
    return [
        {"when": day_words(dt.datetime.fromisoformat(r["at"]), now), "text": r["public"], "who": r["who"]} for r in rows
    ]


def _together(case: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """(How it stands, the case) of one that was merged: who handles the event, until when, and what was answered."""
    event = case["event"]
    stands = said("{one}：{other}").format(one=said(STANDS[State.MERGED]), other=said(TOGETHER[State(event["state"])]))
    seen = {name: event[name] or case[name] for name in ("departments", "answer", "guidance")}
    clocks = [row for row in event["clocks"] if row["clock"] not in _OWN_WAITS]
    return stands, case | seen | {"clocks": clocks, "replies": case["replies"] + event["replies"]}


def told(case: dict[str, Any], steps: list[dict[str, Any]], names: dict[str, str], now: dt.datetime) -> dict[str, Any]:
    """The page's content from the case and history as the citizen reads them; `names` are departments by code."""
    stands, case = _together(case) if case["state"] == State.MERGED and case["event"] else ("", case)
    who = _who(case["departments"])
    replies = [row | {"who": names.get(row["department"], row["department"])} for row in case["replies"]]
    return {
        "number": case["number"],
        "title": case["title"],
        "content": case["content"],
        "state": case["state"],
        "stands": (stands or said(STANDS[State(case["state"])])).format(who=who or said("承办部门")),
        "who": who,
        "until": _until(case["clocks"], now),
        "steps": [_happened(step, names, now) for step in reversed(steps)],
        "replies": _said(case | {"replies": replies}, now),
        "answer": case["answer"],
        "guidance": case["guidance"],
        "ratings": [{"level": Level(str(r["level"])).label, "words": r.get("words", "")} for r in case["ratings"]],
        "rateable": rateable(case),
        "confidential": case["confidential"] and not case["anonymous"],
        "agreed": case["agreed"],
        "may_urge": Action.URGE in case["actions"],
        "may_speak": Action.SUPPLEMENT in case["actions"],
    }
