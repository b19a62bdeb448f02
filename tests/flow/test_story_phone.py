"""The main job through all real parts at once: a telephone call becomes a case that is answered, revisited, closed.

sipp calls through a border with a tone and a number, baresip is the agent's phone, `hotline up` is the rest. Times are
those of the drill clock: a Monday before the National Day holidays, so that days off and a make-up Saturday count.
"""

import pytest

from telephony import wav
from tests.flow.border import Border
from tests.flow.whole import Desk, Whole
from tests.sip import sound
from tests.sip.peers import Baresip, Sipp, until

pytestmark = [pytest.mark.sip, pytest.mark.timeout(400)]
CALLER, CALLER_HZ, AGENT_HZ = "13900001000", 1000, 1600
TEXT = "湖滨区黄河路锦绣小区楼下烧烤摊油烟很大，呛得睡不着，希望管一管"
MATTER = {
    "kind": "投诉",
    "content": TEXT,
    "channel": "phone",
    "citizen": {"name": "王先生", "phone": CALLER},
    "place": {"area": "湖滨区", "address": "黄河路锦绣小区"},
}
EARLIER = MATTER | {"kind": "求助", "content": "湖滨区黄河路锦绣小区门口的垃圾箱满了没有人清运，请派人来收"}
FIRST = {"facts": "属实", "solved": True, "public": "经现场核实，烧烤摊油烟扰民情况属实，已责令摊主晚上十点前收摊。"}
BETTER = {"facts": "属实", "solved": True, "public": "已为烧烤摊安装油烟净化设备并再次检测达标，连续三晚巡查未见扰民。"}
CONTENT = {"reached": True, "contacted_by_department": True, "solved": True, "satisfaction": 5, "words": "这回好了"}
DISCONTENT = CONTENT | {"solved": False, "satisfaction": 2, "words": "夜里照旧"}
LEAD = [{"code": "csglj", "role": "lead"}]
BAD_REVIEW = ("bad_review_revisited", "bad_review_rectified", "rectified_in_time")
STAMPS = ("invite_at", "notice_end_at", "queue_at", "offer_at", "agent_answer_at", "hangup_at")


@pytest.fixture
def whole(tmp_path):
    with Whole(tmp_path, "2026-09-28T09:00+08:00") as running:
        yield running


@pytest.fixture
def phone(tmp_path):
    made = Baresip(tmp_path / "phones", "agent1", AGENT_HZ, seconds=120).start()
    yield made
    made.stop()


@pytest.fixture
def border(whole):
    with Border(whole.sip_port) as between:
        yield between


@pytest.fixture
def caller(tmp_path, border):
    """sipp with a tone and a number, not started yet."""
    (tmp_path / "tone.alaw").write_bytes(sound.tone_alaw(tmp_path / "tone.wav", CALLER_HZ, 20).read_bytes()[46:])
    run = Sipp(tmp_path, border.port, "caller_border", numbers=(CALLER,), timeout=200)
    yield run
    run.stop()


@pytest.fixture
def desk(whole):
    """The agent's browser: logged in, listening, reading each pop at once."""
    door = whole.logged_in("agent1")
    listening = Desk(door, lambda told: door.read(f"/desk/call/{told['id']}"))
    yield listening, door
    listening.close()


def due(case, clock):
    """When the running clock of this name is due."""
    (running,) = [row for row in case["clocks"] if row["clock"] == clock and not row["stopped_at"]]
    return running["due_at"]


def talk(phone, border, desk, caller):
    """The agent's pop comes, is read, and only then is the phone answered; both speak. The pop as it was read."""
    listening, door = desk
    caller.start()
    until(lambda: listening.pushed, 60, "no pop at the desk")
    told, pop = listening.pushed[0]
    phone.wait("CALL_INCOMING", 30)
    assert not phone.saw("CALL_ESTABLISHED")
    assert (pop["call"], pop["caller"], pop["state"]) == (told["id"], CALLER, "offered")
    assert door.read("/desk/seat")["state"] in {"reserved", "ringing"}
    phone.tell("accept")
    phone.wait("CALL_ESTABLISHED", 30)
    until(lambda: sound.hears(phone.heard(), CALLER_HZ), 30, "the agent does not hear the caller")
    until(lambda: newest(border, AGENT_HZ), 30, "the caller does not hear the agent")
    return pop


def newest(border, hz, seconds=2):
    """Whether the last two seconds given to the caller hold this tone."""
    last = [wav.decode(byte) for byte in bytes(border.heard[-seconds * sound.RATE :])]
    return sound.strength(last, hz) > sound.LOUD


class People:
    """Everybody of the story, each with a program's token; the citizen has his query code only."""

    def __init__(self, whole):
        self.agent, self.admin, self.clerk = (whole.program(name) for name in ("agent1", "admin1", "csglj1"))
        self.reviewer, self.revisitor = whole.program("reviewer1"), whole.program("revisitor1")
        self.supervisor, self.citizen = whole.program("supervisor1"), whole.anybody()


def take_down(people, call):
    """The case written on the call and forwarded: its number and query code."""
    made = people.agent.write("/api/v1/cases", MATTER | {"call": call})
    assert made["suggestion"]["department"] == "csglj"
    assert 0 < made["suggestion"]["confidence"] <= 1
    case = people.agent.act(made["number"], "forward", departments=LEAD, opinion="请今晚现场查看")
    assert (case["state"], case["call"]) == ("forwarded", call)
    assert due(case, "reply") == "2026-10-16T18:00:00+08:00"  # 10 working days: holidays out, a worked Saturday in
    return made["number"], made["query_code"]


def ended(people, call):
    """The record of this call once it has ended, else None."""
    (record,) = [row for row in people.agent.read("/api/v1/calls")["items"] if row["id"] == call]
    return record if record["hangup_at"] else None


def check_record(whole, people, call, number):
    """Every stamp in order, an exit, the case; and a recording with both voices."""
    until(lambda: (ended(people, call) or {"case": ""})["case"] == number, 60, "the record is not whole")
    record = ended(people, call)
    assert (record["caller"], record["agent"], record["exit"]) == (CALLER, "agent1", "answered")
    stamps = [record[name] for name in STAMPS]
    assert all(stamps), record
    assert stamps == sorted(stamps)
    both = whole.recording(record["recording"])
    assert {hz: sound.hears(both, hz) for hz in (CALLER_HZ, AGENT_HZ)} == {CALLER_HZ: True, AGENT_HZ: True}


def handled(whole, people, numbers, reply, at):
    """Signed, contacted, replied, passed by the reviewer at these four instants; the last case after it."""
    steps = (
        ("sign", {}),
        ("contact", {"how": "电话", "result": "已与市民约定现场查看"}),
        ("reply", reply),
        ("pass", {}),
    )
    case = {}
    for (action, given), instant in zip(steps, at, strict=True):
        whole.at(instant)
        for number in numbers:
            case = (people.reviewer if action == "pass" else people.clerk).act(number, action, **given)
    return case


def unhappy(whole, people, number, code):
    """The citizen rates badly by his query code: a duty to call him, due the next working day."""
    whole.at("2026-10-08T09:00+08:00")
    said = {"action": "rate", "level": 2, "words": "还有烟", "query_code": code}
    assert people.citizen.write(f"/api/v1/cases/{number}/actions", said)["state"] == "checking"
    listed = people.revisitor.read("/revisit/list", tab="call")["items"]
    (duty,) = [row["clock"] for row in listed if row["number"] == number]
    assert (duty["clock"], duty["due_at"]) == ("bad_review", "2026-10-09T18:00:00+08:00")


def put_right(whole, people, number):
    """Spoken to, judged justified, done again, replied anew, spoken to again: closed."""
    whole.at("2026-10-08T10:30+08:00")
    people.revisitor.act(number, "revisit", **DISCONTENT)
    case = people.revisitor.act(number, "judge", verdict="justified", reason="现场夜间仍在超时营业")
    assert due(case, "rectification") == "2026-10-14T18:00:00+08:00"
    case = people.revisitor.act(number, "redo", opinion="请安装净化设备后再答复")
    assert (case["state"], case["round"]) == ("forwarded", 2)
    at = ("2026-10-09T09:00+08:00", "2026-10-09T10:00+08:00", "2026-10-12T10:00+08:00", "2026-10-12T15:00+08:00")
    case = handled(whole, people, [number], BETTER, at)
    assert due(case, "second_revisit") == "2026-10-13T18:00:00+08:00"
    whole.at("2026-10-13T09:30+08:00")
    case = people.revisitor.act(number, "revisit", **CONTENT)
    assert (case["state"], case["verdict"]) == ("closed", "justified")
    assert all(row["stopped_at"] for row in case["clocks"])


def check_promises(whole, people):
    """Both cases forwarded and replied in time; the bad review heard and put right; the history unbroken."""
    rates = whole.promises(people.supervisor)
    for code, count in (
        ("forward_in_time", 2),
        ("on_time_reply", 2),
        ("connect", 1),
        *((code, 1) for code in BAD_REVIEW),
    ):
        rate = rates[code]
        assert (rate["numerator"], rate["denominator"], rate["value"]) == (count, count, 1.0), code
    assert whole.command("history", "verify") == {"intact": True, "broken": None}


def test_a_call_becomes_a_case_and_a_bad_review_is_put_right(whole, phone, border, caller, desk, tmp_path):
    people = People(whole)
    earlier = people.agent.write("/api/v1/cases", EARLIER)["number"]
    people.agent.act(earlier, "forward", departments=LEAD)
    people.admin.write("/admin/users/agent1/phone", {"phone_uri": phone.uri})
    whole.at("2026-09-28T09:30+08:00")
    assert desk[1].write("/desk/seat", {"status": "ready"})["status"] == "ready"

    pop = talk(phone, border, desk, caller)
    assert [one["number"] for one in pop["cases"]] == [earlier]
    number, code = take_down(people, pop["call"])
    phone.tell("hangup")
    assert caller.wait(90) == 0
    check_record(whole, people, pop["call"], number)
    given = border.write(tmp_path / "caller-heard.wav")
    assert (sound.hears(given, AGENT_HZ), sound.hears(given, CALLER_HZ)) == (True, False)
    assert not sound.hears(phone.heard(), AGENT_HZ)

    at = ("2026-09-28T15:00+08:00", "2026-09-28T16:00+08:00", "2026-09-30T10:00+08:00", "2026-09-30T11:00+08:00")
    case = handled(whole, people, [earlier, number], FIRST, at)
    assert due(case, "revisit") == "2026-10-08T18:00:00+08:00"  # the next working day, after the holidays
    unhappy(whole, people, number, code)
    put_right(whole, people, number)
    assert people.revisitor.act(earlier, "revisit", **CONTENT)["state"] == "closed"
    check_promises(whole, people)
