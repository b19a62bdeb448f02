"""TLS and SRTP on the trunk's leg and on agents' legs, with a second pjsua2 process as the other side."""

import contextlib
import datetime as dt
import ipaddress
import json
import socket
import subprocess
import sys
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.sip import sound
from tests.sip.conftest import AGENT_HZ, CALLER_HZ
from tests.sip.peers import HOST, ROOT, free_port, sound_port, until

A_DAY = dt.timedelta(days=1)


def certified(folder, name, issuer=None, key_of_issuer=None):
    """A key and a certificate, signed by another one or by itself; their files, and both."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer.subject if issuer else subject)
    made = made.public_key(key.public_key()).serial_number(x509.random_serial_number())
    made = made.not_valid_before(now - A_DAY).not_valid_after(now + A_DAY)
    made = made.add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    host = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))])
    done = made.add_extension(host, critical=False).sign(key_of_issuer or key, hashes.SHA256())
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / f"{name}.key").write_bytes(pem)
    (folder / f"{name}.pem").write_bytes(done.public_bytes(serialization.Encoding.PEM))
    return {"certificate": folder / f"{name}.pem", "key": folder / f"{name}.key"}, done, key


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    """The files of an authority, of the hotline and of a peer, and of a stranger who vouches for himself."""
    folder = tmp_path_factory.mktemp("papers")
    authority, by, key = certified(folder, "authority")
    signed = {name: certified(folder, name, by, key)[0] for name in ("hotline", "peer")}
    return {"authority": authority, "stranger": certified(folder, "stranger")[0], **signed}


class Phone:
    """The other process."""

    def __init__(self, folder, name, hz, srtp, **papers):
        self.port, self.heard, self.told = free_port(), folder / f"{name}-heard.wav", []
        self.uri = f"sip:{name}@{HOST}:{self.port};transport=tls"
        tone = sound.tone_pcm(folder / f"{name}.wav", hz, 5)
        words = {"name": name, "tone": tone, "heard": self.heard, "srtp": srtp, "port": self.port}
        command = [sys.executable, "-m", "tests.sip.secure_peer"]
        for word, value in {**words, "rtp-port": sound_port(), **papers}.items():
            command += [f"--{word}", str(value)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.wait("ready")

    def _read(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                self.told.append(json.loads(line))

    def tell(self, *words):
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()

    def wait(self, kind, value=None):
        def seen():
            return [one for one in self.told if kind in one and value in {None, one[kind]}]

        return until(seen, 15, lambda: f"{kind} {value} not seen, but {self.told}")[0]

    def stop(self):
        with contextlib.suppress(OSError):
            self.tell("quit")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        self.process.kill()
        self.reader.join(5)
        with self.process:  # closes the pipes
            self.process.wait(5)


@pytest.fixture
def phone(tmp_path):
    made = []

    def start(name, hz, srtp, **papers):
        made.append(Phone(tmp_path, name, hz, srtp, **papers))
        return made[-1]

    yield start
    for one in made:
        one.stop()


@pytest.fixture
def secure(own_connector, papers):
    """A connector with a certificate."""

    def start(srtp, **more):
        return own_connector(name=f"secure-{srtp}-{len(more)}", srtp=srtp, **papers["hotline"], **more)

    return start


def address(own):
    return f"sip:12345@{HOST}:{own.port + 1};transport=tls"


def test_a_trunk_and_an_agent_speak_over_tls_with_encrypted_sound(secure, phone, papers):
    own = secure("required")
    trunk = phone("13800138000", CALLER_HZ, "required")
    agent = phone("agent1", AGENT_HZ, "required", **papers["peer"])
    before = len(own.events("queued"))
    trunk.tell("dial", address(own))
    call = own.wait("queued", count=before + 1)["call"]
    own.offer(call, agent.uri)
    agent.wait("incoming")
    agent.tell("accept")
    own.wait("bridged", call)
    assert [side.wait("srtp")["srtp"] for side in (trunk, agent)] == ["Active", "Active"]
    until(lambda: sound.lately(trunk.heard, {"agent": AGENT_HZ}) == {"agent"}, 15, "the agent is not heard")
    until(lambda: sound.lately(agent.heard, {"caller": CALLER_HZ}) == {"caller"}, 15, "the caller is not heard")
    trunk.tell("hangup")
    recording = own.wait("hangup", call)["recording"]
    assert sound.hears(own.opened(recording), CALLER_HZ)


@pytest.mark.parametrize(("ours", "theirs", "state"), [
    ("off", "off", "Not"), ("optional", "off", "Not"), ("optional", "required", "Active"),
])  # fmt: skip
def test_sound_is_encrypted_where_both_sides_want_it(secure, phone, ours, theirs, state):
    own = secure(ours)
    trunk = phone("13800138000", CALLER_HZ, theirs)
    trunk.tell("dial", address(own))
    assert trunk.wait("srtp")["srtp"] == state
    trunk.tell("hangup")


@pytest.mark.parametrize(("ours", "theirs"), [("off", "required"), ("required", "off")])
def test_a_call_is_refused_where_one_side_insists_and_the_other_cannot(secure, phone, ours, theirs):
    own = secure(ours)
    trunk = phone("13800138000", CALLER_HZ, theirs)
    trunk.tell("dial", address(own))
    assert trunk.wait("state", "DISCONNECTED")["code"] in {406, 488}
    until(lambda: own.status().get("calls") == 0, 10)


def test_plain_legs_still_work_beside_secure_ones(secure, sipp):
    own = secure("required")
    assert sipp(own.port, "caller", d=300).run() == 0


def test_with_authorities_only_who_shows_a_certificate_of_theirs_gets_in(secure, phone, papers):
    own = secure("required", authorities=papers["authority"]["certificate"])
    trusting = {"authorities": papers["authority"]["certificate"]}
    known = phone("13800138000", CALLER_HZ, "required", **papers["peer"], **trusting)
    known.tell("dial", address(own))
    known.wait("state", "CONFIRMED")
    stranger = phone("13900139000", CALLER_HZ, "required", **papers["stranger"])
    stranger.tell("dial", address(own))
    assert stranger.wait("state", "DISCONNECTED")["code"] >= 500
    assert [event["caller"] for event in own.events("invite") if event["caller"] == "13900139000"] == []
    known.tell("hangup")


def test_an_agents_phone_that_shows_no_certificate_of_theirs_is_not_rung(secure, phone, papers, sipp):
    own = secure("required", authorities=papers["authority"]["certificate"])
    before = len(own.events("queued"))
    sipp(own.port, "caller", d=4000).start()
    call = own.wait("queued", count=before + 1)["call"]
    impostor = phone("agent1", AGENT_HZ, "required", **papers["stranger"])
    own.offer(call, impostor.uri)
    assert own.wait("offer_failed", call)["reason"] == "unreachable"
    assert [one for one in impostor.told if "incoming" in one] == []


def test_old_versions_of_tls_are_refused(secure):
    import ssl

    own = secure("off")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((HOST, own.port + 1), 5) as line, context.wrap_socket(line) as tls:
        assert tls.version() in {"TLSv1.2", "TLSv1.3"}
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with pytest.raises(OSError), socket.create_connection((HOST, own.port + 1), 5) as line:  # noqa: PT011
        context.wrap_socket(line)
