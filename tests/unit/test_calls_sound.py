"""Sound files, callers' names, the patchboard, the pool of players."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony import wav
from telephony.caller import identity
from telephony.filing import Filing
from telephony.patchboard import Patchboard
from telephony.players import Players
from telephony.prompts.make import TEXTS, TONE_HZ, WITH_TONE
from tests.sip.sound import samples as heard
from tests.sip.sound import strength, tone_pcm

pytestmark = pytest.mark.fast


@given(st.integers(-32768, 32767))
def test_a_law_keeps_a_sample_within_its_step(sample):
    assert abs(wav.decode(wav.encode(sample)) - sample) <= max(16, abs(sample) / 16)


@given(st.integers(0, 255))
def test_every_a_law_byte_comes_back(byte):
    assert wav.encode(wav.decode(byte)) == byte


def test_the_prompts_are_there_and_whole():
    folder = wav.Path(wav.__file__).parent / "prompts"
    names = {"music", *TEXTS}
    assert {file.stem for file in folder.glob("*.wav") if wav.whole(file) and wav.seconds(file) > 0.5} == names


def spoken():
    return [pytest.param(name, text, id=name) for name, text in TEXTS.items()]


@pytest.mark.parametrize(("name", "text"), spoken())
def test_a_prompt_is_as_long_as_its_text_and_can_be_heard(name, text):
    """Mandarin is spoken at two to seven syllables a second; silence, noise and a cut file are outside of that."""
    file = wav.Path(wav.__file__).parent / "prompts" / f"{name}.wav"
    syllables = sum(sign.isalpha() for sign in text)
    assert syllables / 7 < wav.seconds(file) < syllables / 2 + 1
    samples = heard(file)
    rms = (sum(one * one for one in samples) / len(samples)) ** 0.5
    assert 800 < rms < 6000
    assert max(abs(one) for one in samples) < 32000
    assert (strength(samples[-2000:], TONE_HZ) > 0.9) == (name in WITH_TONE)


def test_a_citys_own_voice_comes_first_and_a_broken_file_does_not(tmp_path):
    own, ours = tmp_path / "own", tmp_path / "ours"
    own.mkdir()
    ours.mkdir()
    tone_pcm(own / "notice.wav", 500, 1.5)
    (own / "busy.wav").write_bytes(b"RIFF")
    for name in ("notice", "busy", "rating"):
        wav.write(ours / f"{name}.wav", [0] * 8000)
    players = Players([own, ours], Made)
    taken = {name: players.take(name, 0.0) for name in ("notice", "busy", "rating")}
    assert {name: one.port.file.parent.name for name, one in taken.items()} == {
        "notice": "own",
        "busy": "ours",
        "rating": "ours",
    }
    assert taken["notice"].seconds == pytest.approx(1.65)


def test_a_file_whose_writer_was_killed_is_mended(tmp_path):
    file = tmp_path / "a.wav"
    wav.write(file, [0] * 8000)
    raw = bytearray(file.read_bytes())
    raw[4:8] = raw[42:46] = struct.pack("<I", 0)
    file.write_bytes(raw)
    assert not wav.whole(file)
    wav.repair(file)
    assert wav.whole(file)
    assert wav.seconds(file) == 1.0


def test_what_is_no_sound_file_is_said_to_be_none(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"nothing of the kind")
    with pytest.raises(ValueError, match="not a sound file"):
        wav.repair(tmp_path / "a.wav")


CALLERS = [
    ('"张三" <sip:13900001234@10.0.0.1:5060;user=phone>', ("13900001234", "张三"), "usual"),
    ("<sip:13900001234@10.0.0.1>", ("13900001234", ""), "no name"),
    ("sip:12345@host", ("12345", ""), "bare"),
    ("Li Si <sip:+8613900001234@h>", ("+8613900001234", "Li Si"), "unquoted"),
    ("<tel:+863982345678>", ("+863982345678", ""), "tel"),
    ('"a\\"b<script>" <sip:1@h>', ("1", 'a\\"b<script>'), "hostile name stays text"),
    ('"x\x00\r\ny" <sip:1@h>', ("1", "xy"), "control characters go"),
    ('"\udcff" <sip:\udcff1@h>', ("?1", "?"), "broken characters are replaced"),
    ("nonsense", ("", ""), "unreadable"),
    ("", ("", ""), "empty"),
    (f'"{"n" * 500}" <sip:{"1" * 500}@h>', ("1" * 64, "n" * 64), "cut"),
]


@pytest.mark.parametrize(("header", "expected", "why"), CALLERS, ids=[row[2] for row in CALLERS])
def test_who_calls_is_read(header, expected, why):
    assert identity(header) == expected


@given(st.text(max_size=200))
def test_no_header_breaks_the_reading(text):
    number, name = identity(text)
    assert (number + name).isprintable()
    (number + name).encode()


class Port:
    """A port of the bridge that knows who hears it."""

    def __init__(self, broken=False):
        self.sinks, self.broken = set(), broken

    def startTransmit(self, sink):  # noqa: N802
        if self.broken:
            raise RuntimeError("gone")
        self.sinks.add(sink)

    def stopTransmit(self, sink):  # noqa: N802
        self.sinks.discard(sink)


@pytest.fixture
def board():
    errors = []
    made = Patchboard(errors.append)
    made.errors = errors
    return made


def test_a_wish_comes_true_once_both_have_ports(board):
    one, other = Port(), Port()
    board.connect("a", "b")
    board.plug("a", one)
    assert one.sinks == set()
    board.plug("b", other)
    assert one.sinks == {other}
    assert not board.joined("a", "b")
    board.connect("b", "a")
    assert board.joined("a", "b")


def test_a_new_port_is_connected_as_the_old_was(board):
    one, other, new = Port(), Port(), Port()
    board.plug("a", one)
    board.plug("b", other)
    board.connect("a", "b")
    board.plug("b", new)
    assert new in one.sinks


def test_only_takes_every_other_source_away(board):
    ports = {name: Port() for name in "abc"}
    for name, port in ports.items():
        board.plug(name, port)
    board.connect("a", "c")
    board.only("c", "b")
    assert (ports["a"].sinks, ports["b"].sinks) == (set(), {ports["c"]})
    board.only("c", None)
    assert ports["b"].sinks == set()


def test_what_is_forgotten_is_connected_to_nothing(board):
    ports = {name: Port() for name in "ab"}
    for name, port in ports.items():
        board.plug(name, port)
    board.connect("a", "b")
    board.forget("a")
    assert ports["a"].sinks == set()
    board.plug("a", ports["a"])
    assert ports["a"].sinks == set()


def test_a_port_that_has_just_gone_is_reported_not_raised(board):
    board.plug("a", Port(broken=True))
    board.plug("b", Port())
    board.connect("a", "b")
    assert [type(error) for error in board.errors] == [RuntimeError]
    assert not board.joined("a", "b")


class Made:
    def __init__(self, file):
        self.file, self.position = file, None

    def setPos(self, position):  # noqa: N802
        self.position = position


def test_a_player_rests_before_it_plays_again(tmp_path):
    wav.write(tmp_path / "notice.wav", [0] * 8000)
    players = Players([tmp_path], Made)
    first = players.take("notice", 0.0)
    players.give_back(first, 1.0)
    assert players.take("notice", 1.1) is not first
    assert players.take("notice", 2.0) is first
    assert first.seconds == pytest.approx(1.15)


@pytest.mark.parametrize("name", ["../secret", "none", "", "a/b"])
def test_a_prompt_that_is_not_there_is_an_error(tmp_path, name):
    with pytest.raises((OSError, ValueError)):
        Players([tmp_path], Made).take(name, 0.0)


def filed_soon(filing, now):
    """What is filed once its thread had its turn."""
    first = filing.done(now)
    filing.close()
    return first + filing.done(now)


def test_a_recording_is_told_once_it_is_whole_or_its_time_is_up(tmp_path):
    filing, file = Filing(), tmp_path / "a.wav"
    wav.write(file, [0] * 8000)
    raw = file.read_bytes()
    file.write_bytes(raw[:4] + struct.pack("<I", 0) + raw[8:])
    filing.begin("c", file)
    assert filing.done(0.0) == []
    filing.end("c", 0.0)
    assert filing.done(0.1) == []
    told = filed_soon(filing, 10.0)
    assert [(one.call, one.seconds) for one in told] == [("c", 1.0)]
    assert filing.done(11.0) == []


def test_a_recording_that_is_not_there_is_told_without_a_digest(tmp_path):
    filing = Filing()
    filing.begin("c", tmp_path / "none.wav")
    filing.end("c", 0.0)
    assert [one.sha256 for one in filed_soon(filing, 10.0)] == [""]
