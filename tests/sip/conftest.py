"""One Redis, one connector and two phones for the whole folder; tests that kill a connector start their own."""

import shutil
import tempfile
from pathlib import Path

import pytest

from tests.sip import raw, sound
from tests.sip.case import Case, numbers
from tests.sip.peers import HOST, PATH, Baresip, Connector, RedisServer, Sipp
from tests.sip.slow import begin

SILENCE = 40  # seconds until a connector ends a call from which no sound comes any more
NOTICE_HZ, MUSIC_HZ, RATING_HZ, THANKS_HZ = 620, 350, 710, 830
ANNOUNCED = {"position": 1250, "digit3": 1900, "place": 2500}
CALLER_HZ, AGENT_HZ, GUEST_HZ, CHIEF_HZ = 1000, 1600, 2200, 2800


@pytest.fixture(scope="session")
def folder():
    """A short path: Unix sockets know no long ones."""
    with tempfile.TemporaryDirectory(prefix="tel-") as made:
        yield Path(made)


@pytest.fixture(scope="session")
def prompts(folder):
    """Short tones instead of words."""
    made = folder / "prompts"
    made.mkdir()
    for name, hz, seconds in (("notice", NOTICE_HZ, 0.3), ("music", MUSIC_HZ, 1.0), ("rating", RATING_HZ, 0.5)):
        sound.tone_alaw(made / f"{name}.wav", hz, seconds)
    for name, hz in (("thanks", THANKS_HZ), *ANNOUNCED.items()):
        sound.tone_alaw(made / f"{name}.wav", hz, 0.3)
    return made


@pytest.fixture(scope="session")
def server(folder):
    made = RedisServer(folder).start()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def connector(folder, server, prompts):
    made = Connector(folder / "house", server, prompts=prompts, ring=5, rating_wait=3, name="house").start()
    yield made
    assert made.stop() == 0, (made.folder / "connector.log").read_text()


@pytest.fixture
def own_connector(tmp_path, server, prompts):
    """Starts connectors that a test may kill, each with its own journal."""
    started = []

    def start(name, **options):
        made = Connector(tmp_path / name, server, prompts=prompts, name=name, **options).start()
        started.append(made)
        return made

    yield start
    for made in started:
        made.stop()


@pytest.fixture(scope="module")
def own_module_connector(folder, server, prompts):
    """A connector for one file of tests."""
    started = []

    def start(name, **options):
        started.append(Connector(folder / name, server, prompts=prompts, name=name, **options).start())
        return started[-1]

    yield start
    for made in started:
        made.stop()


@pytest.fixture(scope="session")
def agent(folder):
    phone = Baresip(folder, "agent1", AGENT_HZ).start()
    yield phone
    phone.stop()


@pytest.fixture(scope="session")
def citizen(folder):
    phone = Baresip(folder, "13800138000", CALLER_HZ).start()
    yield phone
    phone.stop()


@pytest.fixture(scope="session")
def guest(folder):
    """A department, or 110."""
    phone = Baresip(folder, "guest", GUEST_HZ).start()
    yield phone
    phone.stop()


@pytest.fixture(scope="session")
def chief(folder):
    """A supervisor."""
    phone = Baresip(folder, "supervisor1", CHIEF_HZ).start()
    yield phone
    phone.stop()


@pytest.fixture
def call(connector, citizen):
    """A citizen waits in line; his call's id."""
    before = len(connector.events("queued"))
    citizen.events.clear()
    citizen.tell("dial", f"sip:12345@{HOST}:{connector.port}")
    queued = connector.wait("queued", count=before + 1)
    yield queued["call"]
    citizen.hang_up()
    connector.wait("hangup", queued["call"], seconds=SILENCE)


@pytest.fixture
def talk(connector, agent, call):
    """Citizen and agent speak with each other."""
    agent.events.clear()
    connector.offer(call, agent.uri)
    agent.wait("CALL_INCOMING")
    connector.wait("offer_ringing", call)
    agent.tell("accept")
    connector.wait("bridged", call)
    yield call
    agent.tell("hangup")


def voice(folder):
    """What callers of sipp say: `tone.alaw`."""
    (folder / "tone.alaw").write_bytes(sound.tone_alaw(folder / "tone.wav", CALLER_HZ, 20).read_bytes()[46:])


@pytest.fixture
def sipp(tmp_path):
    """Makes runs of sipp; what still runs at the end of the test is stopped."""
    runs = []
    voice(tmp_path)

    def make(target, scenario, **given):
        run = Sipp(tmp_path, target, scenario, **given)
        runs.append(run)
        return run

    yield make
    for run in runs:
        run.stop()


@pytest.fixture
def by_hand():
    """Makes callers on a bare socket, each with a number of his own."""
    made = []

    def make(port):
        made.append(raw.Caller(port, str(next(numbers))))
        return made[-1]

    yield make
    for caller in made:
        caller.close()


@pytest.fixture
def case(connector, sipp, tmp_path):
    return Case(connector, sipp, tmp_path)


@pytest.fixture
def live(connector):
    """A caller by hand who was answered and hangs up when he is told to."""
    case = Case(connector, None, None)
    case.caller = raw.Caller(connector.port, case.number)
    case.caller.call()
    case.wait("queued")
    yield case
    case.caller.close()


@pytest.fixture(scope="session")
def slow(connector, tmp_path_factory):
    """Begun with the first scenario, waited for by the last tests."""
    folder = tmp_path_factory.mktemp("slow")
    voice(folder)
    made, runs = begin(connector, folder)
    yield made
    for run in runs:
        run.stop()


def pytest_collection_modifyitems(items):
    """Everything here needs the telephone; where a peer is missing it says so instead of failing oddly."""
    missing = [name for name in ("sipp", "baresip", "kamailio") if shutil.which(name, path=PATH) is None]
    for item in items:
        if "tests/sip/" in str(item.path):
            item.add_marker(pytest.mark.sip)
            if missing:
                item.add_marker(pytest.mark.skip(reason=f"not installed: {', '.join(missing)}"))
