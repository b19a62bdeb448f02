"""The model is missing, broken or slow: the case is taken, goes to the manual list within its clock, screens say so."""

import json
import shutil
import time

import pytest

from hotline import clock, db, privacy
from hotline.city_models import Token
from hotline.models import Case, ClockRow
from hotline.settings import CITY, Settings
from hotline.unit import transaction
from hotline.words import Channel
from triage.classify import Unavailable
from triage.keyword_classify import CEILING
from triage.training.run import train
from web import parts as house
from web import suggest

MATTER = {
    "kind": "投诉",
    "content": "崤山路某小区东门外烧烤摊每天营业到凌晨两点，油烟和噪音很大。",
    "channel": Channel.PHONE.value,
    "citizen": {"name": "测试市民", "phone": "13800000001"},
    "place": {"area": "湖滨区", "address": "崤山路东段"},
}


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A model trained on a part of the corpus."""
    folder = tmp_path_factory.mktemp("good") / "model"
    train(CITY / "corpus" / "01.csv", folder, lambda _: None, clock.machine())
    return folder


@pytest.fixture
def model(city, good, tmp_path, monkeypatch):
    """The folder of the model in use, for breaking."""
    shutil.copytree(good, tmp_path / "model")
    monkeypatch.setattr(suggest, "Settings", lambda: Settings(data=tmp_path))
    monkeypatch.setattr(house, "Settings", lambda: Settings(data=tmp_path))
    suggest.forget()
    yield tmp_path / "model"
    suggest.forget()


@pytest.fixture
def agent(model):
    from web.app import create_app

    with transaction(clock.machine()) as unit:
        unit.session.merge(Token(digest=privacy.token_digest("t"), user="agent1", created_at=unit.now))
        unit.session.merge(Token(digest=privacy.token_digest("d"), user="dispatcher1", created_at=unit.now))
    return create_app().test_client()


def taken_in(agent):
    made = agent.post("/api/v1/cases", json=MATTER, headers={"Authorization": "Bearer t"})
    assert made.status_code == 201
    return made.get_json()


def listed(agent):
    found = agent.get("/dispatch/list", headers={"Authorization": "Bearer d", "Accept": "application/json"})
    assert found.status_code == 200
    return [row["number"] for row in found.get_json()["items"]]


def check_by_hand(agent, said):
    """It waits for a person with its forward clock running; nothing was sent by the machine."""
    assert said["suggestion"]["manual"]
    assert said["number"] in listed(agent)
    with db.session() as session:
        case = session.query(Case).filter_by(number=said["number"]).one()
        (forward,) = session.query(ClockRow).filter_by(case_id=case.id, clock="forward").all()
    assert (case.lead, case.state) == ("", "accepted")
    assert forward.stopped_at is None
    assert 0 < (forward.due_at - case.accepted_at).total_seconds() <= 24 * 3600


def part():
    (one,) = [one for one in house.look() if one.name == "classifier"]
    return one


def test_with_a_model_the_part_is_up(model):
    assert (part().state, suggest.trouble()) == ("up", "")


def test_a_missing_model_leaves_words_that_are_never_sure(model, agent):
    shutil.rmtree(model)
    said = taken_in(agent)
    check_by_hand(agent, said)
    assert said["suggestion"]["confidence"] <= CEILING
    assert part().state == "off"
    assert "人工派单" in part().advice


def break_weights(model):
    next(model.rglob("weights.npz")).write_bytes(b"PK\x03\x04 no archive")


def break_labels(model):
    next(model.rglob("labels.json")).write_text(json.dumps(["0101"]), encoding="utf-8")


@pytest.mark.parametrize("break_it", [break_weights, break_labels])
def test_a_broken_model_is_told_and_works_as_if_missing(model, agent, break_it):
    break_it(model)
    suggest.forget()
    check_by_hand(agent, taken_in(agent))
    assert part().state == "down"
    assert "损坏" in part().advice


def test_a_model_that_fails_while_asked_gives_the_case_to_people(model, agent, monkeypatch):
    class Failing:
        def predict_many(self, _texts):
            raise Unavailable("model_broken", "分类模型损坏")

    monkeypatch.setattr(suggest, "classifier", Failing)
    said = taken_in(agent)
    check_by_hand(agent, said)
    assert said["suggestion"]["top"] == []


def test_a_slow_model_holds_nobody_up_and_is_left_alone_for_a_while(model, agent, monkeypatch):
    asked = []

    class Slow:
        def predict_many(self, texts):
            asked.extend(texts)
            time.sleep(1.0)

    monkeypatch.setattr(suggest, "classifier", Slow)
    monkeypatch.setattr(suggest, "SLOW", 0.05)
    for said in (taken_in(agent), taken_in(agent)):
        check_by_hand(agent, said)
        assert "太慢" in said["suggestion"]["reason"], "the desk shows this"
    assert len(asked) == 1
    assert part().state == "down"
    assert "太慢" in part().advice
    monkeypatch.setattr(suggest, "REST", 0.0)
    suggest.forget()
    assert suggest.trouble() == ""
