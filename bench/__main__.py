"""`make bench`: intake against a system started here on a data folder of its own, then classifier, calls and rates."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from bench import intake

ROOT = Path(__file__).resolve().parent.parent
PORT, SIP_PORT = 12399, 15099


def wait(url: str, seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=3) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise SystemExit("the system did not become ready")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder:
        Path(folder).chmod(0o755)
        os.environ["HOTLINE_DATA"] = folder
        words = ["up", "--demo", "--port", str(PORT), "--sip-port", str(SIP_PORT)]
        system = subprocess.Popen([sys.executable, "-m", "web.cli", *words], cwd=ROOT)
        try:
            wait(f"http://127.0.0.1:{PORT}/readyz")
            found = intake.measure(f"http://127.0.0.1:{PORT}")
        finally:
            system.send_signal(signal.SIGINT)
            system.wait(60)
    if (ROOT.parent / "shared" / "data").exists():
        subprocess.run([sys.executable, str(ROOT / "bench" / "triage.py")], cwd=ROOT, check=False)
    for part in ("bench.distribution", "bench.answering", "bench.telephone", "bench.rates", "bench.sweep"):
        subprocess.run([sys.executable, "-m", part], cwd=ROOT, check=False)
    print("\nPOST /api/v1/cases (durable, load on the same cores)")
    for name, value in found.items():
        print(f"  {name:<12}{value}")


if __name__ == "__main__":
    main()
