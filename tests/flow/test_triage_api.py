"""`POST /api/v1/triage`: everything suggested for a text while it is typed, each part with how sure."""

from hotline.words import Kind
from web import suggest


def suggested(door, text, **more):
    answer = door.post("/api/v1/triage", json={"text": text} | more)
    assert answer.status_code == 200
    return answer.get_json()


def test_the_kind_is_suggested_with_how_sure_and_what_else_it_may_be(city, ask):
    said = suggested(ask("agent1"), "请问身份证到期换领需要带什么材料")["kind"]
    assert said["kind"] == Kind.ASK.value
    assert 0 < said["confidence"] <= 1
    assert said["top"][0] == [said["kind"], said["confidence"]]
    assert len(said["top"]) == 3


def test_without_a_model_of_kinds_the_words_answer(city, ask, monkeypatch):
    monkeypatch.setattr(suggest, "kind_model", lambda: None)
    said = suggested(ask("agent1"), "我要举报有人无证经营")["kind"]
    assert said["kind"] == Kind.REPORT.value
    assert said["confidence"] <= 0.6
