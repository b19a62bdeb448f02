"""The append-only history: hash-chained per case, sealed across cases, verified row by row."""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import Text, select, true, type_coerce, update
from sqlalchemy.orm import Session, defer

from hotline import privacy
from hotline.db import among, among_these
from hotline.models import Case, HistoryRow, Seal
from hotline.unit import Unit
from hotline.words import Action

START = "0" * 64
NOTHING = (0, START)  # the end of a chain that has no row yet
_HASHED = ("case_id", "seq", "action", "actor", "role", "department", "before", "after", "facts", "words_digest")
_NEWEST = select(HistoryRow.seq, HistoryRow.hash).where(HistoryRow.case_id == Case.id)
_END = _NEWEST.order_by(HistoryRow.seq.desc()).limit(1).lateral()
_ENDS = select(Case.id, _END.c.seq, _END.c.hash).join(_END, true()).where(among_these(Case.id))


def digest(row: Mapping[str, Any]) -> str:
    """SHA-256 over the row and the hash before it."""
    body = {name: row[name] for name in _HASHED}
    body |= {"at": row["at"].isoformat(timespec="microseconds"), "previous": row["previous"]}
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def append(unit: Unit, case_id: int, **row: Any) -> None:
    """Chain a row behind the last of its case and store it with the commit. The caller holds the case's lock."""
    if case_id not in unit.tails:
        look_up(unit, [case_id])
    before, previous = unit.tails[case_id]
    row |= {"case_id": case_id, "seq": before + 1, "previous": previous, "words_digest": privacy.blind(row["words"])}
    row["hash"] = digest(row)
    unit.tails[case_id] = row["seq"], row["hash"]
    unit.write(HistoryRow, **row)


def _fields(row: HistoryRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in (*_HASHED, "at", "previous")}


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


def _broken_chain(session: Session) -> str:
    kept = type_coerce(HistoryRow.words, Text)  # as it stands: what was tampered with may not open any more
    rows = select(HistoryRow, kept, Case.anonymised_at.is_not(None)).join(Case, Case.id == HistoryRow.case_id)
    rows = rows.options(defer(HistoryRow.words)).order_by(HistoryRow.case_id, HistoryRow.seq)
    with closing(session.execute(rows.execution_options(yield_per=2000))) as found:
        return _first_broken((row, words, erased) for row, words, erased in found)


def _words_stand(row: HistoryRow, kept: str, *, erased: bool) -> bool:
    """Whether the words are those that were written, or gone because the retention period of the case is over."""
    if erased and not kept:
        return True
    try:
        return row.words_digest == privacy.blind(privacy.decrypt(kept) if kept else kept)
    except (ValueError, InvalidTag):
        return False


def _first_broken(rows: Iterable[tuple[HistoryRow, str, bool]]) -> str:
    previous: HistoryRow | None = None
    for row, kept, erased in rows:
        same = previous is not None and previous.case_id == row.case_id
        expected = previous.hash if same and previous else START
        seq = previous.seq + 1 if same and previous else 1
        whole = _words_stand(row, kept, erased=erased)
        if row.previous != expected or row.seq != seq or row.hash != digest(_fields(row)) or not whole:
            return f"历史记录第 {row.id} 行（诉求 {row.case_id} 第 {row.seq} 步）与链不符"
        previous = row
    return ""


def _broken_seal(session: Session) -> str:
    previous = START
    for made in session.scalars(select(Seal).order_by(Seal.id)):
        rows = select(HistoryRow.hash).where(HistoryRow.seal == made.id).order_by(HistoryRow.id)
        value, count = _sealed_hash(made.previous, iter(session.scalars(rows)))
        if made.previous != previous or made.hash != value or made.rows != count:
            return f"第 {made.id} 号封存（历史记录 {made.first}–{made.last} 行）与记录不符"
        previous = made.hash
    return ""


def verify(session: Session) -> str:
    """Empty when every row stands as written, else the first broken row in words (hash chain, then seals)."""
    return _broken_chain(session) or _broken_seal(session)
