"""A session border between a caller and the hotline, as every trunk has one; it keeps what the caller is given to hear.

It passes SIP both ways and puts its own sound ports into the offers and answers, so that all sound goes through it.
"""

import contextlib
import re
import selectors
import socket
import threading

from telephony import wav
from tests.sip.peers import HOST, free_port

AUDIO = re.compile(rb"m=audio (\d{5}) ")
HEAD, A_LAW = 12, 8  # bytes of an RTP header, its payload type


class Border:
    """sipp calls `port`; the hotline is at `hotline`. Ports have five digits, so no Content-Length changes."""

    def __init__(self, hotline):
        self.hotline, self.caller = (HOST, hotline), None
        self.caller_sound = self.hotline_sound = None
        self.port, self.heard = free_port(), bytearray()
        self.to_caller, self.to_hotline = self._open(self.port), self._open(free_port())
        self.sound_to_caller, self.sound_to_hotline = self._open(free_port()), self._open(free_port())
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    @staticmethod
    def _open(port):
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind((HOST, port))
        made.settimeout(0)
        return made

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join(5)
        for one in (self.to_caller, self.to_hotline, self.sound_to_caller, self.sound_to_hotline):
            one.close()

    def _run(self):
        passing = {
            self.to_caller: self._from_caller,
            self.to_hotline: self._from_hotline,
            self.sound_to_caller: self._sound_from_caller,
            self.sound_to_hotline: self._sound_from_hotline,
        }
        with selectors.DefaultSelector() as ready:
            for one in passing:
                ready.register(one, selectors.EVENT_READ)
            while not self.stopping.is_set():
                for key, _ in ready.select(0.2):
                    with contextlib.suppress(OSError):
                        passing[key.fileobj](*key.fileobj.recvfrom(65535))

    def _from_caller(self, said, sender):
        self.caller = sender
        self.caller_sound = self._sound_of(said) or self.caller_sound
        self.to_hotline.sendto(self._through(said, self.sound_to_hotline), self.hotline)

    def _from_hotline(self, said, _sender):
        self.hotline_sound = self._sound_of(said) or self.hotline_sound
        self.to_caller.sendto(self._through(said, self.sound_to_caller), self.caller)

    @staticmethod
    def _sound_of(said):
        found = AUDIO.search(said)
        return (HOST, int(found[1])) if found else None

    @staticmethod
    def _through(said, mine):
        return AUDIO.sub(b"m=audio %d " % mine.getsockname()[1], said)

    def _sound_from_caller(self, packet, _sender):
        if self.hotline_sound:
            self.sound_to_hotline.sendto(packet, self.hotline_sound)

    def _sound_from_hotline(self, packet, _sender):
        if packet[1] & 0x7F == A_LAW:
            self.heard += packet[HEAD:]
        if self.caller_sound:
            self.sound_to_caller.sendto(packet, self.caller_sound)

    def write(self, file):
        """What the caller was given to hear, as a WAV."""
        wav.write(file, [wav.decode(byte) for byte in bytes(self.heard)])
        return file
