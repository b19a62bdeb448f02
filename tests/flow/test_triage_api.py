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


def test_each_of_three_choices_says_how_sure_and_which_words_moved_it(city, ask):
    text = "崤山路烧烤摊每天营业到凌晨两点，油烟和噪音很大"
    said = suggested(ask("agent1"), text)
    assert len(said["top"]) == 3
    assert all(0 <= one["confidence"] <= 1 for one in said["top"])
    words = [text[word["start"] : word["end"]] for word in said["top"][0]["words"]]
    assert {"烧烤", "油烟"} & set(words)


def test_nothing_is_stored_of_the_words_that_moved_a_suggestion(city, ask):
    body = {"kind": "投诉", "content": "楼下烧烤油烟扰民", "channel": "phone", "citizen": {"phone": "13800000001"}}
    made = ask("agent1").post("/api/v1/cases", json=body).get_json()
    assert all("words" not in one for one in made["suggestion"]["top"])
