"""The words that moved a suggestion: where they stand, and that the suggestion really leans on them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.explain import MOST, aligned, moved
from triage.linear import normalise
from triage.training.fit import fit

pytestmark = pytest.mark.fast

FRAMES = ["我要反映{}的问题", "小区门口{}很严重", "{}没有人管", "请问{}找谁", "这里天天{}，希望解决", "{}两个月了"]
WORDS = {"0102": ["烧烤油烟", "烤串冒烟"], "0203": ["工地噪声", "半夜施工"], "0501": ["拖欠工资", "老板欠薪"]}


@pytest.fixture(scope="module")
def model():
    rows = [(frame.format(word), label) for label, words in WORDS.items() for word in words for frame in FRAMES]
    return fit([text for text, _ in rows], [label for _, label in rows], lambda _: None).model


@given(
    text=st.text(alphabet=st.sampled_from("停水 \t\n\u3000A3a区ＡⅣİΣß138000000019-。，😀"), max_size=60)
    | st.text(max_size=60)
)
def test_normalised_characters_know_where_they_stand(text):
    ready, places = aligned(text)
    assert ready == normalise(text)
    assert len(ready) == len(places)
    assert places == sorted(places)
    assert all(0 <= place < len(text) for place in places)


@pytest.mark.parametrize("text", ["  A3区　烧烤油烟 没有人管", "电话13800000001，烧烤油烟两个月了", "İİ烧烤油烟"])
def test_the_marked_words_are_the_citizens_own(model, text):
    said = [text[one.start : one.end] for one in moved(model, text, ["0102"])["0102"]]
    assert {"烧烤", "油烟"} & set(said)
    assert len(said) <= MOST


def test_without_the_marked_words_the_label_is_far_less_likely(model):
    text = "这里天天烧烤油烟，希望解决"
    place = model.labels.index("0102")
    bare = text
    for one in reversed(moved(model, text, ["0102"])["0102"]):
        bare = bare[: one.start] + bare[one.end :]
    before, after = model.probabilities([text, bare])[:, place]
    assert before - after > 0.3


def test_one_label_is_explained_by_other_words_than_another(model):
    text = "工地噪声大，老板欠薪"
    told = moved(model, text, ["0203", "0501", "none"])
    assert told["none"] == ()
    assert {text[one.start : one.end] for one in told["0203"]} != {text[one.start : one.end] for one in told["0501"]}
