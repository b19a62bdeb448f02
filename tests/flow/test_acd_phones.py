"""The distribution with real parts on every side: PostgreSQL, Redis, the connector on PJSIP, phones that ring."""

import random
from collections import Counter

import pytest
from acd_feed import QUICK, call_of, client, debts, eventually, rows, seat_of, sign_in, start_acd
from sqlalchemy import update

from hotline import cases, facts
from hotline.city_models import User
from hotline.lifecycle import Actor
from hotline.models import Rating
from hotline.settings import Settings
from hotline.unit import transaction
from hotline.words import Action, Role
from telephony import agents
from telephony.models import AgentSeat, Call, Callback
from tests.sip import sound
from tests.sip.peers import HOST, Baresip, Connector, Sipp, until

pytestmark = [pytest.mark.sip, pytest.mark.timeout(300)]
CITIZEN = "13800138000"
NIGHT, DAY = "2026-11-25T23:00:00+08:00", "2026-11-25T10:00:00+08:00"


class House:
    """The Redis of this run, as the peers of the SIP tests want it."""

    url = property(lambda _: Settings().redis())
    client = staticmethod(client)


@pytest.fixture
def prompts(tmp_path):
    made = tmp_path / "prompts"
    made.mkdir()
    for name in ("notice", "music", "rating", "thanks", "invitation"):
        sound.tone_alaw(made / f"{name}.wav", 600, 0.3)
    return made


@pytest.fixture
def connector(city, tmp_path, prompts):
    with client() as broker:
        broker.flushdb()
    made = Connector(tmp_path / "house", House(), prompts=prompts, rating_wait=3, name="house").start()
    yield made
    made.stop()


@pytest.fixture
def phones(city, tmp_path):
    """phones("agent1", …): baresip phones; those of agents stand in their profiles for this test."""
    started, before = [], {}

    def start(*names):
        for name in names:
            started.append(Baresip(tmp_path / "phones", name, random.randrange(900, 3000, 100)).start())
            before[name] = place(name, started[-1].uri)
        return started[-len(names) :]

    yield start
    for phone in started:
        phone.stop()
    for name, uri in before.items():
        place(name, uri)


def place(name, uri):
    with transaction() as unit:
        user = unit.session.get(User, name)
        if user is None:
            return ""
        was, user.phone_uri = user.phone_uri, uri
        return was


@pytest.fixture
def acd():
    started = []

    def start(rules, **more):
        started.append(start_acd(rules, **more))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_at_night_every_free_phone_rings_and_the_first_has_the_call(connector, phones, acd, drill):
    drill(NIGHT)
    one, two, citizen = phones("agent1", "agent2", CITIZEN)
    sign_in(1, 2)
    acd(QUICK | {"ring": 20}, by_roster=True)
    citizen.tell("dial", f"sip:12345@{HOST}:{connector.port}")
    for phone in (one, two):
        phone.wait("CALL_INCOMING", 40)
    two.tell("accept")
    two.wait("CALL_ESTABLISHED", 20)
    one.wait("CALL_CLOSED", 20)
    (call,) = eventually(lambda: [row for row in rows(Call) if row.state == "talking"])
    assert call.agent == "agent2"
    eventually(lambda: (seat_of("agent1").state, seat_of("agent1").missed) == ("idle", 0))
    citizen.tell("hangup")
    eventually(lambda: call_of(call.id).exit == "answered" and call_of(call.id).state == "ended")


def test_f8_hangs_up_the_agents_own_leg_and_the_citizen_rates(connector, phones, acd, drill):
    """The desk's command by the token of his seat, through the connector, to his phone."""
    from telephony import control, saying

    drill(DAY)
    phone, citizen = phones("agent1", CITIZEN)
    sign_in(1)
    acd(QUICK | {"ring": 20, "wrap_up": 60})
    citizen.tell("dial", f"sip:12345@{HOST}:{connector.port}")
    phone.wait("CALL_INCOMING", 40)
    phone.tell("accept")
    (call,) = eventually(lambda: [row for row in rows(Call) if row.state == "talking"])
    connector.wait("bridged", call.id)
    with transaction() as unit:
        said = control.give(unit, call.id, "hang_up", Actor("agent1", Role.AGENT), {}, None)
    with client() as broker:
        saying.say(broker, said)
    phone.wait("CALL_CLOSED", 20)
    connector.wait("rating_prompt", call.id)
    citizen.tell("sndcode", "4")
    eventually(lambda: call_of(call.id).rating == 4)
    assert seat_of("agent1").state == "wrap_up"


def closed_case():
    """A matter answered at first contact, which its citizen has not rated."""
    agent = Actor("agent1", Role.AGENT)
    matter = cases.NewCase(kind="咨询", title="办证时间", content="几点上班", channel="web", phone=CITIZEN)
    case, _ = cases.create(matter, agent)
    return cases.act(case.number, Action.ANSWER, agent, {"text": "工作日上午八点半"}, version=case.version)


def test_an_invitation_call_is_rated_by_key_without_an_agent_and_a_bad_one_starts_its_loop(
    connector, phones, acd, drill
):
    drill(DAY)
    (citizen,) = phones(CITIZEN)
    case = closed_case()
    acd(QUICK | {"surveys": 1, "trunk": f"sip:{{number}}@{HOST}:{citizen.port}"})
    citizen.wait("CALL_INCOMING", 40)
    citizen.tell("accept")
    (call,) = eventually(lambda: [row for row in rows(Call) if row.purpose == "survey" and row.answer_at])
    connector.wait("rating_prompt", call.id, 20)
    citizen.tell("sndcode", "2")
    citizen.wait("CALL_CLOSED", 20)
    eventually(lambda: [row.level for row in rows(Rating)] == [2])
    eventually(lambda: call_of(call.id).state == "ended")
    with transaction() as unit:
        assert facts.load(unit.session, case.number).state == "checking"
    assert (call_of(call.id).rating, call_of(call.id).case_number) == (2, case.number)
    assert rows(AgentSeat) == []  # nobody was needed


# --- a connector that dies --------------------------------------------------------------------------------------------


def states():
    return dict(Counter(row.state for row in rows(Call)))


def talks(tmp_path):
    """One sipp that answers as every agent's phone."""
    from bench.telephone import phones as answering

    return answering(tmp_path)


@pytest.mark.long
def test_a_connector_killed_with_fifty_real_calls_leaves_each_as_a_call_back_with_number_and_case(
    connector, acd, tmp_path, capsys
):
    import time

    numbers = [f"137{n:08d}" for n in range(50)]
    answering = talks(tmp_path)
    with transaction() as unit:
        uri = f"sip:agent@{HOST}:{answering.port}"
        before = dict(unit.session.query(User.name, User.phone_uri).filter(User.phone_uri != "").all())
        unit.session.execute(update(User).where(User.phone_uri != "").values(phone_uri=uri))
    callers = Sipp(tmp_path, connector.port, "caller_quiet", numbers=numbers, d=60000, r=20)
    try:
        for number in range(1, 21):
            agents.sign_in(f"agent{number}")
        acd({"wrap_up": 0, "announce_first": 0})
        callers.start()
        until(lambda: states() == {"talking": 20, "waiting": 30}, 90, states)
        spoken = {row.caller for row in rows(Call) if row.state == "talking"}
        with_case = min(spoken)
        (known,) = [row for row in rows(Call) if row.caller == with_case]
        with transaction() as unit:
            unit.session.get(Call, known.id).case_number = "20261125-000001"
        connector.kill()
        begun = time.monotonic()
        eventually(lambda: len(debts()) == 50, 60)
        with capsys.disabled():
            print(f"\n50 calls of a killed connector: call-backs after {time.monotonic() - begun:.1f} s")
    finally:
        callers.stop()
        answering.stop()
        with transaction() as unit:
            for name, address in before.items():
                unit.session.get_one(User, name).phone_uri = address
    owed = {row.caller: row for row in rows(Callback)}
    assert sorted(owed) == numbers
    assert {row.state for row in owed.values()} == {"open"}
    assert owed[with_case].case_number == "20261125-000001"
    assert {row.state for row in rows(AgentSeat)} == {"idle"}
    assert {row.exit for row in rows(Call)} == {"answered", "system"}
