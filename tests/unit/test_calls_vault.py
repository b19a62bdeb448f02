"""Recordings at rest: sealed, opened, refused when changed."""

import hashlib
import os
import time

import pytest

from telephony import wav
from telephony.filing import filed
from telephony.vault import HEAD, SpoiltError, Vault, remove, sealed

pytestmark = pytest.mark.fast
VAULT = Vault(b"k" * 32)


@pytest.fixture
def file(tmp_path):
    made = tmp_path / "5b3a.wav"
    wav.write(made, [(n * 37) % 4000 for n in range(80_000)])
    return made


def test_what_is_sealed_is_opened_again_and_nothing_plain_is_left(file):
    plain = file.read_bytes()
    assert VAULT.seal(file) == hashlib.sha256(plain).hexdigest()
    assert [one.name for one in file.parent.iterdir()] == ["5b3a.wav.sm4"]
    assert sealed(file).stat().st_mode & 0o777 == 0o600
    assert plain[100:200] not in sealed(file).read_bytes()
    assert VAULT.read(file) == plain


def test_a_recording_that_is_still_written_is_read_as_it_stands(file):
    assert VAULT.read(file) == file.read_bytes()


@pytest.mark.parametrize("at", [0, 10, 25, HEAD, HEAD + 5000, -1])
def test_a_changed_byte_anywhere_is_seen(file, at):
    VAULT.seal(file)
    raw = bytearray(sealed(file).read_bytes())
    raw[at] ^= 1
    sealed(file).write_bytes(raw)
    with pytest.raises(SpoiltError):
        VAULT.read(file)


def test_a_cut_file_a_false_name_and_another_secret_are_refused(file):
    VAULT.seal(file)
    raw = sealed(file).read_bytes()
    other = file.with_name("other.wav")
    sealed(other).write_bytes(raw)
    for vault, name in ((VAULT, other), (Vault(b"x" * 32), file)):
        with pytest.raises(SpoiltError):
            vault.read(name)
    sealed(file).write_bytes(raw[:-100])
    with pytest.raises(SpoiltError):
        VAULT.read(file)
    sealed(file).write_bytes(raw[:20])
    with pytest.raises(SpoiltError):
        VAULT.read(file)


def test_a_shelf_that_is_full_leaves_the_plain_file(file):
    sealed(file).with_name("5b3a.wav.sm4.draft").mkdir()
    told = filed("c", file, VAULT.seal)
    assert (told.sha256, told.reason) == ("", "unreadable")
    assert file.exists()


def test_what_a_crash_left_behind_is_sealed_later_and_what_is_written_now_is_not(file, tmp_path):
    day_before = time.time() - 90_000
    old = tmp_path / "deep" / "old.wav"
    old.parent.mkdir()
    wav.write(old, [0] * 800)
    os.utime(old, (day_before, day_before))
    assert VAULT.sweep(tmp_path) == 1
    assert (file.exists(), old.exists(), sealed(old).exists()) == (True, False, True)


def test_a_recording_is_removed_in_whichever_form_it_is(file):
    VAULT.seal(file)
    remove(file)
    remove(file)
    assert list(file.parent.iterdir()) == []
