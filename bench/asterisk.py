"""The baseline of `bench.telephone`: an Asterisk that does the same work, where the machine has one.

Notice, queue (app_queue), talk between two legs, each talk recorded (MixMonitor, A-law): the configuration is written
here, nothing of the machine's own is read.
"""

import re
import subprocess
from pathlib import Path

from tests.sip.peers import HOST, free_port, sound_port, until

MEMBERS = 40  # seats in the queue, all at one phone that takes any number of calls
MODULES = Path("/usr/lib/x86_64-linux-gnu/asterisk/modules")
# what it needs, so that the rest of its three hundred modules costs nothing
NEEDED = """res_sorcery_config res_sorcery_memory res_sorcery_astdb res_timing_timerfd res_pjproject res_pjsip
res_pjsip_session res_pjsip_sdp_rtp res_pjsip_endpoint_identifier_anonymous res_pjsip_endpoint_identifier_ip
res_pjsip_caller_id res_pjsip_dtmf_info res_pjsip_pubsub res_rtp_asterisk res_musiconhold res_monitor chan_pjsip
codec_alaw codec_ulaw format_pcm format_wav app_queue app_mixmonitor app_playback app_stack func_callerid pbx_config
bridge_simple bridge_native_rtp bridge_builtin_features bridge_holding bridge_softmix"""
MAIN = """[directories]
astetcdir => {here}/etc
astmoddir => {modules}
astvarlibdir => {here}/var
astdbdir => {here}/var
astkeydir => {here}/var
astdatadir => {data}
astagidir => {here}/var
astspooldir => {here}/spool
astrundir => {here}/run
astlogdir => {here}/log
astsbindir => {here}/run
[options]
maxfiles = 8192
"""
SIP = """[global]
type = global
endpoint_identifier_order = ip,anonymous
[udp]
type = transport
protocol = udp
bind = {host}:{port}
[anonymous]
type = endpoint
context = in
disallow = all
allow = alaw
direct_media = no
"""
SEAT = """[seat{n}]
type = endpoint
aors = seat{n}
context = in
disallow = all
allow = alaw
direct_media = no
[seat{n}]
type = aor
contact = sip:agent@{host}:{phone}
"""
QUEUE = """[general]
autofill = yes
[hotline]
strategy = leastrecent
ringinuse = yes
timeout = 20
retry = 1
wrapuptime = 0
"""
PLAN = """[in]
exten => _X.,1,Answer()
same => n,Playback({notice})
same => n,MixMonitor({recordings}/${{UNIQUEID}}.alaw)
same => n,Queue(hotline)
same => n,Hangup()
"""
OTHERS = {
    "rtp.conf": "[general]\nrtpstart = {first}\nrtpend = {last}\nstrictrtp = no\nicesupport = no\n",
    "logger.conf": "[logfiles]\nmessages = error,warning\n",
    "musiconhold.conf": "[default]\nmode = files\ndirectory = {here}/var/music\n",
    "cdr.conf": "[general]\nenable = no\n",
    "indications.conf": "[general]\ncountry = cn\n[cn]\nringcadence = 1000,4000\ndial = 450\n",
}


class Asterisk:
    """`Asterisk("asterisk", folder, phone)`: `phone` is the port of a phone that answers every call at once."""

    def __init__(self, command: list[str], folder: Path, phone: int, sounds: Path, modules: Path = MODULES) -> None:
        self.command, self.here, self.port = command, folder / "asterisk", free_port()
        for name in ("etc", "var/music", "spool", "run", "log", "recordings"):
            (self.here / name).mkdir(parents=True)
        (self.here / "var/music/hold.alaw").write_bytes((sounds / "music.wav").read_bytes()[46:])
        (self.here / "notice.alaw").write_bytes((sounds / "notice.wav").read_bytes()[46:])
        self._write(phone, modules)
        self.process: subprocess.Popen[bytes] | None = None

    def _write(self, phone: int, modules: Path) -> None:
        first = sound_port()
        known = {"here": self.here, "modules": modules, "host": HOST, "port": self.port, "phone": phone}
        known |= {"first": first, "last": first + 2000, "data": modules.parents[3] / "share/asterisk"}
        etc = self.here / "etc"
        load = "".join(f"load = {name}.so\n" for name in NEEDED.split() if (modules / f"{name}.so").exists())
        seats = "".join(SEAT.format(n=n, **known) for n in range(MEMBERS))
        members = "".join(f"member => PJSIP/seat{n}\n" for n in range(MEMBERS))
        plan = PLAN.format(notice=self.here / "notice", recordings=self.here / "recordings")
        (etc / "asterisk.conf").write_text(MAIN.format(**known))
        (etc / "modules.conf").write_text(f"[modules]\nautoload = no\n{load}")
        (etc / "pjsip.conf").write_text(SIP.format(**known) + seats)
        (etc / "queues.conf").write_text(QUEUE + members)
        (etc / "extensions.conf").write_text(plan)
        for name, text in OTHERS.items():
            (etc / name).write_text(text.format(**known))

    def start(self) -> "Asterisk":
        """Ready when it answers its console."""
        words = [*self.command, "-f", "-C", str(self.here / "etc/asterisk.conf")]
        with (self.here / "log/console").open("wb") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        until(lambda: "System uptime" in self.ask("core show uptime"), 20, "Asterisk does not answer")
        return self

    def ask(self, words: str) -> str:
        """What its console says."""
        command = [*self.command, "-C", str(self.here / "etc/asterisk.conf"), "-rx", words]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30).stdout

    def channels(self) -> int:
        """Legs that are up."""
        found = re.search(r"(\d+) active channel", self.ask("core show channels count"))
        return int(found[1]) if found else 0

    def recordings(self) -> int:
        """Recordings with sound in them."""
        return sum(file.stat().st_size > 0 for file in (self.here / "recordings").iterdir())

    def stop(self) -> None:
        """End it."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)
