"""How people behave: the life of one case as a generator of what is done when, drawn from a seed.

A life yields `Deed`s; what it is sent back is the case as it stands after that deed, or the code of its refusal. It
knows nothing of databases and of no other case.
"""

import datetime as dt
import random
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hotline.lifecycle import Actor
from hotline.words import Action, Role, State
from hotline.worktime import Calendar, Limit, Unit, due

HOUR = dt.timedelta(hours=1)
MINUTE = dt.timedelta(minutes=1)
HALF_AN_HOUR = dt.timedelta(minutes=30)
ROUNDS = 4  # after the last everybody is content
ANSWER = {
    "facts": "属实",
    "solved": True,
    "internal": "现场照片已存档。",
    "public": "经现场核实，您反映的问题已责成责任单位整改到位，并将加强日常巡查，欢迎您继续监督。",
}


class Deed(NamedTuple):
    """At `at`, `actor` does `action` with `form`; action None only looks at the case."""

    at: dt.datetime
    actor: Actor
    action: Action | None
    form: dict[str, Any]


class Seen(NamedTuple):
    """A case after a deed; `refused` is the code where the deed was refused."""

    state: str
    version: int
    lead: str
    houses: tuple[str, ...]
    reply_due: dt.datetime | None
    refused: str = ""


Life = Generator[Deed, Seen, None]


@dataclass(frozen=True)
class Habits:
    """Shares of 1: how the people of this city behave."""

    answered_at_once: float = 0.80  # of everything (rules.md §1: real centres 75-86 %)
    guided: float = 0.02
    forgotten: float = 0.01  # no dispatcher forwards it: the system has to
    wrong_house: float = 0.08
    co_handler: float = 0.10
    urgent: float = 0.03
    returns_what_is_not_its_own: float = 0.8
    returns_what_is_its_own: float = 0.02
    verdict_keeps: float = 0.2
    signs_late: float = 0.04
    silent_until_ordered: float = 0.01
    contacts: float = 0.95
    hands_down: float = 0.10
    interim: float = 0.05
    extension: float = 0.06
    suspension: float = 0.015
    late_reply: float = 0.04
    sent_back: float = 0.07
    urges: float = 0.08
    rates_itself: float = 0.15
    rates_badly: float = 0.15
    answers_the_phone: float = 0.7
    content: float = 0.88
    no_ground: float = 0.25


USUAL = Habits()
AGENT = Actor("agent1", Role.AGENT)
DISPATCHER = Actor("dispatcher1", Role.DISPATCHER)
REVIEWER = Actor("reviewer1", Role.REVIEWER)
REVISITOR = Actor("revisitor1", Role.REVISITOR)
SUPERVISOR, SECOND = Actor("supervisor1", Role.SUPERVISOR), Actor("supervisor2", Role.SUPERVISOR)
CITIZEN = Actor("citizen", Role.CITIZEN)


def clerk(house: str) -> Actor:
    """The clerk of a department."""
    return Actor(f"{house}1", Role.CLERK, house)


@dataclass
class City:
    """What a life knows of its surroundings: the draws, the calendar, the departments, and how people behave."""

    dice: random.Random
    calendar: Calendar
    houses: list[str]
    habits: Habits = USUAL
    counted: dict[str, int] = field(default_factory=dict)

    def happens(self, share: str) -> bool:
        """A draw against one of the habits, counted by its name."""
        drawn = self.dice.random() < getattr(self.habits, share)
        if drawn:
            self.counted[share] = self.counted.get(share, 0) + 1
        return drawn

    def minutes(self, least: int, most: int) -> dt.timedelta:
        return self.dice.randint(least, most) * MINUTE

    def office(self, at: dt.datetime, least: int, most: int) -> dt.datetime:
        """So many minutes (drawn) later, at work: a sitting at the half of an hour inside office hours."""
        later = at + self.minutes(least, most)
        end = due(later, Limit(1, Unit.WORKING_HOURS), self.calendar).at
        return end.replace(minute=30, second=0, microsecond=0) - (0 * HOUR if end.minute >= 30 else HOUR)

    def days(self, at: dt.datetime, count: int) -> dt.datetime:
        """The end of office hours so many working days later."""
        return due(at, Limit(count, Unit.WORKING_DAYS), self.calendar).at


def life(city: City, seen: Seen, at: dt.datetime, owner: str) -> Life:
    """A case from its intake at `at` to its end. `owner` is whose matter it is by the catalogue."""
    if city.happens("answered_at_once"):
        seen = yield from _answered(city, seen, at)
        if seen.lead:  # the machine was sure enough to forward it before
            yield from _worked_on(city, seen, at + HALF_AN_HOUR, owner)
        return
    if city.happens("guided"):
        form = {"channel": "人民法院", "text": "您反映的事项已进入诉讼程序，请向受理法院反映。"}
        yield from _at_last(Deed(at + city.minutes(10, 60), AGENT, Action.GUIDE, form))
        return
    then, seen = yield from _forwarded(city, seen, at, owner)
    if seen.lead:
        yield from _worked_on(city, seen, then, owner)


def _answered(city: City, seen: Seen, at: dt.datetime) -> Generator[Deed, Seen, Seen]:
    """By an agent, on the telephone or when he reads what was written; the machine may have accepted it by then."""
    then = at + city.minutes(2, 20)
    if seen.state == State.RECEIVED:
        seen = yield Deed(then, AGENT, None, {})
    form = {"text": "已按知识库答复，办理时间为工作日上午八点半至下午六点。"}
    return (yield from _at_last(Deed(then, AGENT, Action.ANSWER, form)))


def _forwarded(city: City, seen: Seen, at: dt.datetime, owner: str) -> Generator[Deed, Seen, tuple[dt.datetime, Seen]]:
    """Since when a house has the case, and the case; a forgotten one is looked at after the system forwarded it."""
    then = at + city.minutes(5, 90)
    if city.happens("forgotten"):
        then = at + 25 * HOUR
        seen = yield Deed(then, DISPATCHER, None, {})
    else:
        if seen.state == State.RECEIVED:  # the machine may be quicker: the dispatcher opens the case before he decides
            seen = yield Deed(then, DISPATCHER, None, {})
        named = [{"code": city.dice.choice(city.houses) if city.happens("wrong_house") else owner, "role": "lead"}]
        if city.happens("co_handler"):
            others = [code for code in city.houses if code != named[0]["code"]]
            named.append({"code": city.dice.choice(others), "role": "co"})
        form = {"departments": named, "opinion": "请依法核实办理并答复市民。"}
        seen = yield from _at_last(Deed(then, DISPATCHER, Action.FORWARD, form))
    return then, seen


def _at_last(deed: Deed) -> Generator[Deed, Seen, Seen]:
    """Tried again while somebody was quicker: the machine accepts meanwhile; where it also forwarded, that is that."""
    seen = yield deed
    while seen.refused == "version_conflict" and not seen.lead:
        deed = deed._replace(at=deed.at + HALF_AN_HOUR)
        seen = yield deed
    return seen


def _worked_on(city: City, seen: Seen, at: dt.datetime, owner: str) -> Life:
    """Rounds of handling, answer and revisit until the citizen is content or nothing is left to rectify."""
    house = seen.lead
    if (house != owner and city.happens("returns_what_is_not_its_own")) or city.happens("returns_what_is_its_own"):
        house, at, seen = yield from _given_back(city, house, at, owner)
    for number in range(ROUNDS):
        others = [code for code in seen.houses if code != house]
        for co in others:
            yield from _signed(city, co, at)
        at, seen = yield from _signed(city, house, at)
        for co in others:
            yield Deed(city.office(at, 30, 300), clerk(co), Action.REPLY, ANSWER)
        at = yield from _replied(city, house, at, seen.reply_due)
        at, seen = yield from _reviewed(city, house, at)
        if city.happens("urges"):
            yield Deed(at + city.minutes(1, 300), CITIZEN, Action.URGE, {"text": "请尽快处理。"})
        end = yield from _revisited(city, at, last=number == ROUNDS - 1)
        if end is None or seen.refused:
            return
        opinion = {"opinion": "请重新核实办理。"}
        at = city.office(end, 10, 120)
        seen = yield Deed(at, DISPATCHER, Action.REDO, opinion)


def _given_back(
    city: City, house: str, at: dt.datetime, owner: str
) -> Generator[Deed, Seen, tuple[str, dt.datetime, Seen]]:
    """Returned with a reason; the dispatcher keeps it there or gives it to whose it is."""
    then = city.office(at, 20, 200)
    seen = yield Deed(then, clerk(house), Action.RETURN, {"reason": "不属于我单位职责范围。", "suggest": owner})
    if seen.refused:
        return house, at, seen
    keeps = house == owner or city.happens("verdict_keeps")
    form = {"verdict": "keep"} if keeps else {"verdict": "reassign", "department": owner}
    seen = yield Deed(city.office(then, 10, 180), DISPATCHER, Action.ARBITRATE, form | {"reason": "按职责清单裁定。"})
    if seen.refused == "names_department":  # whose it is works on it already
        seen = yield Deed(
            city.office(then, 10, 180), DISPATCHER, Action.ARBITRATE, {"verdict": "keep", "reason": "裁定。"}
        )
    return seen.lead or house, then, seen


def _signed(city: City, house: str, at: dt.datetime) -> Generator[Deed, Seen, tuple[dt.datetime, Seen]]:
    """Signed by the department: soon, late, or only when its leader was named in an order."""
    if city.happens("silent_until_ordered"):
        then = city.days(at, 3)
    elif city.happens("signs_late"):
        then = city.days(at, 1) + 40 * HOUR
    else:
        then = at
    then = city.office(then, 15, 300)
    seen = yield Deed(then, clerk(house), Action.SIGN, {})
    return then, seen


def _replied(city: City, house: str, at: dt.datetime, due_at: dt.datetime | None) -> Generator[Deed, Seen, dt.datetime]:
    """What the department does until its answer is there, with the deadline it read when it signed."""
    me, at = clerk(house), at + HOUR
    if city.happens("contacts"):
        at = city.office(at, 30, 400)
        yield Deed(at, me, Action.CONTACT, {"how": "phone", "result": "已与市民联系，了解情况。"})
    if city.happens("hands_down"):
        yield Deed(at, me, Action.HAND_DOWN, {"unit": "二中队"})
    if city.happens("interim"):
        yield Deed(at, me, Action.INTERIM, {"text": "正在现场核实，将尽快答复。"})
    if city.happens("suspension"):
        at = yield from _suspended(city, me, at)
    if city.happens("extension"):
        at = yield from _extended(city, me, at)
        due_at = (yield Deed(at, me, None, {})).reply_due
    at = _moment_of_reply(city, at, due_at)
    solved = city.dice.random() < 0.9
    yield Deed(at, me, Action.REPLY, ANSWER | {"solved": solved, "reason": "" if solved else "需另行立项。"})
    return at


def _moment_of_reply(city: City, at: dt.datetime, due_at: dt.datetime | None) -> dt.datetime:
    """Mostly in the second half of the limit, some at the last hour, some days late."""
    if due_at is None or due_at <= at:
        return city.office(at, 30, 600)
    if city.happens("late_reply"):
        return city.office(city.days(due_at, city.dice.randint(1, 8)), 10, 200)
    share = city.dice.triangular(0.05, 0.95, 0.6)
    then = city.office(at + share * (due_at - at), 0, 60)
    return min(then, due_at - HALF_AN_HOUR)


def _suspended(city: City, me: Actor, at: dt.datetime) -> Generator[Deed, Seen, dt.datetime]:
    at = city.office(at, 10, 100)
    yield Deed(at, me, Action.SUSPEND, {"reason": "等待市民补充材料。"})
    at = city.office(at, 10, 200)
    seen = yield Deed(at, SUPERVISOR, Action.APPROVE_SUSPENSION, {"granted": True, "reason": "同意。"})
    if seen.state == State.SUSPENDED:
        at = city.office(city.days(at, city.dice.randint(1, 5)), 5, 100)
        yield Deed(at, me, Action.RESUME, {})
    return at


def _extended(city: City, me: Actor, at: dt.datetime) -> Generator[Deed, Seen, dt.datetime]:
    at = city.office(at, 10, 200)
    seen = yield Deed(
        at, me, Action.REQUEST_EXTENSION, {"days": city.dice.randint(1, 5), "reason": "需多部门现场会商。"}
    )
    if not seen.refused:
        at = city.office(at, 30, 400)
        yield Deed(at, SUPERVISOR, Action.DECIDE_EXTENSION, {"granted": city.dice.random() < 0.8, "reason": "已阅。"})
    return at


def _reviewed(city: City, house: str, at: dt.datetime) -> Generator[Deed, Seen, tuple[dt.datetime, Seen]]:
    """Passed by the centre; one that was sent back is answered again first."""
    at = city.office(at, 15, 300)
    if city.happens("sent_back"):
        seen = yield Deed(at, REVIEWER, Action.SEND_BACK, {"reasons": ["没有答复市民的诉求"]})
        for code in (*[code for code in seen.houses if code != house], house):
            at = city.office(at, 60, 500)
            yield Deed(at, clerk(code), Action.REPLY, ANSWER)
        at = city.office(at, 15, 300)
    seen = yield Deed(at, REVIEWER, Action.PASS, {})
    return at, seen


def _revisited(city: City, at: dt.datetime, *, last: bool) -> Generator[Deed, Seen, dt.datetime | None]:
    """When it has to be done again, or None: the citizen is content, not to be reached, or has no ground."""
    if city.happens("rates_itself"):
        at += city.minutes(5, 120)
        bad = city.happens("rates_badly") and not last
        level = city.dice.choice((1, 2) if bad else (3, 4, 5))
        seen = yield Deed(at, CITIZEN, Action.RATE, {"level": level, "words": "没有解决" if bad else "谢谢"})
        if seen.state == State.CLOSED:
            return None
    for _ in range(4):
        at = city.office(at, 30, 240)
        if city.happens("answers_the_phone"):
            return (yield from _spoken(city, at, last=last))
        seen = yield Deed(at, REVISITOR, Action.REVISIT, {"reached": False})
        at = at + 4 * HOUR
    if seen.state == State.CHECKING:
        return (yield from _judged(city, at))
    yield Deed(city.office(at, 5, 60), REVISITOR, Action.CLOSE, {})
    return None


def _spoken(city: City, at: dt.datetime, *, last: bool) -> Generator[Deed, Seen, dt.datetime | None]:
    happy = city.happens("content") or last
    grade = city.dice.choice((3, 4, 5, 5) if happy else (1, 2))
    form = {"reached": True, "contacted_by_department": True, "solved": happy, "satisfaction": grade}
    seen = yield Deed(at, REVISITOR, Action.REVISIT, form | {"words": "" if happy else "没有解决"})
    return (yield from _judged(city, at)) if seen.state == State.CHECKING else None


def _judged(city: City, at: dt.datetime) -> Generator[Deed, Seen, dt.datetime | None]:
    at = city.office(at, 10, 200)
    baseless = city.happens("no_ground")
    verdict = (
        city.dice.choice(("no_ground", "mistaken")) if baseless else city.dice.choice(("justified",) * 5 + ("complex",))
    )
    yield Deed(at, REVISITOR, Action.JUDGE, {"verdict": verdict, "reason": "经核实。"})
    if not baseless:
        return at
    yield Deed(city.office(at, 10, 200), SECOND, Action.APPROVE_VERDICT, {"granted": True, "reason": "同意。"})
    return None
