"""A body beyond the limit, sent by a plain client through the real server: he reads why it was refused."""

import json
import socket
import time
import urllib.error
import urllib.request

import pytest

MEGABYTE = 1024 * 1024


def post(town, size):
    address = f"http://127.0.0.1:{town.port}/api/v1/cases"
    body = b'{"content": "' + b"x" * size + b'"}'
    asked = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked, timeout=60)
    with refused.value as answer:
        return answer.code, json.loads(answer.read())["error"]["code"]


@pytest.mark.parametrize("size", [13, 40, 60])
def test_a_plain_client_reads_that_its_body_was_too_large(town, size):
    town.start("web")
    assert post(town, size * MEGABYTE) == (413, "too_large")


def test_who_announces_a_large_body_and_sends_none_is_answered_soon(town):
    town.start("web")
    lines = (
        "POST /api/v1/cases HTTP/1.1",
        "Host: x",
        "Content-Type: application/json",
        f"Content-Length: {20 * MEGABYTE}",
    )
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", town.port), timeout=30) as line:
        line.sendall("\r\n".join((*lines, "", "")).encode())
        assert line.recv(100).startswith(b"HTTP/1.1 413")
    assert time.monotonic() - begun < 15
