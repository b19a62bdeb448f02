"""A caller by hand on a bare UDP socket, for what sipp cannot do: two requests that cross."""

import contextlib
import re
import socket
import struct
import time
import uuid

from tests.sip.peers import HOST

SDP = "v=0\r\no=u 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\n"


class Caller:
    """One dialog. `received` keeps every message; times are seconds."""

    def __init__(self, port, number):
        self.line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.line.bind((HOST, 0))
        self.line.settimeout(0.1)
        self.ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.ear.bind((HOST, 0))
        self.port, self.number, self.dialog, self.to_tag = port, number, uuid.uuid4().hex, ""
        self.received, self.branch = [], ""
        self.sound, self.packets = None, 0
        self.me = f"{HOST}:{self.line.getsockname()[1]}"
        self.sdp = SDP.format(host=HOST, port=self.ear.getsockname()[1])

    def ask(self, method, number, *more, body="", again=False):
        """Sends a request; `again` with the branch of the last one, for CANCEL and the ACK of a refusal."""
        self.branch = self.branch if again else uuid.uuid4().hex
        lines = [f"{method} sip:12345@{HOST}:{self.port} SIP/2.0"]
        lines += [f"Via: SIP/2.0/UDP {self.me};branch=z9hG4bK{self.branch}", "Max-Forwards: 70"]
        lines += [f"From: <sip:{self.number}@{HOST}>;tag=me", f"To: <sip:12345@{HOST}>{self.to_tag}"]
        lines += [f"Call-ID: {self.dialog}", f"CSeq: {number} {method}", f"Contact: <sip:{self.number}@{self.me}>"]
        self._send([*lines, *more], body)

    def reply(self, request, code, *more, body="", tag=""):
        """Answers a request of the other side; a phone's answer to an INVITE needs a tag."""
        kept = [line for line in request.split("\r\n") if re.match(r"(?i)(via|from|to|call-id|cseq):", line)]
        kept = [line + tag if line.lower().startswith("to:") and "tag=" not in line else line for line in kept]
        contact = f"Contact: <sip:{self.number}@{self.me}>"
        self._send([f"SIP/2.0 {code} As Written", *kept, contact, *more], body)

    def _send(self, lines, body):
        kind = ["Content-Type: application/sdp"] if body else []
        text = "\r\n".join([*lines, *kind, f"Content-Length: {len(body)}", "", body])
        self.line.sendto(text.encode(), (HOST, self.port))

    def hear(self, pattern, seconds=10.0):
        """The next message whose beginning matches; what else comes is kept and passed over."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.breathe()
            with contextlib.suppress(TimeoutError):
                text = self.line.recv(65536).decode(errors="replace")
                self.received.append(text)
                if found := re.search(r"(?im)^to:.*(;tag=[^;\r\n]+)", text):
                    self.to_tag = found[1] if text.startswith("SIP/2.0 200") and not self.to_tag else self.to_tag
                if re.match(pattern, text):
                    return text
        raise AssertionError(f"{pattern} not heard; instead {[one.splitlines()[:1] for one in self.received]}")

    def breathe(self):
        """A packet of sound now and then, so that nobody thinks him dead."""
        if self.sound:
            self.packets += 1
            head = struct.pack("!BBHII", 0x80, 8, self.packets % 65536, self.packets * 160, 12345)
            self.ear.sendto(head + b"\xd5" * 160, self.sound)

    def call(self, *more):
        """Invites and is answered."""
        self.ask("INVITE", 1, *more, body=self.sdp)
        answer = self.hear("SIP/2.0 200")
        self.sound = HOST, int(re.search(r"m=audio (\d+)", answer)[1])
        self.ask("ACK", 1)
        return answer

    def close(self):
        self.line.close()
        self.ear.close()
