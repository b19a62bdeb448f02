"""One promise for every classifier: the trained one and the one of the catalogue's words."""

import threading

import pytest

from triage.classify import TOP, Classifier, Prediction
from triage.keyword_classify import CEILING, KeywordClassifier
from triage.newcomers import widened
from triage.spacy_model import SpacyClassifier, pipeline
from triage.training.fit import fit

pytestmark = pytest.mark.fast

WORDS = {
    "0101": ["占道", "摆摊", "流动摊贩", "店外经营"],
    "0203": ["噪声", "施工", "扰民", "吵"],
    "0304": ["停水", "自来水", "水压", "水管"],
    "0405": ["工资", "欠薪", "劳动合同", "社保"],
}
FRAMES = ["我要反映{}的问题", "小区门口{}很严重", "{}没有人管", "请问{}找谁", "这里天天{}，希望解决", "{}两个月了"]
TEXTS = [
    "楼下天天摆摊，占道经营",
    "工地晚上施工噪声吵得睡不着",
    "家里停水三天了，水压也低",
    "公司拖欠工资不签劳动合同",
    "",
    "   ",
    "今天天气不错",
    "\ud800 半个字符",
    "😀" * 50,
    "停水" * 20_000,
    "<script>alert(1)</script>",
    "\x00\x01",
]


def learned(labels) -> Classifier:
    rows = [(frame.format(word), label) for label in labels for word in WORDS[label] for frame in FRAMES]
    model = fit([text for text, _ in rows], [label for _, label in rows], lambda _: None).model
    return SpacyClassifier(pipeline(model))


@pytest.fixture(scope="module")
def trained() -> Classifier:
    return learned(WORDS)


@pytest.fixture(scope="module")
def widened_() -> Classifier:
    """Trained before 0405 came into the catalogue."""
    return widened(learned(label for label in WORDS if label != "0405"), WORDS)


@pytest.fixture(params=["trained", "keywords", "widened"])
def classifier(request) -> Classifier:
    if request.param == "keywords":
        return KeywordClassifier(WORDS)
    return request.getfixturevalue("trained" if request.param == "trained" else "widened_")


@pytest.mark.parametrize("classifier", ["trained", "keywords"], indirect=True)
@pytest.mark.parametrize(("text", "label"), list(zip(TEXTS, WORDS, strict=False)))
def test_a_plain_matter_gets_its_category(classifier, text, label):
    assert classifier.predict(text).label == label


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_any_text_gets_a_whole_answer(classifier, text):
    said = classifier.predict(text)
    chances = [chance for _, chance in said.top]
    assert isinstance(said, Prediction)
    assert said.top[0] == (said.label, said.confidence)
    assert len(said.top) == len({label for label, _ in said.top}) == TOP
    assert chances == sorted(chances, reverse=True)
    assert all(0 <= chance <= 1 for chance in chances)
    assert sum(chances) <= 1 + 1e-9
    assert {label for label, _ in said.top} <= set(classifier.labels)


def test_many_are_answered_as_one_by_one(classifier):
    one_by_one = [classifier.predict(text) for text in TEXTS]
    at_once = classifier.predict_many(TEXTS)
    assert [said.label for said in at_once] == [said.label for said in one_by_one]
    assert [said.confidence for said in at_once] == pytest.approx([said.confidence for said in one_by_one], abs=1e-6)
    assert classifier.predict_many([]) == []


@pytest.mark.parametrize(("text", "label"), list(zip(TEXTS, WORDS, strict=False)))
def test_the_words_that_moved_the_answer_stand_in_the_text(classifier, text, label):
    moved = classifier.explain(text, [label])[label]
    said = {text[one.start : one.end] for one in moved}
    assert any(part in word or word in part for part in said for word in WORDS[label])


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_any_text_is_explained_without_overlap(classifier, text):
    for label, moved in classifier.explain(text, [*WORDS, "none"]).items():
        assert label != "none" or moved == ()
        ends = [one.end for one in moved]
        assert all(0 <= one.start < one.end <= len(text) for one in moved)
        assert all(one.start >= end for one, end in zip(moved[1:], ends, strict=False))
        assert all(0 < one.weight <= 1 for one in moved)


def test_among_some_labels_only_those_are_possible(classifier):
    said = classifier.among(TEXTS[0], ["0203", "0304"])
    assert {label for label, _ in said.top} == {"0203", "0304"}
    assert sum(chance for _, chance in said.top) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="at least one"):
        classifier.among(TEXTS[0], ["none"])


def test_labels_are_sorted_and_are_those_it_was_given(classifier):
    assert classifier.labels == tuple(sorted(WORDS))


def test_threads_share_one_classifier(classifier):
    expected = classifier.predict_many(TEXTS)
    seen: list[list[Prediction]] = []
    threads = [
        threading.Thread(target=lambda: seen.append([classifier.predict(text) for text in TEXTS])) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == len(threads)
    assert all([said.label for said in answers] == [said.label for said in expected] for answers in seen)


def test_words_alone_are_never_sure_enough_to_send_a_case_on():
    said = KeywordClassifier(WORDS).predict("工资 欠薪 劳动合同 社保" * 50)
    assert said.label == "0405"
    assert said.confidence <= CEILING


def test_without_a_known_word_no_label_is_preferred():
    chances = {chance for _, chance in KeywordClassifier(WORDS).predict("今天天气不错").top}
    assert len(chances) == 1


def test_a_catalogue_without_categories_is_refused():
    with pytest.raises(ValueError, match="no category"):
        KeywordClassifier({})


def test_a_label_never_seen_in_training_is_offered_by_the_catalogues_words_and_is_never_sure(trained):
    model = learned(label for label in WORDS if label != "0405")
    both = widened(model, WORDS)
    said = both.predict("公司拖欠工资不签劳动合同")
    assert "0405" in dict(said.top)
    assert said.confidence <= 1 - dict(said.top)["0405"]
    assert dict(said.top)["0405"] <= CEILING
    assert both.explain("公司拖欠工资", ["0405", "0203"])["0405"]
    quiet = "工地晚上施工噪声吵得睡不着"
    assert both.predict(quiet) == model.predict(quiet)
    assert widened(trained, WORDS) is trained
