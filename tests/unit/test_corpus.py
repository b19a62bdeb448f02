import csv
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

pytestmark = pytest.mark.fast

CITY = Path(__file__).parents[2] / "hotline" / "city"
FILES = sorted((CITY / "corpus").glob("*.csv"))
LEAST_TEXTS = 12
SHORTEST, LONGEST = 15, 120
TOO_ALIKE = 0.8
PERSONAL = {
    "mobile number": re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)"),
    "landline number": re.compile(r"(?<!\d)0\d{2,3}[-－ ]?\d{7,8}(?!\d)"),
    "identity number": re.compile(r"(?<!\d)\d{17}[\dXx]"),
    "number plate": re.compile(r"[\u4e00-\u9fff][A-Z][·.]?[A-Z0-9]{5,6}(?![A-Z0-9])"),
    "any long number": re.compile(r"\d{7,}"),
}


def read_rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


ROWS = [(path.stem, row["text"], row["label"]) for path in FILES for row in read_rows(path)]
CODES = [row["code"] for row in read_rows(CITY / "categories.csv")]


def trigrams(text):
    return {text[i : i + 3] for i in range(len(text) - 2)}


def alike_pairs(texts, limit):
    """Pairs whose 3-gram Jaccard exceeds the limit; only texts that share a 3-gram are compared."""
    grams = [trigrams(text) for text in texts]
    holders = defaultdict(list)
    for number, own in enumerate(grams):
        shared = Counter(other for gram in own for other in holders[gram])
        for other, common in shared.items():
            if common / len(own | grams[other]) > limit:
                yield texts[other], texts[number]
        for gram in own:
            holders[gram].append(number)


@pytest.mark.parametrize("code", CODES)
def test_every_category_can_be_learnt_from_enough_texts(code):
    assert sum(label == code for _, _, label in ROWS) >= LEAST_TEXTS


def test_labels_are_categories_and_stand_in_the_file_of_their_first_level():
    strays = [row for row in ROWS if row[2] not in CODES or row[2][:2] != row[0]]
    assert strays == []


def test_header_is_what_the_training_command_reads():
    assert {path.read_text(encoding="utf-8").splitlines()[0] for path in FILES} == {"text,label"}


def test_no_text_is_written_twice():
    twice = [text for text, count in Counter(text for _, text, _ in ROWS).items() if count > 1]
    assert twice == []


def test_texts_are_as_long_as_a_caller_speaks():
    odd = [text for _, text, _ in ROWS if not SHORTEST <= len(text) <= LONGEST or text != text.strip()]
    assert odd == []


def test_no_text_is_another_one_with_a_word_swapped():
    assert list(alike_pairs([text for _, text, _ in ROWS], TOO_ALIKE)) == []


def test_the_alike_check_sees_a_swapped_word():
    pair = ["小区门口的烧烤摊天天晚上冒烟熏得人睁不开眼睛", "小区门口的烧烤摊天天晚上冒烟熏得人睁不开眼"]
    assert list(alike_pairs(pair, TOO_ALIKE)) == [tuple(pair)]


@pytest.mark.parametrize("kind", PERSONAL)
def test_no_real_person_can_be_found_in_the_texts(kind):
    assert [text for _, text, _ in ROWS if PERSONAL[kind].search(text)] == []
