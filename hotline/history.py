"""The append-only history: hash-chained per case, sealed across cases, verified row by row."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, cast

from cryptography.exceptions import InvalidTag
from sqlalchemy import Text, bindparam, func, or_, select, true, type_coerce, update
from sqlalchemy.orm import Session

from hotline import privacy
from hotline.db import among, among_these
from hotline.models import Case, HistoryRow, Seal
from hotline.unit import Unit
from hotline.words import Action

START = "0" * 64
NOTHING = (0, START)  # the end of a chain that has no row yet
_HASHED = ("case_id", "seq", "action", "actor", "role", "department", "before", "after", "facts", "words_digest")
_as_text = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
AT_ONCE = 1000  # cases whose rows are read together
Row = Mapping[str, Any]
_KEPT = type_coerce(HistoryRow.words, Text).label("kept")  # as it stands: what was tampered with may not open any more
_CHAINS = (
    select(
        *(getattr(HistoryRow, name) for name in ("id", *_HASHED, "at", "previous", "hash")),
        _KEPT,
        Case.anonymised_at.is_not(None).label("erased"),
    )
    .join(Case, Case.id == HistoryRow.case_id)
    .where(HistoryRow.case_id.between(bindparam("first"), bindparam("last")))
    .order_by(HistoryRow.case_id, HistoryRow.seq)
)
_NEWEST = select(HistoryRow.seq, HistoryRow.hash).where(HistoryRow.case_id == Case.id)
_END = _NEWEST.order_by(HistoryRow.seq.desc()).limit(1).lateral()
_ENDS = select(Case.id, _END.c.seq, _END.c.hash).join(_END, true()).where(among_these(Case.id))


def digest(row: Row) -> str:
    """SHA-256 over the row and the hash before it."""
    body = {name: row[name] for name in _HASHED}
    body |= {"at": row["at"].isoformat(timespec="microseconds"), "previous": row["previous"]}
    return hashlib.sha256(_as_text(body).encode()).hexdigest()


def append(unit: Unit, case_id: int, **row: Any) -> None:
    """Chain a row behind the last of its case and store it with the commit. The caller holds the case's lock."""
    if case_id not in unit.tails:
        look_up(unit, [case_id])
    before, previous = unit.tails[case_id]
    row |= {"case_id": case_id, "seq": before + 1, "previous": previous, "words_digest": privacy.blind(row["words"])}
    row["hash"] = digest(row)
    unit.tails[case_id] = row["seq"], row["hash"]
    unit.write(HistoryRow, **row)


def look_up(unit: Unit, case_ids: Collection[int]) -> None:
    """Read the ends of the chains of locked cases, all at once."""
    unit.tails.update(dict.fromkeys(case_ids, NOTHING))
    rows = unit.session.execute(_ENDS, {"these": list(case_ids)})
    unit.tails.update({case: (seq, hashed) for case, seq, hashed in rows})


def last_step(session: Session, case_id: int) -> HistoryRow | None:
    """The newest row that somebody's action made; none before the first."""
    mine = HistoryRow.case_id == case_id, HistoryRow.action.in_([action.value for action in Action])
    return session.scalars(select(HistoryRow).where(*mine).order_by(HistoryRow.seq.desc()).limit(1)).first()


def _sealed_hash(previous: str, hashes: Iterator[str]) -> tuple[str, int]:
    total, count = hashlib.sha256(previous.encode()), 0
    for value in hashes:
        total.update(value.encode())
        count += 1
    return total.hexdigest(), count


def seal(unit: Unit) -> int:
    """Seal all unsealed rows; returns how many. One sealer at a time: the newest seal's row is locked."""
    before = unit.session.scalars(select(Seal).order_by(Seal.id.desc()).limit(1).with_for_update()).first()
    fresh = select(HistoryRow.id, HistoryRow.hash).where(HistoryRow.seal.is_(None)).order_by(HistoryRow.id)
    rows = unit.session.execute(fresh.limit(50_000)).all()
    if not rows:
        return 0
    previous = before.hash if before else START
    value, count = _sealed_hash(previous, (row.hash for row in rows))
    made = Seal(at=unit.now, first=rows[0].id, last=rows[-1].id, rows=count, previous=previous, hash=value)
    unit.session.add(made)
    unit.session.flush()
    mine = among(HistoryRow.id, [row.id for row in rows])
    marked = update(HistoryRow).where(mine).values(seal=made.id)
    unit.session.execute(marked, execution_options={"synchronize_session": False})  # none of them is held
    return count


def broken_row(session: Session, first: int, last: int, heard: Callable[[int], object] = lambda _cases: None) -> str:
    """Empty when every row of the cases `first` to `last` stands as written in its chain, else the first that does not,
    in words. `heard` is told of so many more cases each time."""
    for begin in range(first, last + 1, AT_ONCE):
        these = {"first": begin, "last": min(begin + AT_ONCE - 1, last)}
        rows = session.execute(_CHAINS, these).mappings()
        if broken := _first_broken(cast("Iterable[Row]", rows)):
            return broken
        heard(these["last"] - begin + 1)
    return ""


def _words_stand(row: Row) -> bool:
    """Whether the words are those that were written, or gone because the retention period of the case is over."""
    kept = row["kept"]
    if row["erased"] and not kept:
        return True
    try:
        return bool(row["words_digest"] == privacy.blind(privacy.decrypt(kept) if kept else kept))
    except (ValueError, InvalidTag):
        return False


def _first_broken(rows: Iterable[Row]) -> str:
    case, seq, before = 0, *NOTHING
    for row in rows:
        if row["case_id"] != case:
            case, seq, before = row["case_id"], *NOTHING
        follows = (row["seq"], row["previous"]) == (seq + 1, before)
        if not follows or row["hash"] != digest(row) or not _words_stand(row):
            return f"历史记录第 {row['id']} 行（诉求 {case} 第 {row['seq']} 步）与链不符"
        seq, before = row["seq"], row["hash"]
    return ""


def broken_seal(session: Session) -> str:
    """Empty when every seal holds the rows it was set over and no others are sealed, else the first that does not."""
    previous, whole, last = START, 0, 0
    for made in session.scalars(select(Seal).order_by(Seal.id)):
        mine = HistoryRow.id.between(made.first, made.last), HistoryRow.seal == made.id
        rows = session.scalars(select(HistoryRow.hash).where(*mine).order_by(HistoryRow.id))
        value, count = _sealed_hash(made.previous, iter(rows))
        if made.previous != previous or made.hash != value or made.rows != count:
            return f"第 {made.id} 号封存（历史记录 {made.first}–{made.last} 行）与记录不符"
        previous, whole, last = made.hash, whole + count, made.id
    ours = or_(Seal.id.is_(None), Seal.id <= last)  # not the rows of a seal that was set while these were read
    marked = select(func.count(HistoryRow.seal)).outerjoin(Seal, Seal.id == HistoryRow.seal)
    sealed = session.scalar(marked.where(HistoryRow.seal.is_not(None), ours))
    return "" if sealed == whole else f"已封存的历史记录有 {sealed} 行，各号封存共 {whole} 行"


def last_case(session: Session) -> int:
    """The last case of which there is a history; 0 where there is none."""
    return session.scalar(select(func.max(HistoryRow.case_id))) or 0


def verify(session: Session, heard: Callable[[int], object] = lambda _cases: None) -> str:
    """Empty when every row stands as written, else the first broken row in words (hash chain, then seals).

    `heard` is told of so many more cases each time.
    """
    return broken_row(session, 1, last_case(session), heard) or broken_seal(session)
