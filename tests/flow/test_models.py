"""From a correction to a better model: kept, proposed, compared, switched on and back by a supervisor."""

import csv
import datetime as dt
import stat

import pytest
from click.testing import CliRunner
from staff_story import CLERK, DISPATCHER, do, new

from dispatch import catalogue
from dispatch.routing import route
from hotline import clock, db, events
from hotline.errors import Conflict, Missing
from hotline.lifecycle import Actor
from hotline.settings import Settings
from hotline.unit import transaction
from hotline.words import Action, Role
from triage.commands import triage
from triage.models import Example, ModelSwitch
from triage.spacy_model import load, read_card
from triage.training import propose
from triage.training.corpus import read
from triage.training.run import train
from web import learning, suggest

FRAMES = ["我要反映{}的问题", "小区门口{}很严重", "{}没有人管", "请问{}找谁", "这里天天{}，希望解决", "{}两个月了"]
WORDS = {"0102": ["烧烤油烟", "烤串冒烟"], "0203": ["工地噪声", "半夜施工"], "0501": ["拖欠工资", "老板欠薪"]}
NEVER_SEEN = "飞絮迷眼睛"


@pytest.fixture
def data(city, tmp_path, monkeypatch):
    """A small corpus, and a data folder of its own with a model in use."""
    rows = [(frame.format(word), label) for label, words in WORDS.items() for word in words for frame in FRAMES]
    with (tmp_path / "corpus.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    (tmp_path / "words.csv").write_text("code,first,second,keywords\n0102,城管,油烟,烧烤\n", encoding="utf-8")
    train(tmp_path / "corpus.csv", tmp_path / "model", lambda _: None, clock.now())
    return tmp_path


def corrected(text, label, days=30, count=6):
    with transaction() as unit:
        for number in range(count):
            at = unit.now - dt.timedelta(days=days)
            told = {"case_number": f"X{number}", "suggested": "0203", "label": label, "source": "forward"}
            unit.session.add(Example(at=at, text=f"{text}{number}", weight=2.0, **told))


def proposed(data):
    with transaction() as unit:
        made = propose.propose(unit, data / "corpus.csv", data / "words.csv", data, lambda _: None)
        return made.name, made.compared


def switched(name, data, by="supervisor1"):
    with transaction() as unit:
        propose.switch(unit, name, data, by)


def states():
    with db.session() as session:
        return {row.name: row.state for row in session.query(ModelSwitch)}


def test_a_category_a_person_changed_is_kept_as_an_example(city):
    suggestion = {"category": "0102", "department": "csglj", "confidence": 0.6, "machine": "0203"}
    case = new(suggestion=suggestion)
    do(case, Action.FORWARD, DISPATCHER, departments=[{"code": "csglj", "role": "lead"}], opinion="请办理")
    with transaction() as unit:
        learning.learn(unit, events.CaseChanged(case.id, case.number, 2, "forward", "forwarded"))
    with db.session() as session:
        (kept,) = propose.corrections(session)
        assert session.query(Example).one().suggested == "0203"
    assert (kept.label, kept.weight) == ("0102", 1.0)


SUGGESTED = {"category": "0102", "department": "csglj", "confidence": 0.6}


def heard(case, action):
    with transaction() as unit:
        learning.learn(unit, events.CaseChanged(case.id, case.number, 2, action, "forwarded"))
    with db.session() as session:
        return [(one.label, one.department, one.source, one.weight) for one in session.query(Example)]


def sent(code, actor=DISPATCHER, **more):
    case = new(suggestion=SUGGESTED, **more)
    do(case, Action.FORWARD, actor, departments=[{"code": code, "role": "lead"}], opinion="请办理")
    return case


def test_a_house_chosen_against_the_machine_is_kept_with_its_likeliest_category(city):
    case = sent("gaj", content="楼上打麻将聚众赌博到半夜")
    ((label, department, source, weight),) = heard(case, "forward")
    assert (department, source, weight) == ("gaj", "forward", 1.0)
    assert route(catalogue.book(), label, "湖滨区").lead == "gaj"


def test_agreeing_with_the_machine_is_no_correction(city):
    assert heard(sent("csglj"), "forward") == []


def test_what_the_system_forwards_by_itself_teaches_nothing(city):
    assert heard(sent("gaj", Actor("system", Role.SYSTEM)), "forward") == []


def test_a_verdict_on_a_return_counts_double_either_way(city):
    for verdict, code in (("keep", "csglj"), ("reassign", "sthjj")):
        case = sent("csglj")
        do(case, Action.RETURN, CLERK, reason="不属于本部门")
        other = {"department": code} if verdict == "reassign" else {}
        do(case, Action.ARBITRATE, DISPATCHER, verdict=verdict, reason="查目录", **other)
        label, department, source, weight = heard(case, "arbitrate")[-1]
        assert (department, source, weight) == (code, "arbitrate", 2.0)
        assert label == "0102" if verdict == "keep" else label != "0102"


def test_a_proposal_learns_corrections_and_is_compared_per_label(data):
    corrected(NEVER_SEEN, "0203")
    corrected("上周的诉求", "0501", days=2)
    name, compared = proposed(data)
    assert load(data / "models" / name).predict(NEVER_SEEN).label == "0203"
    assert compared["corrections"] == 6
    assert compared["sets"]["week"]["n"] == 6
    fixed = compared["sets"]["fixed"]
    assert set(fixed["new"]["per_label"]) <= {*WORDS, "0203"}
    assert fixed["old"]["accuracy"] == pytest.approx(1.0), "the first model learnt the fixed set, and is said to have"
    assert compared["seen"]
    assert read_card(data / "model")["rows"] == 36, "the model in use is untouched"


def test_switching_on_and_back_is_whole_and_says_who(data):
    corrected(NEVER_SEEN, "0501")
    before = load(data / "model").predict(NEVER_SEEN)
    name, _ = proposed(data)
    switched(name, data)
    assert load(data / "model").predict(NEVER_SEEN).label == "0501"
    assert states() == {name: "on", "first": "off"}
    with pytest.raises(Conflict):
        switched(name, data)
    switched("first", data)
    assert load(data / "model").predict(NEVER_SEEN) == before
    assert states() == {name: "off", "first": "on"}
    with pytest.raises(Missing):
        switched("none", data)
    assert [one.name for one in data.iterdir() if one.name.startswith(".")] == []


def test_running_processes_take_the_switched_model_by_themselves(data, monkeypatch):
    monkeypatch.setattr(suggest, "Settings", lambda: Settings(data=data))
    first = suggest.classifier()
    assert suggest.classifier() is first
    name, _ = proposed(data)
    switched(name, data)
    assert suggest.classifier() is not first


def test_drift_alarms_once_enough_cases_tell(data, monkeypatch):
    monkeypatch.setattr(propose, "ENOUGH", 4)
    for _ in range(4):
        do(new(), Action.FORWARD, DISPATCHER, departments=[{"code": "csglj", "role": "lead"}], opinion="请办理")
    with db.session() as session:
        calm = propose.drift(session, data, clock.now())
    corrected("改了", "0501", days=1, count=3)
    with db.session() as session:
        alarmed = propose.drift(session, data, clock.now())
    assert (calm["alarm"], calm["decided"], calm["kept"]) == (False, 4, 1.0)
    assert (alarmed["alarm"], alarmed["kept"]) == (True, 0.25)


def test_the_export_can_be_trained_on_and_only_its_owner_reads_it(city, tmp_path):
    corrected(NEVER_SEEN, "0203")
    out = tmp_path / "out.csv"
    done = CliRunner().invoke(triage, ["export", "--out", str(out)])
    assert (done.exit_code, "6" in done.output) == (0, True)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert read(out).weights == [2.0] * 6


def test_only_a_supervisor_switches(city, ask):
    assert ask("csglj1").get("/models").status_code == 403
    assert ask("admin1").post("/models/first/on").status_code == 403
    assert ask("supervisor1").post("/models/none/on").status_code == 404
    page = ask("supervisor1").get("/models", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "没有分类模型" in page
