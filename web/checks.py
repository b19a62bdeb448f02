"""What the doctor looks at beside the parts: shape of the tables, rules, secret, disk, pages, clock, what waits.

Each check says what is so, and what to do where something is to be done. None of them makes the system unready.
"""

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, select, text

from hotline import clock, db, rejudge
from hotline.message_models import OutboxRow
from hotline.models import HistoryRow
from hotline.rulebook.models import RuleDraft
from hotline.settings import Settings
from hotline.timing import timing
from hotline.words import DraftState
from web import schema
from web.parts import DOWN, OFF, UP, Part, safely

LEAST_FREE = 2 * 1024**3
OLDEST_WAITING = dt.timedelta(minutes=2)
OLDEST_UNSEALED = dt.timedelta(minutes=10)
MOST_SKEW = 5.0
NOVEMBER = 11
OTHERS_MAY = 0o077


def _schema() -> Part:
    newest = ScriptDirectory.from_config(schema.config()).get_current_head() or ""
    with db.engine().connect() as connection:
        now = MigrationContext.configure(connection).get_current_revision() or "空"
    advice = (
        ""
        if now == newest
        else f"数据库结构是 {now}，程序要 {newest}：停下系统，先 hotline backup，再 hotline up（自动升级）。"
    )
    return Part("schema", DOWN if advice else UP, needed=False, version=now, advice=advice)


def _rules() -> Part:
    """The policy in force, the years it knows, what waits for a decision, what is still to be judged again."""
    policy, today = timing().policy, clock.local(clock.now())
    wanted = [today.year] + ([today.year + 1] if today.month >= NOVEMBER else [])
    missing = [f"{year}年" for year in wanted if not policy.calendar.known(year)]
    with db.session() as session:
        open_ = select(func.count()).where(RuleDraft.state == DraftState.PROPOSED.value)
        proposed = session.scalar(open_.select_from(RuleDraft)) or 0
        stale = rejudge.stale(session, policy.stamp)
    said = [
        f"没有{'、'.join(missing)}的放假安排：国务院通知公布后在 /admin/rules 导入，在此之前时限标“暂定”。"
        if missing
        else "",
        f"{proposed} 份规则修改待值班长批准：/admin/rules。" if proposed else "",
        "未结诉求正在按现行规则重新计算。" if stale else "",
    ]
    state = OFF if missing else UP
    return Part("rules", state, needed=False, version=f"{policy.name} {policy.version}", advice="".join(said))


def _secret() -> Part:
    file = Settings().secret_file
    if not file.exists():
        return Part(
            "secret",
            DOWN,
            needed=False,
            advice=f"没有主密钥 {file}：新系统执行 hotline up；已有数据的从备份取回，不要新造。",
        )
    loose = file.stat().st_mode & OTHERS_MAY
    advice = f"别人能读主密钥：执行 chmod 600 {file}。" if loose else ""
    return Part("secret", DOWN if loose else UP, needed=False, address=str(file), advice=advice)


def _disk() -> Part:
    there = next(folder for folder in (Settings().data, *Settings().data.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    advice = "" if free >= LEAST_FREE else "磁盘快满了：清出空间，或把 HOTLINE_DATA 移到大盘；满了以后不能登记。"
    return Part("disk", DOWN if advice else UP, needed=False, version=f"{free / 1024**3:.1f} GB", advice=advice)


def _pages() -> Part:
    made = (Path(__file__).parent / "static" / "dist" / "staff.css").exists()
    advice = "" if made else "网页的样式和脚本还没有生成：执行 make setup。"
    return Part("pages", UP if made else DOWN, needed=False, advice=advice)


def _clock() -> Part:
    """Whether time is drilled, and whether this machine's time is the database's."""
    with db.session() as session:
        skew = abs((session.scalars(select(func.clock_timestamp())).one() - clock.machine()).total_seconds())
    drilled = f"演练时间 {clock.local(clock.now()):%Y-%m-%d %H:%M}" if clock.drill_file() else ""
    advice = f"本机和数据库的时间差 {skew:.0f} 秒：校准时间（NTP）。" if skew > MOST_SKEW else ""
    return Part("clock", DOWN if advice else UP, needed=False, version=drilled, advice=advice)


def _waiting() -> Part:
    """Events that nobody delivers, history that nobody seals."""
    with db.session() as session:
        oldest = session.scalar(select(func.min(OutboxRow.ready_at)).where(OutboxRow.done_at.is_(None)))
        open_row = session.scalar(select(func.min(HistoryRow.at)).where(HistoryRow.seal.is_(None)))
        vacuum = session.scalar(text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")) or 0
    late = oldest is not None and clock.machine() - oldest > OLDEST_WAITING
    bare = open_row is not None and clock.now() - open_row > OLDEST_UNSEALED
    said = [
        "有事件两分钟没有送出：看 var/log/relay.log 和 var/log/worker.log。" if late else "",
        "历史十分钟没有封签：看 var/log/worker.log 和 var/log/beat.log。" if bare else "",
        f"{vacuum} 个操作在等数据库的锁：看 pg_stat_activity。" if vacuum else "",
    ]
    return Part("backlog", DOWN if late or bare else UP, needed=False, advice="".join(said))


CHECKS: dict[str, Callable[[], Part]] = {
    "schema": _schema,
    "rules": _rules,
    "secret": _secret,
    "disk": _disk,
    "pages": _pages,
    "clock": _clock,
    "backlog": _waiting,
}


def look() -> list[Part]:
    """Every check as it is now; one that cannot be made says why."""
    return [safely(name, check, needed=False) for name, check in CHECKS.items()]
