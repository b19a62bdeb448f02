"""Messages to the outside: SMS to citizens and to those who answer for a late case, e-mail where an address is known.

A letter is written in the transaction of what it tells of and sent later by the courier, once; it is tried again with
growing pauses, and given up with an alarm. Without a way out (no gateway set) none is written.
"""

import datetime as dt
import logging
import re
import smtplib
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from dispatch.alarms import alarm
from dispatch.models import Letter
from hotline import clock, facts, rating_links, reading
from hotline.backoff import pause
from hotline.city_models import Department
from hotline.models import Case, Rating
from hotline.settings import Settings
from hotline.timing import timing
from hotline.unit import Unit, transaction
from hotline.words import Action, Clock, State

log = logging.getLogger(__name__)
SMS, MAIL = "sms", "mail"
LEASE = dt.timedelta(seconds=60)
FIRST_PAUSE, LONGEST_PAUSE = dt.timedelta(seconds=20), dt.timedelta(minutes=30)
MOST_TRIES = 8
AT_ONCE = 8
PATIENCE_SECONDS = 10.0
CONSOLE = "console:"
MOBILE = re.compile(r"^1[3-9]\d{9}$")
RUNGS = {
    "yellow": "一个工作日后到期，请抓紧办理",
    "overdue": "已经超期，请立即办理",
    "red": "已红牌督办，请立即办理并说明原因",
    "notice": "已发催办通知书，请立即办理",
    "listed": "已列入通报",
}
TO_HEAD = frozenset({"overdue", "red", "notice", "listed"})


@dataclass(frozen=True)
class Post:
    """One letter on its way. `key` is the same at every repeat."""

    id: int
    key: str
    way: str
    address: str
    text: str
    number: str


class Sender(Protocol):
    """A way out. Returns why it failed; empty when the other side has taken it."""

    def __call__(self, post: Post) -> str: ...


# --- writing -----------------------------------------------------------------------------------------------------


def ways(settings: Settings | None = None) -> dict[str, str]:
    """Way → address of its gateway, those that are set."""
    settings = settings or Settings()
    return {way: url for way, url in ((SMS, settings.sms_url), (MAIL, settings.smtp_url)) if url}


def write(unit: Unit, key: str, way: str, address: str, text: str, number: str, at: dt.datetime | None = None) -> None:
    """Write a letter once (`key`), to be sent now or `at`; nothing where there is no way out or no address."""
    if way not in ways() or not address or (way == SMS and not MOBILE.match(address)):
        return
    row = {"key": key, "way": way, "address": address, "text": text, "case_number": number, "at": unit.now}
    unit.session.execute(insert(Letter).values(**row, next_try_at=at or unit.now).on_conflict_do_nothing())


def on_created(unit: Unit, case_id: int) -> None:
    """The citizen has his number and query code in his hand, however he came."""
    case = unit.session.get(Case, case_id) if ways() else None
    if case is not None:
        text = f"您反映的事项已登记，编号 {case.number}，查询码 {case.query_code}。凭编号和查询码可随时查看办理进度。"
        write(unit, f"made:{case.number}", SMS, case.phone, text, case.number)


def on_changed(unit: Unit, case_id: int, action: str) -> None:
    """A reply that passed is announced, and three days later the citizen is asked once to rate it (rules.md §5)."""
    case = unit.session.get(Case, case_id) if ways() and action in {Action.PASS, Action.ANSWER} else None
    if case is None:
        return
    if action == Action.ANSWER:
        _invite(unit, case)
        return
    _answered(unit, case)
    for number in facts.merged(unit.session, case):  # everybody of a group event keeps his own case and rating
        follower = facts.load(unit.session, number)
        if follower.state == State.MERGED:
            _answered(unit, follower)


def _answered(unit: Unit, case: Case) -> None:
    mark = f"{case.number}:{case.round}"
    call = "我们还会电话回访。" if case.state == State.PASSED else ""
    told = f"您反映的事项（编号 {case.number}）已有答复，凭查询码可查看，也可以评价。{call}{_link(case)}"
    write(unit, f"passed:{mark}", SMS, case.phone, told, case.number)
    _invite(unit, case)


def _invite(unit: Unit, case: Case) -> None:
    """Once for each service, and only if it is still unrated when the day has come."""
    ask = f"您反映的事项（编号 {case.number}）办得怎么样？凭查询码可以评价；不评价不影响任何事。{_link(case)}"
    write(unit, f"invite:{case.number}:{case.round}", SMS, case.phone, ask, case.number, _invitation(unit.now))


def _link(case: Case) -> str:
    address = rating_links.address(case.number)
    return f"也可以点开评价：{address}" if address else ""


def _invitation(now: dt.datetime) -> dt.datetime:
    """So many days later, inside the hours in which people may be spoken to."""
    policy = timing().policy
    begin, end = policy.revisit_hours
    then = clock.local(now + dt.timedelta(days=policy.rating_invite_days))
    if then.time() >= end:
        then += dt.timedelta(days=1)
    if not begin <= then.time() < end:
        then = then.replace(hour=begin.hour, minute=begin.minute, second=0, microsecond=0)
    return then.astimezone(dt.UTC)


def on_rung(unit: Unit, case_id: int, name: str, rung: str, department: str, turn: int = 0) -> None:
    """The department's contact hears of a yellow card, its head of everything later; `turn` tells the deadlines apart
    that a clock had."""
    house = unit.session.get(Department, department) if ways() and department and rung in RUNGS else None
    case = unit.session.get(Case, case_id)
    if house is None or case is None:
        return
    text = f"{house.short or house.name}：{case.number} 号诉求{Clock(name).label}{RUNGS[rung]}。"
    mark = f"rung:{case.number}:{case.round}:{name}:{rung}:{department}" + (f":{turn}" if turn else "")
    write(unit, mark, SMS, house.head_phone if rung in TO_HEAD else house.contact_phone, text, case.number)
    full = f"{text}\n\n{reading.public_title(case)}"
    write(unit, f"{mark}:mail", MAIL, house.mail, full, case.number)


# --- sending -----------------------------------------------------------------------------------------------------


def claim(most: int = AT_ONCE) -> list[Post]:
    """What is due, oldest first, for LEASE; an invitation that is not wanted any more is dropped."""
    with transaction() as unit:
        rows = select(Letter).where(Letter.next_try_at <= unit.now).order_by(Letter.next_try_at, Letter.id).limit(most)
        found = []
        for row in unit.session.scalars(rows.with_for_update(skip_locked=True)):
            if row.key.startswith("invite:") and not _wanted(unit.session, row.case_number):
                row.next_try_at, row.error = None, "not wanted"
                continue
            row.tries, row.next_try_at = row.tries + 1, unit.now + LEASE
            found.append(Post(row.id, row.key, row.way, row.address, row.text, row.case_number))
        return found


def _wanted(session: Session, number: str) -> bool:
    """Nobody is asked to rate what he has rated, or what is being done again."""
    case = session.scalars(select(Case).where(Case.number == number)).one()
    rated = exists().where(Rating.case_id == case.id, Rating.round == case.round)
    return case.state in {State.PASSED, State.CLOSED, State.MERGED} and not session.scalar(select(rated))


def send(senders: Mapping[str, Sender] | None = None) -> int:
    """Send what is due, side by side; returns how many were tried. Raises when the database is away."""
    posts = claim()
    if not posts:
        return 0
    by = senders if senders is not None else {way: sender(url) for way, url in ways().items()}
    with ThreadPoolExecutor(len(posts)) as hands:
        faults = list(hands.map(lambda post: by[post.way](post) if post.way in by else "no way out", posts))
    for post, fault in zip(posts, faults, strict=True):
        _note(post, fault)
    return len(posts)


def _note(post: Post, fault: str) -> None:
    with transaction() as unit:
        row = unit.session.get_one(Letter, post.id)
        row.error = fault
        if not fault:
            row.sent_at, row.next_try_at = unit.now, None
        elif row.tries < MOST_TRIES:
            row.next_try_at = unit.now + pause(FIRST_PAUSE, LONGEST_PAUSE, row.tries)
        else:
            row.next_try_at = None
            alarm(
                unit,
                "letter",
                f"{post.number} 的{'短信' if post.way == SMS else '邮件'}发送失败（{fault}）。",
                post.number,
            )


def sender(url: str) -> Sender:
    """The sender behind an address: `console:`, `https://…` (SMS gateway), `smtp://…` or `smtps://…` (mail server)."""
    if url == CONSOLE:
        return to_console
    return ToServer(url) if url.startswith("smtp") else ToGateway(url, Settings().sms_key)


def to_console(post: Post) -> str:
    """For trials: the log says that a letter would have gone, not to whom nor what."""
    log.info("letter %s by %s about case %s", post.id, post.way, post.number)
    return ""


@dataclass(frozen=True)
class ToGateway:
    """One HTTP gateway for SMS: JSON `{id, to, text}` with a bearer key; the same id at every repeat."""

    url: str
    key: str

    def __call__(self, post: Post) -> str:
        """Any 2xx means taken."""
        body = {"id": post.key, "to": post.address, "text": post.text}
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        try:
            answer = httpx.post(self.url, json=body, headers=headers, timeout=PATIENCE_SECONDS)
        except (httpx.HTTPError, httpx.InvalidURL) as away:
            return type(away).__name__
        return "" if answer.is_success else f"HTTP {answer.status_code}"


@dataclass(frozen=True)
class ToServer:
    """One mail server."""

    url: str

    def __call__(self, post: Post) -> str:
        """Taken when the server has accepted the message."""
        parts = urlsplit(self.url)
        mail = EmailMessage()
        mail["From"] = parse_qs(parts.query).get("from", [f"12345@{parts.hostname}"])[0]
        mail["To"], mail["Subject"] = post.address, f"12345 热线 {post.number}"
        mail["Message-ID"] = f"<{post.key.replace(':', '.')}@{parts.hostname}>"
        mail.set_content(post.text)
        try:
            with self._open(parts.scheme, parts.hostname or "", parts.port) as server:
                if parts.username:
                    server.login(unquote(parts.username), unquote(parts.password or ""))
                server.send_message(mail)
        except (smtplib.SMTPException, OSError) as away:
            return type(away).__name__
        return ""

    @staticmethod
    def _open(scheme: str, host: str, port: int | None) -> smtplib.SMTP:
        """TLS from the start for smtps, STARTTLS where the server offers it."""
        if scheme == "smtps":
            return smtplib.SMTP_SSL(host, port or 465, timeout=PATIENCE_SECONDS, context=ssl.create_default_context())
        server = smtplib.SMTP(host, port or 25, timeout=PATIENCE_SECONDS)
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
        return server
