"""`hotline up`: the whole system on one machine, in the foreground; Ctrl-C stops all of it cleanly."""

import os
import signal
import socket
import sys
import threading
from pathlib import Path

import click

from hotline.clock import drill_file
from hotline.errors import BadInput
from hotline.settings import CITY, Settings
from web.cli.refusals import check_clock
from web.processes import Process, Store, Supervisor

HOST = "127.0.0.1"
PORT = click.IntRange(1, 65535)


@click.command()
@click.option("--port", type=PORT, default=12345, show_default=True, help="网页和接口的端口")
@click.option("--sip-port", type=PORT, default=5060, show_default=True, help="SIP 端口（UDP 和 TCP）")
@click.option("--host", default=HOST, show_default=True, help="监听地址；对外服务时写 0.0.0.0")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="数据文件夹，默认 var/")
@click.option("--demo", is_flag=True, help="载入示范城市和演示账号")
@click.option("--search", type=click.Choice(["tantivy", "elasticsearch"]), default="tantivy", show_default=True)
def up(*, port: int, sip_port: int, host: str, data: Path | None, demo: bool, search: str) -> None:
    """在一台机器上启动全部：数据库、Redis、网页、后台、检索、分类、电话。"""
    os.environ["HOTLINE_DATA"] = str(data.resolve() if data else Settings().data)
    if demo:
        os.environ["HOTLINE_DEMO"] = "1"
    _check(port, sip_port, host, demo=demo)
    from web.embedded import Embedded

    settings = Settings()
    embedded = Embedded(settings)
    try:
        _say("启动数据库和 Redis……")
        embedded.start()
        if search == "elasticsearch" and not settings.elasticsearch_url:
            _say("启动 Elasticsearch（第一次要取程序包）……")
            embedded.start_search()
            settings = Settings()
        settings.secret()
        prepare(settings)
        run(settings, host, port, sip_port, embedded.stores())
    finally:
        settings.drill_note.unlink(missing_ok=True)
        _say("正在停止……")
        embedded.stop()
    _say("已全部停止。")


def _say(text: str) -> None:
    click.echo(text, err=True)


def _check(port: int, sip_port: int, host: str, *, demo: bool) -> None:
    """Refuse at once what would fail later."""
    if drill_file() is not None and not demo:
        raise BadInput("drill_without_demo", "演练时钟 HOTLINE_CLOCK 只能和 --demo 一起用。")
    check_clock()
    for number, kind in ((port, socket.SOCK_STREAM), (sip_port, socket.SOCK_DGRAM)):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, number))
            except OSError:
                option = "--port" if kind == socket.SOCK_STREAM else "--sip-port"
                raise BadInput("port_taken", f"端口 {number} 已被占用，请用 {option} 换一个。") from None


def prepare(settings: Settings) -> None:
    """Tables, the city, the rulebook, the classifier, the knowledge base: each only where it is missing."""
    from hotline.rulebook import versions
    from web import city, schema

    schema.upgrade()
    if settings.demo:
        city.load(demo=True)
    versions.take_up_files()
    if not (settings.data / "model").exists():
        _train(settings)
    if not (settings.data / "risk-model").exists():
        _train_risks(settings)
    if not (settings.data / "kind-model").exists():
        _train_kinds(settings)
    _knowledge(settings)
    note = settings.drill_note
    note.unlink(missing_ok=True)
    if drill_file() is not None:
        note.write_text(os.environ["HOTLINE_CLOCK"], encoding="utf-8")


def _train(settings: Settings) -> None:
    from tqdm import tqdm

    from hotline import clock
    from triage.training.fit import STEPS
    from triage.training.run import train

    with tqdm(total=STEPS, file=sys.stderr, desc="训练分类模型", unit="步") as bar:

        def step(name: str) -> None:
            bar.set_postfix_str(name)
            bar.update()

        train(CITY / "corpus", settings.data / "model", step, clock.machine(), CITY / "categories.csv")


def _train_risks(settings: Settings) -> None:
    from hotline import clock
    from triage.training.risk import train

    _say("训练险情识别……")
    train(CITY / "risks.csv", CITY / "corpus", settings.data / "risk-model", clock.machine())


def _train_kinds(settings: Settings) -> None:
    from hotline import clock
    from triage.training.run import train

    _say("训练诉求类型识别……")
    train(CITY / "kinds.csv", settings.data / "kind-model", lambda _: None, clock.machine())


def _knowledge(settings: Settings) -> None:
    from kb import articles, service

    if settings.demo:
        articles.import_file(Path(articles.__file__).parent / "starter" / "articles.csv", publish=True, actor="system")
    if not (settings.data / "index").exists() or settings.elasticsearch_url:
        _say("建立检索索引……")
        service.reindex()


def processes(settings: Settings, host: str, port: int, sip_port: int) -> list[Process]:
    """What runs beside the servers."""
    python = sys.executable
    celery = [python, "-m", "celery", "-A", "web.worker", "-q"]
    gunicorn = [python, "-m", "gunicorn", "-k", "gthread", "--threads", "64", "-w", "1", "--keep-alive", "20"]
    gunicorn += ["--access-logformat", "%(t)s %(m)s %(U)s %(s)s %(B)s %(M)s"]  # where one is turned on: never the query
    made = [
        Process("web", [*gunicorn, "-b", f"{host}:{port}", "--graceful-timeout", "8", "web.serve:app()"]),
        Process("worker", [*celery, "worker", "-c", "2", "-Q", "sweep,react", "--without-mingle", "--without-gossip"]),
        Process("beat", [*celery, "beat", "-s", str(settings.data / "beat")]),
        Process("relay", [python, "-m", "web.relay"]),
        Process("courier", [python, "-m", "web.courier"]),
    ]
    if not os.environ.get("HOTLINE_TELEPHONE_OFF"):
        line = ["--sip-port", str(sip_port), "--redis", settings.redis(), "--data", str(settings.data), "--bind", host]
        made.append(Process("sip", [python, "-m", "telephony.connector", *line]))
        made.append(Process("acd", [python, "-m", "telephony.acd"]))
    return made


def run(settings: Settings, host: str, port: int, sip_port: int, stores: list[Store]) -> None:
    """Start all, say where everything is once it is ready, wait for the end."""
    from web.parts import telephone_off

    os.environ["HOTLINE_TELEPHONE_OFF"] = telephone_off()
    supervisor = Supervisor(settings.data / "log", processes(settings, host, port, sip_port), stores)
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    supervisor.start()
    threading.Thread(target=_announce, args=(settings, host, port, sip_port, stop), daemon=True).start()
    try:
        supervisor.watch(stop)
    finally:
        supervisor.stop()


def _announce(settings: Settings, host: str, port: int, sip_port: int, stop: threading.Event) -> None:
    from web.processes import ready

    shown = HOST if host == "0.0.0.0" else host  # noqa: S104 - compared, not bound
    if not ready(f"http://{shown}:{port}/readyz", stop):
        return
    _say(f"\n已就绪  http://{shown}:{port}/   （员工登录 http://{shown}:{port}/login）")
    accounts = settings.data / "demo-accounts.txt"
    if settings.demo and accounts.exists():
        _say(f"演示账号和密码在 {accounts}（只有您能读）：")
        wanted = ("agent1", "dispatcher1", "reviewer1", "revisitor1", "supervisor1", "csglj1", "admin1")
        for line in accounts.read_text(encoding="utf-8").splitlines():
            if line.split("\t")[0] in wanted:
                _say("  " + line)
    off = os.environ.get("HOTLINE_TELEPHONE_OFF")
    if off:
        _say(off)
        return
    _say(f"电话  sip:12345@{shown}:{sip_port}（UDP、TCP）")
    _say("试打  任一软电话拨上面的地址，或：")
    _say(f"      sipp {shown}:{sip_port} -sn uac -s 12345 -i {shown} -m 1 -d 20000")
    phone = _phone_of("agent1")
    named = f"坐席 agent1 的话机是 {phone}；" if phone else "坐席的话机地址在“系统”页填写；"
    _say(f"      {named}没有坐席就绪时来电排队，挂机后生成回拨任务。")


def _phone_of(user: str) -> str:
    """The SIP address at which this user's calls ring now; empty where he has none."""
    from hotline import db
    from hotline.city_models import User

    with db.session() as session:
        found = session.get(User, user)
        return found.phone_uri if found is not None else ""
