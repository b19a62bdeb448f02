"""Danger in plain speech: hand-written sentences, half of them harmless look-alikes, unseen by tables and model."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.triage_risk import judged, sentences
from hotline import clock
from hotline.errors import BadInput
from hotline.settings import CITY
from hotline.words import Urgency
from triage import urgency
from triage.classify import Unavailable
from triage.risk_model import LINES, NAME, assess, read
from triage.training.corpus import read as read_corpus
from triage.training.risk import train

pytestmark = pytest.mark.fast
ROWS = sentences()
SECOND = sentences("second")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("risk") / "model"
    train(CITY / "risks.csv", CITY / "corpus", made, clock.machine())
    return made


@pytest.fixture(scope="module")
def model(folder):
    return read(folder)


def test_the_set_is_large_and_half_of_it_is_harmless():
    texts = {row["text"] for row in ROWS}
    risky = sum(bool(row["risk"]) for row in ROWS)
    assert len(texts) == len(ROWS) >= 200
    assert 0.45 <= risky / len(ROWS) <= 0.55


def test_no_sentence_of_the_set_was_trained_on():
    trained = set(read_corpus(CITY / "risks.csv").texts)
    assert [row["text"] for row in (*ROWS, *SECOND) if row["text"] in trained] == []


def test_danger_is_found_and_look_alikes_mostly_left_alone(model):
    found = judged(ROWS, model)
    assert found["recall"] >= 0.97
    assert found["precision"] >= 0.7


def test_danger_in_other_registers_is_found_too(model):
    found = judged(SECOND, model)
    assert found["recall"] >= 0.97
    assert found["precision"] >= 0.6


ALOFT = "后山上火苗子窜老高了，离村子就两里地"


def test_a_look_alike_across_two_words_hides_no_fire():
    assert urgency.assess(ALOFT).urgency is Urgency.CRITICAL
    assert urgency.assess("最近上火嗓子疼，挂什么科").urgency is Urgency.NORMAL


ASKED = ["遗书公证在哪里办，要带什么材料", "安眠药能不能在社区医院开", "抢劫罪判几年，法学院作业", "走失手环在哪领"]


@pytest.mark.parametrize("text", ASKED)
def test_who_only_asks_about_a_thing_is_not_in_danger_by_its_name(text):
    assert urgency.assess(text).signs == ()


def test_what_only_the_model_sees_asks_for_a_line_without_naming_one(model):
    text = "隔壁饭店后厨油烟管道里有火，火从烟道往上走"
    assert urgency.assess(text).signs == ()
    said = assess(text, model)
    assert (said.urgency, said.lines, said.signs[0].risk) == (Urgency.URGENT, LINES, NAME)


@given(text=st.text(max_size=200))
@settings(max_examples=50, deadline=None)
def test_the_model_never_takes_away_what_the_words_say(model, text):
    by_words = urgency.assess(text)
    if by_words.urgency is not Urgency.NORMAL:
        assert assess(text, model) == by_words


def test_without_a_model_the_words_stand_alone():
    assert assess("三楼着火了", None).urgency is Urgency.CRITICAL
    assert assess("路灯晚上不亮", None).urgency is Urgency.NORMAL


def test_a_missing_and_a_broken_model_are_told_apart(tmp_path, folder):
    with pytest.raises(Unavailable) as missing:
        read(tmp_path / "none")
    assert missing.value.code == "model_missing"
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "model-card.json").write_text(json.dumps({"rows": 1}), encoding="utf-8")
    with pytest.raises(Unavailable) as damaged:
        read(broken)
    assert damaged.value.code == "model_broken"


def test_a_corpus_without_harmless_sentences_is_refused(tmp_path):
    file = tmp_path / "one.csv"
    file.write_text("text,label\n着火了,险\n", encoding="utf-8")
    with pytest.raises(BadInput):
        train(file, CITY / "corpus", tmp_path / "out", clock.machine())
