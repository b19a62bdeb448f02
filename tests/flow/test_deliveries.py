"""A department with a system of its own: signed webhook, receipt, retries, alarm, and its desk here in the end."""

import datetime as dt
import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import select, update
from staff_story import CLERK, DISPATCHER, do, new

from dispatch import deliveries
from dispatch.models import Alarm
from dispatch.service import sweep
from hotline import cases, clock, db, facts, privacy
from hotline.city_models import Department
from hotline.lifecycle import Actor
from hotline.message_models import Notice
from hotline.models import Assignment
from hotline.words import Action, Delivery, Role

pytestmark = pytest.mark.usefixtures("city")


class System:
    """A department's system: keeps what it is sent and answers as it is told."""

    def __init__(self):
        self.got, self.status, self.answer, system = [], 200, {"receipt": "SJ-1"}, self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                system.got.append((dict(self.headers), body))
                self.send_response(system.status)
                self.end_headers()
                self.wfile.write(json.dumps(system.answer).encode())

            def log_message(self, *_):
                """Nothing on the test's own screen."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/cases"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def system():
    made = System()
    with db.engine().begin() as connection:
        connection.execute(update(Department).where(Department.code == "csglj").values(system_url=made.url))
    yield made
    made.server.shutdown()
    made.server.server_close()
    with db.engine().begin() as connection:
        connection.execute(update(Department).where(Department.code == "csglj").values(system_url=""))


def forwarded(*others):
    case = new()
    named = [{"code": "csglj", "role": "lead"}, *({"code": code, "role": "co"} for code in others)]
    return do(case, Action.FORWARD, DISPATCHER, departments=named)


def read(case):
    with db.session() as session:
        return facts.load(session, case.number)


def running(case):
    return {(row.clock, row.department) for row in read(case).clocks if row.stopped_at is None}


def due_again():
    with db.engine().begin() as connection:
        connection.execute(update(Assignment).values(next_try_at=clock.machine() - dt.timedelta(seconds=1)))


def alarms():
    with db.session() as session:
        return list(session.scalars(select(Alarm.code)))


def test_a_case_is_forwarded_only_when_the_receipts_of_all_its_departments_are_here(system):
    case = forwarded("sthjj")
    assert ("forward", "") in running(case)
    assert ("sign", "sthjj") in running(case)
    assert ("sign", "csglj") not in running(case)
    assert deliveries.deliver() == 1
    assert ("forward", "") not in running(case)
    assert ("sign", "csglj") in running(case)
    assert [row.status for row in read(case).places] == [Delivery.DELIVERED, Delivery.DELIVERED]
    assert deliveries.deliver() == 0
    assert len(system.got) == 1


def test_the_webhook_is_signed_with_the_departments_own_key_and_says_what_its_desk_would(system):
    case = forwarded()
    deliveries.deliver()
    headers, body = system.got[0]
    signed = headers["X-Hotline-Timestamp"].encode() + b"." + body
    right = hmac.new(privacy.webhook_key("csglj").encode(), signed, hashlib.sha256).hexdigest()
    assert headers["X-Hotline-Signature"] == f"sha256={right}"
    assert privacy.webhook_key("csglj") != privacy.webhook_key("sthjj")
    told = json.loads(body)["case"]
    assert (told["number"], told["content"]) == (case.number, "楼下烧烤油烟扰民")
    assert told["revisits"] == []


def test_a_confidential_citizen_stays_unknown_to_the_other_system(system):
    case = new(confidential=True, name="张三")
    do(case, Action.FORWARD, DISPATCHER, departments=[{"code": "csglj", "role": "lead"}])
    deliveries.deliver()
    body = system.got[0][1].decode()
    assert "张三" not in body
    assert "13800000001" not in body


def test_a_promised_receipt_comes_later_by_the_action_receive(system):
    system.status, system.answer = 202, {}
    case = forwarded()
    deliveries.deliver()
    assert read(case).places[0].status == Delivery.SENT
    do(case, Action.RECEIVE, CLERK, reference="SJ-9")
    assert read(case).places[0].status == Delivery.DELIVERED
    assert ("forward", "") not in running(case)


def test_a_system_that_fails_is_asked_again_later_and_later_and_a_person_hears_of_it_once(system):
    system.status = 500
    case = forwarded()
    pauses = []
    for _ in range(deliveries.ALARM_AT_TRY + 2):
        before = clock.machine()
        assert deliveries.deliver() == 1
        assert deliveries.deliver() == 0
        pauses.append((read(case).places[0].next_try_at - before).total_seconds())
        due_again()
    assert pauses[:3] == pytest.approx([10, 20, 40], abs=5)
    assert alarms() == ["delivery"]
    system.status = 200
    deliveries.deliver()
    assert read(case).places[0].status == Delivery.DELIVERED


def test_a_system_that_cannot_be_reached_is_no_fault_of_ours(system):
    system.server.shutdown()
    system.server.server_close()
    case = forwarded()
    assert deliveries.deliver() == 1
    assert read(case).places[0].status == Delivery.SENT


def test_who_dies_with_a_parcel_loses_it_to_the_next_after_its_lease(system):
    case = forwarded()
    assert len(deliveries.claim()) == 1
    assert deliveries.claim() == []
    due_again()
    assert deliveries.deliver() == 1
    assert read(case).places[0].status == Delivery.DELIVERED
    assert read(case).places[0].tries == 2


def test_a_silent_system_never_makes_the_forwarding_late(system, drill):
    drill("2026-11-02T09:00:00+08:00")
    system.status = 503
    case = forwarded()
    deliveries.deliver()
    drill("2026-11-03T08:31:00+08:00")
    sweep()
    assert read(case).places[0].status == Delivery.DELIVERED
    stopped = [row for row in read(case).clocks if row.clock == "forward"]
    assert [(row.outcome, row.stopped_at <= row.due_at) for row in stopped] == [("done", True)]
    assert "no_receipt" in alarms()
    with db.session() as session:
        assert session.scalar(select(Notice.text).where(Notice.department == "csglj")).startswith(case.number)


def test_a_receipt_that_is_already_here_changes_nothing(system):
    case = forwarded()
    parcel = deliveries.claim()[0]
    cases.act(case.number, Action.RECEIVE, Actor("csglj1", Role.CLERK, "csglj"), {}, version=read(case).version)
    version = read(case).version
    deliveries.deliver(lambda _parcel: deliveries.Answer(receipt="SJ-1"))
    deliveries._note(parcel, deliveries.Answer(receipt="SJ-1"))
    assert read(case).version == version
