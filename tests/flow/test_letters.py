"""Messages to the outside: written once in the transaction of what they tell, sent once, given up with an alarm."""

import json
import logging
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from sqlalchemy import select, update
from staff_story import AGENT, ANSWER, CITIZEN, CLERK, REVIEWER, do, new, passed, signed

from dispatch import letters
from dispatch.models import Alarm, Letter
from dispatch.service import sweep
from hotline import db
from hotline.city_models import Department
from hotline.message_models import OutboxRow
from hotline.words import Action
from web import live, worker

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture(autouse=True)
def ways(monkeypatch):
    """SMS and mail have a way out; nothing is pushed to browsers."""
    monkeypatch.setattr(live, "_say", lambda _said: None)
    monkeypatch.setenv("HOTLINE_SMS_URL", "console:")
    monkeypatch.setenv("HOTLINE_SMTP_URL", "console:")


class Away:
    """Keeps what it is given; answers with `fault`."""

    def __init__(self, fault=""):
        self.got, self.fault = [], fault

    def __call__(self, post):
        self.got.append(post)
        return self.fault


def react():
    with db.session() as session:
        waiting = list(session.scalars(select(OutboxRow.id).where(OutboxRow.done_at.is_(None)).order_by(OutboxRow.id)))
    worker.react(*waiting)


def send(out):
    return letters.send({"sms": out, "mail": out})


def written():
    with db.session() as session:
        return list(session.scalars(select(Letter).order_by(Letter.id)))


def test_a_citizen_gets_number_and_query_code_once_however_he_came():
    case = new(phone="13800000009")
    react()
    react()
    out = Away()
    assert send(out) == 1
    assert send(out) == 0
    [post] = out.got
    assert post.address == "13800000009"
    assert case.number in post.text
    assert case.query_code in post.text


@pytest.mark.parametrize("phone", ["", "03982345678", "110"])
def test_who_has_no_mobile_gets_none(phone):
    new(phone=phone)
    react()
    assert written() == []


def test_without_a_gateway_none_is_written(monkeypatch):
    monkeypatch.delenv("HOTLINE_SMS_URL")
    monkeypatch.delenv("HOTLINE_SMTP_URL")
    new()
    react()
    assert written() == []


def test_an_answer_is_announced_and_three_days_later_the_citizen_is_asked_once(drill):
    drill("2026-11-02T21:00:00+08:00")
    passed()
    react()
    out = Away()
    send(out)
    assert "已有答复" in out.got[-1].text
    before = len(out.got)
    drill("2026-11-05T21:30:00+08:00")
    assert send(out) == 0, "not in the quiet hours"
    drill("2026-11-06T08:31:00+08:00")
    assert send(out) == 1
    assert "评价" in out.got[before].text
    assert send(out) == 0


def test_who_has_rated_is_not_asked(drill):
    drill("2026-11-02T10:00:00+08:00")
    case = passed()
    react()
    out = Away()
    send(out)
    do(case, Action.RATE, CITIZEN, level=5, words="")
    drill("2026-11-06T10:00:00+08:00")
    assert send(out) == 0
    assert [row.error for row in written() if row.key.startswith("invite")] == ["not wanted"]


def test_a_late_department_hears_of_it_by_sms_and_mail(drill):
    with db.engine().begin() as connection:
        values = {"head_phone": "13800000077", "contact_phone": "13800000078", "mail": "csgl@example.invalid"}
        kept = connection.execute(
            select(Department.head_phone, Department.contact_phone, Department.mail).where(Department.code == "csglj")
        ).one()
        connection.execute(update(Department).where(Department.code == "csglj").values(**values))
    try:
        drill("2026-11-02T09:00:00+08:00")
        signed()
        drill("2026-11-20T09:00:00+08:00")
        sweep()
        react()
        out = Away()
        while send(out):
            pass
        told = {(post.way, post.address) for post in out.got if "答复" in post.text}
        assert {("sms", "13800000077"), ("sms", "13800000078"), ("mail", "csgl@example.invalid")} <= told
        assert len({post.key for post in out.got}) == len(out.got)
    finally:
        with db.engine().begin() as connection:
            connection.execute(update(Department).where(Department.code == "csglj").values(**kept._asdict()))


def test_what_fails_is_tried_again_and_given_up_with_an_alarm(drill):
    drill("2026-11-02T10:00:00+08:00")
    new()
    react()
    broken = Away("HTTP 503")
    tries = 0
    for minute in range(0, 60 * 8, 31):
        drill(f"2026-11-02T{10 + minute // 60:02}:{minute % 60:02}:30+08:00")
        tries += send(broken)
    assert tries == letters.MOST_TRIES
    assert [(row.sent_at, row.next_try_at, row.error) for row in written()] == [(None, None, "HTTP 503")]
    with db.session() as session:
        assert list(session.scalars(select(Alarm.code))) == ["letter"]


def test_who_dies_with_a_letter_loses_it_to_the_next(drill):
    drill("2026-11-02T10:00:00+08:00")
    new()
    react()
    assert len(letters.claim()) == 1
    assert letters.claim() == []
    drill("2026-11-02T10:02:00+08:00")
    out = Away()
    assert send(out) == 1
    assert written()[0].sent_at is not None


def test_address_and_text_are_sealed_and_the_console_says_neither(caplog):
    new(phone="13800000009")
    react()
    with db.engine().connect() as connection:
        row = str(connection.exec_driver_sql("SELECT * FROM letters").mappings().one())
    assert "13800000009" not in row
    with caplog.at_level(logging.INFO):
        assert letters.send() == 1
    assert "letter" in caplog.text
    assert "13800000009" not in caplog.text
    assert "查询码" not in caplog.text


def test_a_gateway_gets_json_with_its_key(monkeypatch):
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            got.append((self.headers["Authorization"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            """Nothing on the test's own screen."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("HOTLINE_SMS_URL", f"http://127.0.0.1:{server.server_port}/sms")
        monkeypatch.setenv("HOTLINE_SMS_KEY", "k-1")
        case = new(phone="13800000009")
        react()
        assert letters.send() == 1
        server.shutdown()
    [(key, body)] = got
    assert (key, body["to"], body["id"]) == ("Bearer k-1", "13800000009", f"made:{case.number}")
    assert (
        letters.sender(f"http://127.0.0.1:{server.server_port}/")(letters.Post(1, "k", "sms", "1", "t", "n"))
        == "ConnectError"
    )


class MailServer(socketserver.StreamRequestHandler):
    """Speaks as much SMTP as a client needs; what was said stands in `got`."""

    got: ClassVar[list[str]] = []

    def handle(self):
        self.wfile.write(b"220 here\r\n")
        body = False
        for line in self.rfile:
            said = line.decode().strip()
            if body:
                self.got.append(said)
                body = said != "."
                answer = b"" if body else b"250 taken\r\n"
            else:
                body = said.upper() == "DATA"
                answer = b"354 go on\r\n" if body else b"221 bye\r\n" if said.upper() == "QUIT" else b"250 fine\r\n"
            self.wfile.write(answer)
            if said.upper() == "QUIT":
                return


def test_a_mail_server_gets_the_letter():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), MailServer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"smtp://127.0.0.1:{server.server_address[1]}/?from=rexian@example.invalid"
        post = letters.Post(1, "rung:1", "mail", "csgl@example.invalid", "已经超期，请立即办理", "20261102000001")
        assert letters.sender(url)(post) == ""
        server.shutdown()
    assert "From: rexian@example.invalid" in MailServer.got
    assert "To: csgl@example.invalid" in MailServer.got
    assert letters.sender(url)(post) == "ConnectionRefusedError"


def test_a_case_done_again_gets_a_letter_for_each_answer():
    case = signed()
    do(case, Action.REPLY, CLERK, **ANSWER)
    do(case, Action.PASS, REVIEWER)
    react()
    assert [row.key.split(":")[0] for row in written()] == ["made", "passed", "invite"]


def test_the_message_carries_the_link_where_the_system_knows_its_address(monkeypatch, app):
    monkeypatch.setenv("HOTLINE_URL", "https://12345.example.gov.cn/")
    passed()
    react()
    texts = [row.text for row in written() if row.key.startswith(("passed", "invite"))]
    links = {text.rpartition("：")[2] for text in texts}
    assert (len(texts), len(links)) == (2, 1)
    [link] = links
    assert link.startswith("https://12345.example.gov.cn/rate/")
    page = app.test_client().get(link.removeprefix("https://12345.example.gov.cn"))
    assert 'data-level="5"' in page.text


def test_whoever_was_answered_at_once_is_asked_three_days_later_once(drill):
    drill("2026-11-02T10:00:00+08:00")
    case = new(kind="咨询")
    do(case, Action.ANSWER, AGENT, text="请到政务大厅三号窗口办理。")
    react()
    react()
    out = Away()
    send(out)
    before = len(out.got)
    drill("2026-11-05T10:01:00+08:00")
    assert (send(out), send(out)) == (1, 0)
    assert "办得怎么样" in out.got[before].text
