"""The whole system as its users start it: `hotline up --demo` on free ports, driven by a drill clock.

Its doors only: the command, HTTP with tokens or logged in, sockets, SIP, and the recordings as they are kept.
Nothing here reaches into its database.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import requests
import socketio

from telephony import vault
from tests.sip.peers import HOST, ROOT, free_port, until

HOTLINE = Path(sys.executable).parent / "hotline"
OURS = ("DATABASE_URL", "REDIS_URL", "ELASTICSEARCH_URL")
FIRST_START, END, ANSWER = 240, 60, 60  # seconds on a busy machine
META = re.compile(r'name="csrf-token" content="([^"]+)"')
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


class Refused(AssertionError):  # noqa: N818 - reads as what happened
    """The system said no: status and what it answered."""


class Door(requests.Session):
    """HTTP as one user. `get` and `post` give the JSON of an answer that is good, else Refused."""

    def __init__(self, address, user):
        super().__init__()
        self.trust_env = False
        self.address, self.user = address, user
        self.headers["Accept"] = "application/json"

    def ask(self, method, path, body=None, **more):
        answer = self.request(method, self.address + path, json=body, timeout=ANSWER, **more)
        if not answer.ok:
            raise Refused(f"{self.user} {method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json()

    def read(self, path, **query):
        return self.ask("GET", path, params=query)

    def write(self, path, body):
        return self.ask("POST", path, body)

    def case(self, number):
        return self.read(f"/api/v1/cases/{number}")

    def act(self, number, action, **given):
        """One step on the version as it is now; the case after it."""
        version = self.case(number)["version"]
        return self.write(f"/api/v1/cases/{number}/actions", {"action": action, "version": version} | given)


class Desk:
    """A desk's live line: what was pushed, in order, each with what `look` read at once."""

    def __init__(self, door, look):
        self.pushed = []
        self.client = socketio.Client(http_session=door, reconnection=False)
        self.client.on("pop", lambda told: self.pushed.append((told, look(told))), namespace="/desk")
        self.client.connect(door.address, namespaces=["/desk"], transports=["websocket"], wait_timeout=ANSWER)

    def close(self):
        self.client.disconnect()
        self.client.wait()


class Whole:
    """`with Whole(folder, "2026-09-28T09:00+08:00") as whole:` ready on entry, stopped as by Ctrl-C on leaving."""

    def __init__(self, folder, now):
        self.folder, self.data = Path(folder), Path(folder) / "data"
        self.clock = self.folder / "clock"
        self.port, self.sip_port = free_port(), free_port()
        self.address = f"http://{HOST}:{self.port}"
        self.process = None
        self.at(now)

    def at(self, instant):
        """It is now this instant everywhere in the system, and time goes on from there."""
        fresh = self.clock.with_suffix(".new")
        fresh.write_text(instant + "\n", encoding="utf-8")
        fresh.replace(self.clock)

    def _environment(self):
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith("HOTLINE_") and name not in OURS
        }
        return kept | {"HOTLINE_DATA": str(self.data), "HOTLINE_CLOCK": str(self.clock)}

    def command(self, *words):
        """`hotline words… --json`: what it printed. CalledProcessError when it exits with anything but 0."""
        done = subprocess.run(
            [HOTLINE, *words, "--json"],
            cwd=ROOT,
            env=self._environment(),
            capture_output=True,
            check=True,
            timeout=ANSWER,
        )
        return json.loads(done.stdout)

    def __enter__(self):
        words = ["up", "--demo", "--port", str(self.port), "--sip-port", str(self.sip_port), "--data", str(self.data)]
        with (self.folder / "up.log").open("wb") as log:
            self.process = subprocess.Popen(
                [HOTLINE, *words], cwd=ROOT, env=self._environment(), stdout=log, stderr=log
            )
        try:
            until(self._ready, FIRST_START, "the system is not ready")
        except BaseException:
            self._end(signal.SIGTERM)
            print(self.logs())
            raise
        return self

    def _ready(self):
        assert self.process.poll() is None, self.logs()
        time.sleep(0.2)
        try:
            return requests.get(self.address + "/readyz", timeout=5).status_code == requests.codes.ok
        except requests.RequestException:
            return False

    def __exit__(self, *_):
        code = self._end(signal.SIGINT)
        print(self.logs())  # shown where the test failed
        assert code == 0, f"exit {code}"

    def _end(self, how):
        self.process.send_signal(how)
        try:
            return self.process.wait(END)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def logs(self, most=3000):
        """The ends of all logs."""
        files = [self.folder / "up.log", *sorted((self.data / "log").glob("*.log"))]
        return "\n".join(
            f"--- {file.name}\n{file.read_text(errors='replace')[-most:]}" for file in files if file.exists()
        )

    def recording(self, name):
        """A recording as it is kept, sealed, opened with this system's secret into a WAV of its own."""
        kept = self.data / name
        until(vault.sealed(kept).exists, ANSWER, "the recording is not sealed")
        secret = bytes.fromhex((self.data / "secret").read_text(encoding="ascii"))
        opened = self.folder / kept.name
        opened.write_bytes(vault.Vault(secret).read(kept))
        return opened

    # --- who comes in ---

    def program(self, user):
        """A program of this user: a bearer token made by the command."""
        door = Door(self.address, user)
        door.headers["Authorization"] = f"Bearer {self.command('token', 'create', '--user', user)['token']}"
        return door

    def password(self, user):
        lines = (self.data / "demo-accounts.txt").read_text(encoding="utf-8").splitlines()
        return dict(line.split("\t")[:2] for line in lines)[user]

    def logged_in(self, user):
        """This user's session, as his browser has it."""
        door = Door(self.address, user)
        form = door.get(self.address + "/login", timeout=ANSWER, headers={"Accept": "text/html"}).text
        said = {"name": user, "password": self.password(user), "csrf_token": CSRF.search(form)[1]}
        home = door.post(self.address + "/login", data=said, timeout=ANSWER, headers={"Accept": "text/html"})
        assert f'name="user" content="{user}"' in home.text, home.status_code
        door.headers["X-CSRFToken"] = META.search(home.text)[1]
        return door

    def anybody(self):
        """A citizen: no token, no session."""
        return Door(self.address, "citizen")

    # --- what is promised ---

    def promises(self, board, begin="2026-01-01", end="2026-12-31"):
        """The year's rates by code, once the board, the interface and the history agree; AssertionError when never."""
        from_history = self.command("rates", "--from", begin, "--to", end)["rates"]
        assert board.read("/api/v1/rates", **{"from": begin, "to": end})["rates"] == from_history
        until(lambda: board.read("/board/promise", period="year")["rates"] == from_history, 90, "the board disagrees")
        return {rate["code"]: rate for rate in from_history}
