"""What an agent's phone can do to a call, and what happens where there is no room for one."""

import socket

import pytest

from tests.sip.case import Case, numbers
from tests.sip.peers import HOST, until
from tests.sip.script import ack, answered, asked, bye, early, got, invite, let_go, pause, reply, sdp, speak, written


@pytest.fixture
def phone(sipp, tmp_path):
    """A phone that does as written; its address."""
    started = []

    def make(*steps, **headers):
        run = sipp(None, written(tmp_path, "phone", asked("INVITE", **headers), *steps), timeout=60)
        run.start()
        started.append(run)
        return run, f"sip:agent7@{HOST}:{run.port}"

    return make


TAG = ";tag=[pid]A[call_number]"
REFUSALS = [(486, "busy"), (480, "unreachable"), (503, "unreachable"), (603, "reject")]


@pytest.mark.parametrize(("code", "reason"), REFUSALS)
def test_an_agents_phone_that_refuses(live, phone, code, reason):
    run, uri = phone(reply(code, tag=TAG), asked("ACK"))
    live.connector.offer(live.call, uri)
    assert live.wait("offer_failed")["reason"] == reason
    assert run.wait() == 0, run.errors.read_text()
    live.hang_up()
    live.ended()


def test_an_agents_phone_nobody_takes(live, phone):
    run, uri = phone(reply(180, tag=TAG), asked("CANCEL"), reply(200), reply(487, tag=TAG, invite=True), asked("ACK"))
    live.connector.offer(live.call, uri, timeout=1)
    assert live.wait("offer_failed")["reason"] == "no_answer"
    assert run.wait() == 0, run.errors.read_text()
    live.hang_up()
    live.ended()


def test_a_phone_that_rings_is_answered_by_the_desk(live, phone):
    """NOTIFY with the event `talk` inside the dialog that rings: the phone takes the call itself."""
    taken = reply(200, invite=True, body=sdp())
    told = asked("NOTIFY", Event="talk") + reply(200)
    run, uri = phone(reply(180, tag=TAG), told, taken, asked("ACK"), asked("BYE"), reply(200))
    token = live.connector.offer(live.call, uri)
    live.wait("offer_ringing")
    live.connector.tell("pick_up", call=live.call, token=token)
    live.wait("bridged")
    live.hang_up()
    assert run.wait() == 0, run.errors.read_text()
    live.ended()


def test_a_phone_that_only_knows_the_header_is_rung_once_more_with_it(live, by_hand):
    """It refuses the event `talk`: its ringing is ended, and the next asks it to answer by itself."""
    phone = by_hand(live.connector.port)
    token = live.connector.offer(live.call, f"sip:agent8@{phone.me}")
    first = phone.hear("INVITE")
    assert "answer-after" not in first
    phone.reply(first, 180, tag=";tag=one")
    live.wait("offer_ringing")
    live.connector.tell("pick_up", call=live.call, token=token)
    phone.reply(phone.hear("NOTIFY"), 489)
    phone.reply(phone.hear("CANCEL"), 200, tag=";tag=one")
    phone.reply(first, 487, tag=";tag=one")
    phone.hear("ACK")
    second = phone.hear("INVITE")
    assert "answer-after=0" in second
    phone.reply(second, 200, tag=";tag=two", body=phone.sdp)
    live.wait("bridged")
    phone.hear("ACK")
    live.hang_up()
    phone.reply(phone.hear("BYE"), 200)
    live.ended()
    assert {"offer_failed", "refused"}.isdisjoint(live.types())


def test_an_offer_may_ask_the_phone_to_answer_by_itself(live, phone):
    """Phones that read one of the three headers answer without ringing; the connector asks with all of them."""
    heads = {"Call_Info": "answer-after=0", "Alert_Info": "alert-autoanswer", "Answer_Mode": "Auto"}
    run, uri = phone(reply(200, tag=TAG, body=sdp()), asked("ACK"), asked("BYE"), reply(200), **heads)
    live.connector.offer(live.call, uri, auto=True)
    live.wait("bridged")
    live.hang_up()
    assert run.wait() == 0, run.errors.read_text()
    live.ended()


def test_the_agent_answers_as_the_caller_hangs_up(live, phone):
    """His 200 crosses our CANCEL: his leg is acknowledged and ended, the call told as the caller's."""
    crossing = reply(200) + reply(200, invite=True, tag=TAG, body=sdp())
    run, uri = phone(reply(180, tag=TAG), asked("CANCEL"), crossing, asked("ACK"), asked("BYE"), reply(200))
    live.connector.offer(live.call, uri, timeout=20)
    live.wait("offer_ringing")
    live.hang_up()
    assert run.wait() == 0, run.errors.read_text()
    live.ended()
    assert "agent_answered" not in live.types()


def test_refer_from_an_agents_phone_is_refused(case, agent):
    """Transfers go by the desk, where they are written down."""
    case.start(invite(), early(), answered(), speak(), let_go())
    case.offered(agent, accept=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as target:
        target.bind((HOST, 0))
        target.settimeout(1)
        agent.tell("transfer", f"sip:900123456@{HOST}:{target.getsockname()[1]}")
        agent.wait("TRANSFER_FAILED")
        with pytest.raises(TimeoutError):
            target.recv(1)
    case.finish()
    case.ended("agent")


# --- no room --------------------------------------------------------------------------------------------------------


def ends(connector, calls):
    return [e for e in connector.events() if e["type"] in {"hangup", "rejected"} and e["call"] in calls]


def test_more_calls_than_the_library_has_room_for_are_each_told(own_connector, sipp, tmp_path):
    """30 at once, 2 slots, 12 legs in the library: some are refused by us, some by PJSIP itself; none is unknown."""
    own = own_connector(name="flood", slots=2)
    callers = [str(next(numbers)) for _ in range(30)]
    either = early() + '<recv response="200" optional="true" next="1"/>\n' + got(486) + ack()
    end = '<nop next="2"/>\n<label id="1"/>\n' + ack() + pause(1.5) + bye() + '<label id="2"/>\n'
    file = written(tmp_path, "flood", invite(), either, end)
    run = sipp(own.port, file, numbers=callers, r=1000, l=30)
    assert run.run() == 0, run.errors.read_text()
    mine = {e["call"]: e["caller"] for e in own.events() if e.get("caller") in callers}
    told = until(lambda: len(t := ends(own, mine)) >= 30 and t, 20, "not all told")
    assert sorted(mine[e["call"]] for e in told) == callers
    assert len([e for e in told if e["type"] == "hangup"]) >= 2
    until(lambda: own.status().get("calls") == 0, 10)


def test_a_draining_connector_says_when_to_come_back(own_connector, sipp, by_hand, tmp_path):
    own = own_connector(name="later")
    case = Case(own, sipp, tmp_path)
    case.start(invite(), early(), answered(), pause(4), bye())
    case.wait("queued")
    own.tell("drain", connector="later")
    until(lambda: own.status().get("draining"), 5)
    refused = by_hand(own.port)
    refused.ask("INVITE", 1, body=refused.sdp)
    answer = refused.hear("SIP/2.0 503")
    assert "Retry-After: " in answer
    refused.ask("ACK", 1)
    own.tell("undrain", connector="later")
    until(lambda: own.status().get("draining") is False, 5)
    taken = by_hand(own.port)
    taken.call()
    taken.ask("BYE", 2)
    taken.hear("SIP/2.0 200")
    case.finish()
    case.ended()


def test_a_proxy_that_asks_beforehand_learns_of_a_drain(own_connector, by_hand):
    """OPTIONS from outside is answered as an INVITE would be; inside a dialog it is about that call."""
    own = own_connector(name="asked")
    caller, proxy = by_hand(own.port), by_hand(own.port)
    caller.call()
    for order, code in (("drain", 503), ("undrain", 200)):
        own.tell(order, connector="asked")
        until(lambda order=order: own.status().get("draining") is (order == "drain"), 5)
        proxy.ask("OPTIONS", 1)
        proxy.hear(f"SIP/2.0 {code}")
        caller.ask("OPTIONS", 2 if code == 503 else 3)
        caller.hear("SIP/2.0 200")
    caller.ask("BYE", 4)
    caller.hear("SIP/2.0 200")
