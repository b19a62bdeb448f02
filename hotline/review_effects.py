"""What the centre's look at a reply and the citizen's word do to a case: review, revisit, rating, verdict, joining."""

from typing import TYPE_CHECKING

from hotline import facts, loop_effects
from hotline.errors import BadInput
from hotline.models import Rating, RevisitRow
from hotline.words import ENDED, Clock, Delivery, ReviewPoint, State, TryResult

if TYPE_CHECKING:
    from hotline.effects import Work


def pass_on(work: "Work") -> None:
    for row in facts.replies(work.unit.session, work.case):
        row.passed_at, row.passed_by = work.unit.now, work.actor.name
    if not work.before.drawn:
        work.told["drawn"] = False  # by the policy's sample of small matters


_ENDED_BY_REPLY = (Clock.REPLY, Clock.RECTIFICATION, Clock.RECTIFICATION_COMPLEX)


def send_back(work: "Work") -> None:
    given = work.given["reasons"]
    reasons = given if isinstance(given, list) else [given]
    for row in facts.replies(work.unit.session, work.case):
        row.sent_back = reasons
    points = [one["point"] if isinstance(one, dict) else ReviewPoint.OTHER.value for one in reasons]
    work.told["sent_back"] = list(dict.fromkeys(points))
    answered = {place.replied_at for place in work.live()}
    for place in work.live():
        place.status, place.replied_at = Delivery.SIGNED, None
    for ended in work.case.clocks:
        if ended.clock in _ENDED_BY_REPLY and ended.stopped_at in answered:
            work.clocks.restart(ended)


def revisit(work: "Work") -> None:
    fields = ("reached", "contacted_by_department", "solved", "satisfaction", "words")
    kept = {name: work.given.get(name) for name in fields}
    kept["result"] = "" if kept["reached"] else work.given.get("result") or TryResult.NO_ANSWER.value
    made = RevisitRow(round=work.case.round, at=work.unit.now, by=work.actor.name, **kept)
    facts.keep(work.unit.session, work.case, "revisits", made)
    work.told["revisit"] = {name: kept[name] for name in ("reached", "solved", "satisfaction", "result")}


def rate(work: "Work") -> None:
    """The service rated is that of the house which answered, also where it answered for a whole group event."""
    if work.before.state is State.MERGED:
        work.case.lead = facts.load(work.unit.session, work.case.parent).lead or work.case.lead
    made = Rating(
        round=work.case.round,
        level=work.given["level"],
        at=work.unit.now,
        channel=work.given.get("channel", "web"),
        anonymous=work.case.anonymous,
        words=work.given.get("words", ""),
    )
    facts.keep(work.unit.session, work.case, "ratings", made)
    work.told["level"] = work.given["level"]


def judge(work: "Work") -> None:
    work.case.verdict, work.case.verdict_by = work.given["verdict"], work.actor.name
    work.told["verdict"] = work.given["verdict"]


def approve_verdict(work: "Work") -> None:
    work.told["excluded"] = work.given["granted"]
    if work.given["granted"]:
        work.case.excluded_by = work.actor.name
        loop_effects.exclude(work, work.case.round, work.case.verdict, work.case.verdict_by)


def merge(work: "Work") -> None:
    into = facts.load(work.unit.session, work.given["into"])
    if into.id == work.case.id:
        raise BadInput("merge_into_itself", "不能并入自己。", {"into": "不能并入自己"})
    if into.parent or State(into.state) in ENDED - {State.CLOSED}:
        raise BadInput("merge_into_ended", "目标诉求已并单或已归档。", {"into": "不能并入"})
    if facts.merged(work.unit.session, work.case):
        raise BadInput("merge_of_parent", "已有别的诉求并入这一件，请把那一件并入这一件。", {"into": "这一件是主单"})
    work.case.parent = into.number


def link(work: "Work") -> None:
    if work.given["to"] == work.case.number:
        raise BadInput("link_to_itself", "不能与自己关联。", {"to": "不能是自己"})
    facts.load(work.unit.session, work.given["to"])
    work.told["to"] = work.given["to"]
