"""Terms, marks and passages: what is marked is in the text and is what was asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb import tokens

pytestmark = pytest.mark.fast
TEXTS = st.text(st.sampled_from("公积金提取ＡＢcab12 ，。\n<b>&İß三门峡湖滨区的\u3000\t\ud7ff𠮷"), max_size=200)
tokens.terms("词")  # jieba reads its word list here, not within the first example's time
WANTED = st.lists(st.sampled_from(["公积金", "公积", "提取", "ab", "12", "三门峡", "b", "(", "区", "i̇"]), max_size=6)


@given(TEXTS)
def test_folding_keeps_every_position(text):
    assert len(tokens.fold(text)) == len(text)


@given(TEXTS)
def test_terms_are_folded_and_hold_no_blank_and_no_bare_mark(text):
    for term in tokens.terms(text):
        assert term.split() == [term]
        assert any(c.isalnum() for c in term)
        assert term not in tokens.STOP
        assert term in tokens.fold(text)


@given(TEXTS, WANTED)
def test_marks_lie_in_the_text_in_order_and_are_asked_words(text, wanted):
    end_before = 0
    for start, end in tokens.highlight(text, wanted):
        assert end_before <= start < end <= len(text)
        assert tokens.fold(text)[start:end] in wanted
        end_before = end


@given(TEXTS, WANTED, st.integers(1, 60))
def test_a_passage_is_a_piece_of_the_text_and_its_marks_are_asked_words(text, wanted, width):
    window = tokens.passage(text, wanted, width)
    assert window.text in text
    assert len(window.text) <= width
    begins_well = window.text[:1].isalnum() or window.text[:1] in tokens._OPENS
    assert begins_well or len(window.text) == min(width, len(text))  # shorter only to begin with a word
    for start, end in window.marks:
        assert tokens.fold(window.text)[start:end] in wanted
    assert "".join(piece for piece, _ in tokens.pieces(window.text, window.marks)) == window.text


@given(TEXTS, WANTED)
def test_a_passage_holds_a_mark_when_the_text_has_one(text, wanted):
    assert bool(tokens.passage(text, wanted).marks) == bool(tokens.highlight(text, wanted))


@given(TEXTS)
def test_what_a_text_is_cut_into_covers_it(text):
    wanted = tokens.asked(text)
    assert tokens.coverage(wanted, text, "") == (1.0 if wanted else 0.0)
    assert tokens.coverage(wanted, "", "") == 0.0


@pytest.mark.parametrize(
    ("text", "expected", "reason"),
    [
        ("公积金怎么提取？", ["公积", "积金", "公积金", "提取"], "long words also by their parts, no question words"),
        ("ＡＢＣ　ｗｉＦｉ", ["abc", "wifi"], "full width is half width, case does not matter"),
        ("，。！ \n\t", [], "marks and blanks are no terms"),
        ("", [], "nothing asks nothing"),
        ("请拨打12345", ["拨打", "12345"], "numbers are terms"),
        ("x" * 300, ["x" * tokens.LONGEST_TERM], "a run without end is cut"),
    ],
)
def test_terms(text, expected, reason):
    assert tokens.terms(text) == expected, reason


def test_a_learned_name_is_one_term_and_its_parts_stay():
    assert "甘棠北街坊" not in tokens.terms("住在甘棠北街坊里")
    assert tokens.learn(["甘棠北街坊", "甘棠北街坊", "", "区", "有 空格"]) == 1
    assert "甘棠北街坊" in tokens.terms("住在甘棠北街坊里")
    assert tokens.learn(["甘棠北街坊"]) == 0


def test_the_longest_word_is_marked_whole_and_latin_words_only_whole():
    text = "公积金ID卡 idea ＩＤ"
    marked = [text[a:b] for a, b in tokens.highlight(text, ["公积", "公积金", "id"])]
    assert marked == ["公积金", "ID", "ＩＤ"]


def test_the_window_with_most_asked_words_is_shown_from_the_begin_of_its_sentence():
    text = "供暖在十一月开始。" + "无关的话" * 60 + "。住房公积金提取要带身份证。" + "别的" * 60
    window = tokens.passage(text, ["供暖", "公积金", "提取", "身份证"], 40)
    assert window.text.startswith("住房公积金提取要带身份证。")
    assert [window.text[a:b] for a, b in window.marks] == ["公积金", "提取", "身份证"]


def test_a_long_question_keeps_its_longest_words_in_order():
    many = "".join(f"事项{n}，" for n in range(60)) + "住房公积金"
    kept = tokens.asked(many, 8)
    assert len(kept) == 8
    assert "公积金" in kept


def test_html_is_text():
    text = "<script>alert('公积金')</script>"
    window = tokens.passage(text, ["公积金"])
    assert tokens.pieces(window.text, window.marks) == [
        ("<script>alert('", False),
        ("公积金", True),
        ("')</script>", False),
    ]


@given(TEXTS.filter(lambda text: any(c.isalnum() for c in text)), WANTED, st.integers(4, 60))
def test_a_passage_never_begins_with_a_sign_that_closes_what_came_before(text, wanted, width):
    window = tokens.passage(text, wanted, width)
    assert not window.marks or window.text[0] not in "，。、；：！？,. 　\n\t>"
