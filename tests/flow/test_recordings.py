"""Recordings and quality review through the staff's doors: who may hear, what is logged, what is scored."""

import pytest

from hotline import clock, privacy
from hotline.settings import Settings
from hotline.unit import transaction
from telephony import quality, wav
from telephony.models import Call, CallAct, QualityCheck
from telephony.vault import Vault, sealed

CALL = "00000000-0000-4000-8000-0000000000aa"
NAME = f"recordings/2026/09/29/{CALL}.wav"
FULL = {item["code"]: item["points"] for item in quality.sheet()}


@pytest.fixture
def sound(city):
    """A sealed recording of a call agent1 spoke; gives the plain bytes."""
    file = Settings().data / NAME
    file.parent.mkdir(parents=True, exist_ok=True)
    wav.write(file, [3000 * (n % 2) for n in range(8000)])
    plain = file.read_bytes()
    Vault(Settings().secret()).seal(file)
    now = clock.now()
    with transaction() as unit:
        known = {"caller": "13800000001", "caller_index": privacy.blind("13800000001"), "connector": "c1"}
        stamps = {"invite_at": now, "agent_answer_at": now, "hangup_at": now}
        said = {"state": "ended", "exit": "answered", "agent": "agent1", "recording": NAME}
        unit.session.add(Call(id=CALL, **known, **stamps, **said))
    yield plain
    sealed(file).unlink(missing_ok=True)


def draw():
    with transaction() as unit:
        unit.session.add(QualityCheck(call=CALL, agent="agent1", drawn_at=unit.now))


def acts():
    with transaction() as unit:
        return [(row.by, row.what, row.agent) for row in unit.session.query(CallAct)]


def hear(client):
    return client.get(f"/calls/{CALL}/recording")


def test_a_recording_is_opened_and_the_hearing_logged(ask, sound):
    answer = hear(ask("supervisor1"))
    assert (answer.status_code, answer.mimetype, answer.data == sound) == (200, "audio/wav", True)
    assert acts() == [("supervisor1", "play", "agent1")]
    assert sound[:4] == b"RIFF"


MAY = {"supervisor1": 200, "auditor1": 200, "agent1": 200, "agent2": 403, "dispatcher1": 403, "csglj1": 403}


def test_only_supervisors_auditors_and_who_spoke_may_hear(ask, sound):
    assert {user: hear(ask(user)).status_code for user in MAY} == MAY
    assert len(acts()) == 3


def test_a_message_is_heard_by_who_takes_its_case_up(ask, sound):
    with transaction() as unit:
        row = unit.session.get(Call, CALL)
        row.agent, row.exit, row.case_number = "", "voicemail", "20260929000001"
    assert hear(ask("dispatcher1")).status_code == 200


def test_a_changed_recording_is_refused_not_played(ask, sound):
    file = sealed(Settings().data / NAME)
    raw = bytearray(file.read_bytes())
    raw[-1] ^= 1
    file.write_bytes(raw)
    refused = hear(ask("supervisor1"))
    assert (refused.status_code, refused.json["error"]["code"]) == (409, "recording_spoilt")
    assert acts() == []


@pytest.mark.parametrize("name", ["../secret", "secret", "recordings/../secret", "recordings/none.wav"])
def test_no_other_file_is_given_out(ask, sound, name):
    with transaction() as unit:
        unit.session.get(Call, CALL).recording = name
    assert hear(ask("supervisor1")).status_code == 404


# --- quality review ------------------------------------------------------------------------------------------------


def score(client, points=None, **more):
    return client.post(f"/calls/quality/{CALL}", json={"points": FULL if points is None else points} | more)


def test_a_drawn_call_is_scored_and_the_agent_reads_it(ask, sound):
    draw()
    boss = ask("supervisor1")
    (waiting,) = boss.get("/calls/quality").json["items"]
    assert (waiting["call"], waiting["recording"], waiting["score"]) == (CALL, True, None)
    assert "13800000001" not in str(waiting)
    told = score(boss, FULL | {"listening": 12}, note="听得急了些").json
    assert (told["score"], told["by"], told["note"]) == (92, "supervisor1", "听得急了些")
    assert boss.get("/calls/quality").json["items"] == []
    own = ask("agent1").get("/calls/quality").json
    assert [row["score"] for row in own["items"]] == [92]
    assert own["means"] == [{"agent": "agent1", "count": 1, "mean": 92.0}]
    assert ask("agent2").get("/calls/quality").json == {"items": [], "next": None, "means": []}


BAD = [
    ({}, "greeting"),
    (FULL | {"greeting": 11}, "greeting"),
    (FULL | {"greeting": -1}, "greeting"),
    (FULL | {"charm": 5}, "charm"),
]


@pytest.mark.parametrize(("points", "named"), BAD)
def test_a_sheet_that_is_not_whole_is_refused_by_item(ask, sound, points, named):
    draw()
    refused = score(ask("supervisor1"), points)
    assert refused.status_code == 422
    assert named in refused.json["error"]["fields"]


def test_nobody_scores_his_own_call_nor_one_that_was_not_drawn(ask, sound):
    assert score(ask("supervisor1")).status_code == 404
    draw()
    with transaction() as unit:
        unit.session.query(QualityCheck).one().agent = "supervisor1"
    assert score(ask("supervisor1")).json["error"]["code"] == "own_call"
    assert score(ask("agent1")).status_code == 403


def test_the_points_of_the_sheet_add_up_to_a_hundred():
    assert sum(FULL.values()) == 100


DOORS = {"/calls": {"supervisor1", "auditor1"}, "/calls/seats": {"supervisor1", "auditor1"}}


@pytest.mark.parametrize("door", DOORS)
def test_the_page_is_for_supervisors_and_auditors(ask, door):
    people = ("agent1", "dispatcher1", "reviewer1", "revisitor1", "supervisor1", "auditor1", "csglj1")
    assert {user for user in people if ask(user).get(door).status_code == 200} == DOORS[door]
