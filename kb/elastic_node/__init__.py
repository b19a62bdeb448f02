"""A real Elasticsearch node on this machine, for tests and trials: jars by Maven, one Java file, no container."""

import hashlib
import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
VERSION: Final = "8.19.21"
_PLUGIN: Final = f"""\
name=transport-netty4
description=Netty 4 transport
version={VERSION}
elasticsearch.version={VERSION}
java.version=17
classname=org.elasticsearch.transport.netty4.Netty4Plugin
extended.plugins=
has.native.controller=false
"""
_LOG: Final = """\
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %c{1.}: %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
"""
_PACKAGES: Final = "openjdk-17-jdk-headless maven"


class NodeMissing(RuntimeError):  # noqa: N818 - the field's own word
    """The node cannot be had here; the message says what to install."""


def cache() -> Path:
    """Where jars are kept between runs: HOTLINE_CACHE, else ~/.cache/hotline."""
    named = os.environ.get("HOTLINE_CACHE", "")
    return Path(named) if named else Path.home() / ".cache" / "hotline"


def obstacle() -> str:
    """Why no node can start here, in one sentence; empty when one can."""
    missing = [name for name in ("java", "mvn") if shutil.which(name) is None]
    return f"{' and '.join(missing)} not found: apt-get install {_PACKAGES}" if missing else ""


def jars() -> Path:
    """The folder of the checked jars; fetched once. Raises NodeMissing when they cannot be had or are others."""
    folder = cache() / f"elasticsearch-{VERSION}"
    if not folder.exists():
        if why := obstacle():
            raise NodeMissing(why)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as made:
            _fetch(Path(made))
            _check(Path(made) / "jars")
            if not folder.exists():
                (Path(made) / "jars").rename(folder)
    _check(folder)
    return folder


def _fetch(folder: Path) -> None:
    shutil.copy(HERE / "pom.xml", folder)
    words = ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={folder / 'jars'}"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        raise NodeMissing(f"mvn could not fetch Elasticsearch: {done.stdout[-400:]}")


def _check(folder: Path) -> None:
    """Exactly the listed files with the listed digests."""
    lines = (line.split() for line in (HERE / "jars.sha256").read_text(encoding="ascii").splitlines())
    listed = {name: digest for digest, name in lines}
    found = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.glob("*")}
    if wrong := sorted(name for name in listed.keys() | found.keys() if listed.get(name) != found.get(name)):
        raise NodeMissing(f"these jars are not the ones the project knows, remove {folder}: {', '.join(wrong)}")


def lay_out(home: Path, http_port: int, transport_port: int) -> None:
    """A node's home: links to the jars, the transport as a module, its configuration. Data below it is kept."""
    for part in ("lib", "modules/transport-netty4", "plugins", "config", "data", "logs"):
        (home / part).mkdir(parents=True, exist_ok=True)
    for jar in jars().glob("*.jar"):
        module = jar.name.startswith(("netty-", "transport-netty4"))
        placed = home / ("modules/transport-netty4" if module else "lib") / jar.name
        if not placed.exists():
            placed.symlink_to(jar)
    (home / "modules/transport-netty4/plugin-descriptor.properties").write_text(_PLUGIN, encoding="utf-8")
    (home / "config/log4j2.properties").write_text(_LOG, encoding="utf-8")
    lines = ["discovery.type: single-node", "network.host: 127.0.0.1", f"http.port: {http_port}"]
    lines += [f"transport.port: {transport_port}", f"path.data: {home / 'data'}", f"path.logs: {home / 'logs'}"]
    (home / "config/elasticsearch.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")


@dataclass
class ElasticNode:
    """A node with its home and ports; `start` and `stop` may be repeated, the data stays."""

    home: Path
    http_port: int = 9290
    transport_port: int = 9390
    heap: str = "256m"
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    def start(self, seconds: float = 90) -> None:
        """Start and wait until searches are answered. Raises NodeMissing, or RuntimeError with the log's last words."""
        if why := obstacle():
            raise NodeMissing(why)
        home = self.home.resolve()
        lay_out(home, self.http_port, self.transport_port)
        words = ["java", f"-Xms{self.heap}", f"-Xmx{self.heap}", "-cp", f"{home / 'lib'}/*"]
        words += [str(HERE / "Node.java"), str(home)]
        with (home / "logs" / "console.log").open("wb") as log:
            self.process = subprocess.Popen(words, cwd=home, stdout=log, stderr=log)
        self._wait(time.monotonic() + seconds)

    def _wait(self, until: float) -> None:
        assert self.process is not None
        health = f"{self.url}/_cluster/health?wait_for_status=yellow&timeout=5s"
        while time.monotonic() < until and self.process.poll() is None:
            try:
                with urllib.request.urlopen(health, timeout=10):  # noqa: S310 - our own address
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        self.stop()
        said = (self.home / "logs" / "console.log").read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(f"Elasticsearch did not come up: {said[-800:]}")

    def stop(self) -> None:
        """SIGTERM, which it takes cleanly; after 30 seconds SIGKILL."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
