"""A connector that is killed with 50 calls: everybody is called back, with his number and his matter."""

import shutil
import uuid
from types import SimpleNamespace

import pytest
from acd_feed import QUICK, client, eventually, rows, sign_in, start_acd
from sqlalchemy import update

from hotline.city_models import User
from hotline.settings import Settings
from hotline.unit import transaction
from telephony import service
from telephony.models import Call, Callback
from tests.sip import sound
from tests.sip.peers import HOST, PATH, Connector, Sipp
from tests.sip.script import asked, reply, sdp, written

pytestmark = [
    pytest.mark.sip,
    pytest.mark.skipif(shutil.which("sipp", path=PATH) is None, reason="not installed: sipp"),
]
CALLERS = [f"138{n:08d}" for n in range(50)]
TALKS = 20  # as many as there are agents
RULES = QUICK | {"ring": 20, "wrap_up": 60}


@pytest.fixture
def house(city, tmp_path):
    """Redis as the connector's peer knows it, with nothing on it."""
    with client() as broker:
        broker.flushdb()
    prompts = tmp_path / "prompts"
    prompts.mkdir()
    for name in ("notice", "music", "rating", "thanks"):
        sound.tone_alaw(prompts / f"{name}.wav", 500, 0.3)
    return SimpleNamespace(url=Settings().redis(), client=client, prompts=prompts, folder=tmp_path)


@pytest.fixture
def connector(house):
    made = Connector(house.folder / "line", house, prompts=house.prompts, name="killed", slots=60).start()
    yield made
    made.stop()


@pytest.fixture
def phones(house):
    """All agents' phones in one: they answer at once. The demo's addresses stand again after the test."""
    steps = asked("INVITE"), reply(200, tag=";tag=[pid]A[call_number]", body=sdp()), asked("ACK"), asked("BYE", 90)
    run = Sipp(house.folder, None, written(house.folder, "phones", *steps), numbers=["1"] * TALKS).start()
    with transaction() as unit:
        known = dict(unit.session.query(User.name, User.phone_uri).filter(User.name.like("agent%")).all())
        ours = User.name.in_(known)
        unit.session.execute(update(User).where(ours).values(phone_uri=f"sip:agent@{HOST}:{run.port}"))
    yield run
    run.stop()
    with transaction() as unit:
        for name, address in known.items():
            unit.session.execute(update(User).where(User.name == name).values(phone_uri=address))


@pytest.fixture
def crowd(house, connector, phones):
    """50 calls: 20 in talk, two of them about a matter, 30 in line; the matters by call."""
    sign_in(*range(1, TALKS + 1))
    acd = start_acd(RULES)
    run = Sipp(house.folder, connector.port, "caller_quiet", numbers=CALLERS, r=25, d=120_000).start()
    eventually(lambda: states() == {"talking": TALKS, "waiting": len(CALLERS) - TALKS}, 40)
    about = {call.id: f"2026112500000{n}" for n, call in enumerate(talking()[:2])}
    for call, number in about.items():
        with transaction() as unit:
            service.case_made(unit, call, number)
    yield about
    run.stop()
    acd.kill()
    acd.wait()


def talking():
    return [call for call in rows(Call) if call.state == "talking"]


def states():
    found = [call.state for call in rows(Call)]
    return {state: found.count(state) for state in sorted(set(found))}


GONE = pytest.param(False, marks=pytest.mark.long, id="gone for good")


@pytest.mark.parametrize("again", [pytest.param(True, id="started again"), GONE])
def test_killed_with_fifty_calls_each_is_owed_a_call_with_number_and_matter(connector, crowd, again):
    connector.kill()
    if again:
        connector.start()
    owed = eventually(lambda: len(found := rows(Callback)) == len(CALLERS) and found, 30)
    assert sorted(row.caller for row in owed) == CALLERS
    assert {row.state for row in owed} == {"open"}
    assert {row.call: row.case_number for row in owed if row.case_number} == crowd
    assert states() == {"ended": len(CALLERS)}
    assert {uuid.UUID(row.call) for row in owed} == {uuid.UUID(call.id) for call in rows(Call)}
