"""The journal keeps what it was given: through a cut-off write, a restart, a rotation."""

import json

import pytest

from telephony.journal import BusyError, Journal

pytestmark = pytest.mark.fast


def event(call, number, kind, **fields):
    return {"id": f"{call}:{number}", "call": call, "type": kind, **fields}


def story(call):
    return [event(call, 1, "invite", caller="139"), event(call, 2, "answered"), event(call, 3, "hangup")]


@pytest.fixture
def opened(tmp_path):
    """Opens the journal of one folder again and again; the one before is closed as if killed."""
    journals = []

    def again(**options):
        if journals:
            journals[-1].close()
        journals.append(Journal(tmp_path, **options))
        return journals[-1]

    yield again
    journals[-1].close()


def ids(lines):
    return [json.loads(line)["id"] for line in lines]


def test_what_was_written_is_owed_in_order_until_it_is_delivered(opened):
    journal = opened()
    journal.append(story("a"))
    assert ids(journal.pending(2)) == ["a:1", "a:2"]
    assert ids(journal.pending(2)) == ["a:1", "a:2"]
    journal.delivered()
    assert ids(journal.pending()) == ["a:3"]
    journal.delivered()
    assert journal.owed == 0
    assert journal.pending() == []


def test_a_restart_owes_what_was_not_delivered(opened):
    journal = opened()
    journal.append(story("a"))
    journal.pending(1)
    journal.delivered()
    assert ids(opened().pending()) == ["a:2", "a:3"]


def test_a_restart_knows_the_open_calls_and_their_last_number(opened):
    opened().append([*story("a"), event("b", 1, "invite"), event("b", 2, "recording", file="x.wav")])
    known = opened().open
    assert {call: (found.last, found.recording) for call, found in known.items()} == {"b": (2, "x.wav")}


def test_a_line_that_was_cut_off_is_not_there(opened, tmp_path):
    opened().append(story("a"))
    with (tmp_path / "events-000001.jsonl").open("ab") as file:
        file.write(b'{"id":"b:1","call":"b","ty')
    journal = opened()
    assert journal.open == {}
    journal.append([event("c", 1, "invite")])
    assert ids(journal.pending()) == ["a:1", "a:2", "a:3", "c:1"]
    assert ids(opened().pending()) == ["a:1", "a:2", "a:3", "c:1"]


def test_a_delivered_file_makes_room_and_keeps_the_open_calls(opened, tmp_path):
    journal = opened(rotate_bytes=100)
    journal.append([*story("a"), event("b", 1, "invite", caller="138"), event("b", 2, "answered")])
    journal.pending()
    journal.delivered()
    assert [file.name for file in sorted(tmp_path.glob("*.jsonl"))] == ["events-000002.jsonl"]
    assert journal.owed == 0
    assert "139" not in (tmp_path / "events-000002.jsonl").read_text()
    found = opened(rotate_bytes=100).open["b"]
    assert (found.invite["caller"], found.last) == ("138", 2)


def test_after_a_rotation_new_events_are_delivered_and_old_ones_not_again(opened):
    journal = opened(rotate_bytes=100)
    journal.append([*story("a"), event("b", 1, "invite")])
    journal.pending()
    journal.delivered()
    journal.append([event("b", 2, "hangup")])
    assert ids(journal.pending()) == ["b:2"]
    assert ids(opened(rotate_bytes=100).pending()) == ["b:2"]


def test_only_one_process_writes_it(opened, tmp_path):
    opened()
    with pytest.raises(BusyError):
        Journal(tmp_path)


def test_strangers_cannot_read_the_numbers(opened, tmp_path):
    opened().append(story("a"))
    assert tmp_path.stat().st_mode & 0o077 == 0
    assert (tmp_path / "events-000001.jsonl").stat().st_mode & 0o077 == 0
