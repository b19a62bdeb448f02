"""`hotline due`: the name and the answer that other programs rely on."""

import json

import pytest
from click.testing import CliRunner

from hotline import due_command
from hotline.due_command import due

pytestmark = pytest.mark.fast


@pytest.fixture(autouse=True)
def no_system(monkeypatch):
    """No system runs here: the files speak."""

    def gone():
        raise RuntimeError("no database")

    monkeypatch.setattr(due_command.db, "session", gone)


REPLY = ("--clock", "reply", "--start", "2026-09-29T16:20+08:00")


def run(*words):
    return CliRunner().invoke(due, words)


ANSWERS = [
    ((*REPLY, "--profile", "henan", "--kind", "投诉"), "2026-10-19T18:00:00+08:00", False, "ten working days"),
    ((*REPLY, "--kind", "咨询"), "2026-10-09T18:00:00+08:00", False, "henan is the default; three working days"),
    (("--clock", "reply", "--start", "2026-09-29T08:20Z"), "2026-10-12T18:00:00+08:00", False, "another zone"),
    (("--clock", "reply", "--start", "2026-09-29T16:20"), "2026-10-12T18:00:00+08:00", False, "Beijing time is meant"),
    (("--clock", "reply", "--start", "2026-12-31T16:20"), "2027-01-07T18:00:00+08:00", True, "no notice of 2027 yet"),
    ((*REPLY, "--profile", "beijing", "--urgency", "特急"), "2026-09-29T18:20:00+08:00", False, "danger"),
    (
        ("--clock", "accept", "--channel", "chat", "--start", "2026-01-01T00:00"),
        "2026-01-01T00:03:00+08:00",
        False,
        "chat",
    ),
]


@pytest.mark.parametrize(("words", "end", "provisional", "why"), ANSWERS, ids=[row[3] for row in ANSWERS])
def test_it_answers_one_json_document(words, end, provisional, why):
    result = run(*words, "--json")
    answer = json.loads(result.stdout)
    assert result.exit_code == 0
    assert answer.keys() == {"due_at", "provisional", "explain"}
    assert (answer["due_at"], answer["provisional"]) == (end, provisional)
    assert "至2" in answer["explain"]


def test_without_json_it_answers_a_sentence():
    result = run(*REPLY)
    assert result.stdout.startswith("自2026年9月29日16:20起算，限5个工作日")


REFUSED = [
    (("--clock", "reply"), "option_missing", "no start"),
    (("--start", "2026-09-29"), "option_missing", "no clock"),
    (("--clock", "answer", "--start", "2026-09-29"), "unknown_word", "an unknown clock"),
    ((*REPLY, "--kind", "抱怨"), "unknown_word", "an unknown kind"),
    ((*REPLY, "--urgency", "加急"), "unknown_word", "an unknown urgency"),
    ((*REPLY, "--channel", "fax"), "unknown_word", "an unknown channel"),
    (("--clock", "accept", "--channel", "phone", "--start", "2026-09-29"), "clock_not_running", "accepted at once"),
    (("--clock", "reply", "--start", "tomorrow"), "bad_start", "no date"),
    (("--clock", "reply", "--start", "2026-02-30T10:00"), "bad_start", "a day that is none"),
    (("--clock", "reply", "--start", "9999-12-31T10:00"), "bad_start", "beyond the calendar"),
    ((*REPLY, "--profile", "atlantis"), "policy_missing", "an unknown profile"),
]


@pytest.mark.parametrize(("words", "code", "why"), REFUSED, ids=[row[2] for row in REFUSED])
def test_it_refuses_with_a_code_a_chinese_sentence_and_exit_two(words, code, why):
    result = run(*words, "--json")
    error = json.loads(result.stdout)["error"]
    assert result.exit_code == 2
    assert error["code"] == code
    assert any("一" <= letter <= "龥" for letter in error["message"])
    assert error["message"] in result.stderr
    assert run(*words).stdout == ""
