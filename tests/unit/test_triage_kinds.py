"""What a citizen wants: by cue words alone never surely, with the model mostly right, and never a kind of its own."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.triage_kinds import judged, sentences
from hotline import clock
from hotline.settings import CITY
from hotline.words import Kind
from triage.kinds import KINDS, NO_MODEL, guess, said
from triage.spacy_model import load
from triage.training.corpus import read
from triage.training.run import train

pytestmark = pytest.mark.fast


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kinds") / "model"
    train(CITY / "kinds.csv", folder, lambda _: None, clock.machine())
    return load(folder)


PLAIN = [
    ("请问身份证到期换领需要带什么材料", Kind.ASK),
    ("求助，家里水管爆了，请赶快派人来", Kind.HELP),
    ("我要投诉物业不作为，楼道没人管", Kind.COMPLAINT),
    ("举报楼下有人无证经营，偷偷卖假药", Kind.REPORT),
    ("建议路口增设红绿灯", Kind.ADVICE),
    ("感谢社区民警，特别热情，点赞", Kind.PRAISE),
]


@pytest.mark.parametrize(("text", "kind"), PLAIN)
def test_plain_words_are_understood_without_a_model_but_never_surely(text, kind):
    found = guess(text, None)
    assert found.kind is kind
    assert found.confidence <= NO_MODEL


@pytest.mark.parametrize(("text", "kind"), PLAIN)
def test_the_model_agrees(model, text, kind):
    assert guess(text, model).kind is kind


def test_a_closing_thanks_is_no_praise():
    assert all(cue.kind is not Kind.PRAISE for cue in said("路灯坏了三天没有人修，谢谢！"))
    assert all(cue.kind is not Kind.PRAISE for cue in said("对答复很不满意"))


def test_sentences_nobody_learnt_are_mostly_right(model):
    learnt = set(read(CITY / "kinds.csv").texts)
    rows = sentences()
    assert [text for text, _ in rows if text in learnt] == []
    _, right, two, *_ = judged(rows, model)
    assert right >= 0.75
    assert two >= 0.9


@given(text=st.text(max_size=200))
@settings(max_examples=50, deadline=None)
def test_any_text_gets_every_kind_with_its_chance(model, text):
    for used in (None, model):
        found = guess(text, used)
        chances = [chance for _, chance in found.top]
        assert {kind for kind, _ in found.top} == set(KINDS)
        assert chances == sorted(chances, reverse=True)
        assert sum(chances) <= 1 + 1e-9
