"""`POST /api/v1/cases`, durable: committed, suggested, outbox written. Load and system on the same cores."""

import http.client
import json
import os
import queue
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

TEXTS = (
    "湖滨区崤山路某小区东门外烧烤摊每天营业到凌晨两点，油烟和噪音很大，多次反映没有解决，请尽快处理。",
    "灵宝市函谷路路灯坏了半个月，晚上漆黑一片，老人出门很危险。",
    "我在陕州区一家工厂上班，三个月没发工资了，老板总说下个月给。",
    "渑池县城关小学门口放学时车辆乱停，接孩子很不安全。",
)


def token(user: str = "agent1") -> str:
    done = subprocess.run(
        [sys.executable, "-m", "web.cli", "token", "create", "--user", user], capture_output=True, text=True, check=True
    )
    return done.stdout.strip().splitlines()[-1]


def _post(connection: http.client.HTTPConnection, bearer: str, number: int) -> int:
    body = {
        "kind": "投诉",
        "content": TEXTS[number % len(TEXTS)],
        "channel": "phone",
        "citizen": {"phone": "13800000001"},
    }
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {bearer}"}
    connection.request("POST", "/api/v1/cases", json.dumps(body), headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def _work(url: str, bearer: str, numbers: "queue.Queue[int]", told: list[tuple[float, int]]) -> None:
    host = urlsplit(url)
    connection = http.client.HTTPConnection(host.hostname or "", host.port or 80, timeout=30)
    while True:
        try:
            number = numbers.get_nowait()
        except queue.Empty:
            return
        begin = time.perf_counter()
        status = _post(connection, bearer, number)
        told.append((time.perf_counter() - begin, status))


def measure(url: str, total: int = 3000, clients: int = 12) -> dict[str, object]:
    bearer = token()
    numbers: queue.Queue[int] = queue.Queue()
    for number in range(total):
        numbers.put(number)
    told: list[tuple[float, int]] = []
    threads = [threading.Thread(target=_work, args=(url, bearer, numbers, told)) for _ in range(clients)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = time.perf_counter() - begin
    waits = sorted(wait for wait, _ in told)
    good = sum(status == 201 for _, status in told)
    return {
        "requests": total,
        "clients": clients,
        "created": good,
        "per second": round(good / spent, 1),
        "p50 ms": round(waits[len(waits) // 2] * 1000, 1),
        "p95 ms": round(waits[int(len(waits) * 0.95)] * 1000, 1),
        "p99 ms": round(waits[int(len(waits) * 0.99)] * 1000, 1),
    }


def main() -> None:
    url = os.environ.get("BENCH_URL", "http://127.0.0.1:12345")
    for name, value in measure(url).items():
        print(f"{name:<12}{value}")


if __name__ == "__main__":
    main()
