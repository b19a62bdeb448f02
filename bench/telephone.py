"""One connector with many talks at once, each recorded: its share of a core, how fast it answers, what failed.

`python -m bench.telephone [--talks 200] [--rate 20] [--seconds 30]`. Real sound on every leg: sipp speaks as the
callers, another sipp echoes as the agents' phones; both run on the same cores as the connector. Beside it, where the
machine has one, an Asterisk does the same work under the same load (bench/asterisk.py).
"""

import argparse
import csv
import json
import os
import re
import shutil
import statistics
import tempfile
import threading
import time
import uuid
from pathlib import Path

from bench import asterisk
from tests.sip import sound
from tests.sip.conftest import CALLER_HZ
from tests.sip.peers import HOST, Connector, RedisServer, Sipp, until
from tests.sip.script import ack, asked, early, invite, pause, reply, request, sdp, speak, written

TICK = os.sysconf("SC_CLK_TCK")


class Desk(threading.Thread):
    """Gives every caller who queues to a phone at once, as a distribution with enough free agents does."""

    def __init__(self, server, uri):
        super().__init__(daemon=True)
        self.client, self.uri, self.told, self.over = server.client(), uri, [], False

    def run(self):
        last = "0-0"
        while not self.over:
            for _, entries in self.client.xread({"tel:events": last}, count=500, block=50) or []:
                for last, fields in entries:  # noqa: B007 - the last one is where the next reading begins
                    event = json.loads(fields["json"])
                    self.told.append(event)
                    if event["type"] == "queued":
                        self.offer(event["call"])

    def offer(self, call):
        order = {"type": "offer", "call": call, "agent": "a", "uri": self.uri, "token": uuid.uuid4().hex, "timeout": 20}
        self.client.xadd("tel:commands", {"json": json.dumps(order)})

    def count(self, kind):
        return sum(event["type"] == kind for event in self.told)


def used(process):
    """Seconds of processor time of a process and its threads."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory(process):
    """MB that are resident."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())[1]) // 1024


def phones(folder):
    tag = ";tag=[pid]A[call_number]"
    file = written(
        folder, "phones", asked("INVITE"), reply(200, tag=tag, body=sdp()), asked("ACK"), asked("BYE", 600), reply(200)
    )
    run = Sipp(folder, None, file, timeout=900)
    at = run.command.index("-m")
    del run.command[at : at + 2]
    run.command.append("-rtp_echo")
    return run.start()


def answer_times(folder):
    """Seconds from INVITE to 200, as the callers saw it."""
    times = []
    for file in Path(folder).glob("*_rtt.csv"):
        with file.open() as rows:
            times += [float(row[1]) / 1000 for row in list(csv.reader(rows, delimiter=";"))[1:] if len(row) > 1]
    return sorted(times)


def sounds(folder):
    """The folder of the prompts; what the callers say lies beside it."""
    prompts = folder / "prompts"
    prompts.mkdir()
    for prompt in ("notice", "music", "rating", "thanks"):
        sound.tone_alaw(prompts / f"{prompt}.wav", 600, 1)
    (folder / "tone.alaw").write_bytes(sound.tone_alaw(folder / "tone.wav", CALLER_HZ, 20).read_bytes()[46:])
    return prompts


def measure(talks, rate, seconds):
    with tempfile.TemporaryDirectory(prefix="tel-") as name:
        folder = Path(name)
        prompts = sounds(folder)
        server = RedisServer(folder).start()
        own = Connector(folder / "data", server, prompts=prompts, slots=talks + 60, name="bench").start()
        agents = phones(folder)
        desk = Desk(server, f"sip:agent@{HOST}:{agents.port}")
        desk.start()
        try:
            return run(folder, own, desk, talks, rate, seconds)
        finally:
            desk.over = True
            desk.join()
            desk.client.close()
            agents.stop()
            own.stop()
            server.stop()


def baseline(command, modules, talks, rate, seconds):
    """The same load on an Asterisk."""
    with tempfile.TemporaryDirectory(prefix="tel-") as name:
        folder = Path(name)
        prompts = sounds(folder)
        agents = phones(folder)
        other = asterisk.Asterisk(command, folder, agents.port, prompts, modules)
        length, load = 0, None
        try:
            other.start()
            length, load = callers(folder, other.port, talks, rate, seconds)
            until(lambda: other.channels() >= 2 * talks, length, lambda: f"{other.channels()} legs are up")
            share = shared(other.process, seconds)
            failed = load.wait(int(length) + 120)
            times = answer_times(folder)
        finally:
            if load:
                load.stop()
            other.stop()
            agents.stop()
        return {
            "share of a core": f"{share:.1%}",
            "INVITE to 200, half / 99 %": halves(times),
            "recordings": other.recordings(),
            "calls failed": "none" if not failed else f"sipp says {failed}",
        }


def shared(process, seconds):
    """Processor time of a process per second, with all talks up."""
    time.sleep(3)
    begun, before = time.monotonic(), used(process)
    time.sleep(seconds)
    return (used(process) - before) / (time.monotonic() - begun)


def callers(folder, port, talks, rate, seconds):
    """(how long each call lasts, the callers, who have begun)."""
    length = talks / rate + seconds + 15
    timed = early() + '<recv response="200" rtd="true"/>\n' + ack()
    bye = request("BYE", 9) + '<recv response="200"/>\n'
    file = written(folder, "callers", invite(), timed, speak(), pause(length), bye)
    flags = {"m": talks, "l": talks, "r": rate, "rtt_freq": 1, "timeout": int(length) + 120}
    load = Sipp(folder, port, file, numbers=[f"139{n:08d}" for n in range(talks)], **flags)
    load.command.append("-trace_rtt")
    return length, load.start()


def run(folder, own, desk, talks, rate, seconds):
    length, load = callers(folder, own.port, talks, rate, seconds)
    try:
        until(lambda: desk.count("bridged") >= talks, length, lambda: f"{desk.count('bridged')} of {talks} bridged")
        share = shared(own.process, seconds)
        resident = memory(own.process)
        failed = load.wait(int(length) + 120)
        until(lambda: desk.count("hangup") >= talks, 60, "not all ends told")
    finally:
        load.stop()
    return report(own, desk, share, resident, failed, answer_times(folder))


def report(own, desk, share, resident, failed, times):
    sealed = [e for e in desk.told if e["type"] == "hangup" and e["sha256"]]
    waits = [waited(desk, e) for e in desk.told if e["type"] == "agent_answered"]
    faults = own.status().get("faults")
    own.stop()
    gaps = re.findall(r"half (\d+), 99 % (\d+), longest (\d+)", (own.folder / "connector.log").read_text())
    return {
        "talks at once (legs)": f"{len(waits)} ({2 * len(waits)})",
        "share of a core": f"{share:.1%}",
        "resident": f"{resident} MB",
        "INVITE to 200, half / 99 %": halves(times),
        "INVITE to the agent's answer, longest": f"{max(waits):.1f} s",
        "turn to turn, half / 99 % / longest": " / ".join(gaps[-1]) + " ms" if gaps else "not told",
        "recordings sealed": len(sealed),
        "calls failed": "none" if not failed else f"sipp says {failed}",
        "faults counted": faults,
    }


def halves(times):
    return f"{statistics.median(times):.3f} / {times[int(len(times) * 0.99) - 1]:.3f} s"


def waited(desk, event):
    """Seconds from the INVITE of this call to its agent's answer."""
    from datetime import datetime

    first = next(e for e in desk.told if e["call"] == event["call"] and e["type"] == "invite")
    return (datetime.fromisoformat(event["at"]) - datetime.fromisoformat(first["at"])).total_seconds()


def main():
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--talks", type=int, default=200)
    given.add_argument("--rate", type=int, default=20, help="new calls a second")
    given.add_argument("--seconds", type=int, default=30, help="how long it is measured with all talks up")
    given.add_argument(
        "--asterisk", default=shutil.which("asterisk"), help="the command of an Asterisk to compare with"
    )
    given.add_argument("--asterisk-modules", type=Path, default=asterisk.MODULES)
    options = given.parse_args()
    found = measure(options.talks, options.rate, options.seconds)
    print(f"\nOne connector, load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for name, value in found.items():
        print(f"  {name:<40}{value}")
    if not options.asterisk:
        print("No Asterisk here to compare with.")
        return
    found = baseline([options.asterisk], options.asterisk_modules, options.talks, options.rate, options.seconds)
    print("An Asterisk with app_queue and MixMonitor under the same load")
    for name, value in found.items():
        print(f"  {name:<40}{value}")


if __name__ == "__main__":
    main()
