"""The torture messages of RFC 4475, each sent by UDP: nothing falls over, nobody else's call is touched."""

import contextlib
import re
import socket

import pytest

from tests.sip import torture
from tests.sip.peers import HOST, options, until

NAMES = [name for name, _ in torture.messages(5060, "127.0.0.1:1")]
# well-formed ones that must be understood
ANSWERS = {"lwsdisp": "200", "semiuri": "200", "inv2543": "200", "wsinv": "200"}


@pytest.fixture(scope="module")
def tortured(own_module_connector):
    return own_module_connector("tortured")


@pytest.fixture
def line():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind((HOST, 0))
        made.settimeout(0.2)
        yield made


def final(line, seconds=3):
    """The final status that came back, if any."""
    for _ in range(int(seconds * 5)):
        with contextlib.suppress(TimeoutError):
            if found := re.match(rb"SIP/2.0 ([2-6]\d\d)", line.recv(65536)):
                return found[1].decode()
    return ""


def test_the_list_is_that_of_the_rfc():
    assert len(NAMES) == len(set(NAMES)) == 49


@pytest.mark.parametrize("name", NAMES)
def test_a_torture_message_is_borne(tortured, line, name):
    me = f"{HOST}:{line.getsockname()[1]}"
    datagram = next(data for known, data in torture.messages(tortured.port, me) if known == name)
    line.sendto(datagram, (HOST, tortured.port))
    if name in ANSWERS:
        assert final(line) == ANSWERS[name]
    until(lambda: options(tortured.port), 10, f"silent after {name}")
    assert tortured.process.poll() is None
    assert tortured.status()["faults"] == 0


def test_after_all_of_them_at_once_a_caller_gets_through(tortured, line, sipp):
    running = sipp(tortured.port, "caller", d=4000).start()
    until(lambda: tortured.events("answered"), 10)
    me = f"{HOST}:{line.getsockname()[1]}"
    for _, datagram in torture.messages(tortured.port, me) * 20:
        line.sendto(datagram, (HOST, tortured.port))
    until(lambda: options(tortured.port), 10, "silent")
    assert running.wait() == 0
    assert sipp(tortured.port, "caller", d=600).run() == 0
