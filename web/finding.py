"""Finding cases by their words: title and content, which stand sealed in the database.

Every case keeps keyed hashes of the pairs of neighbouring letters in it (`CaseWords`, one index): cutting into words
would cut 路灯 out of 路灯不亮 one way here and another way there. A question is hashed the same way and all its pairs
must be there. Only then is a case opened and looked at once more, through the reader's own eyes: what is masked for him
is not found by him, and two pairs with one hash do no harm. A case can be found about a second after it came in.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Row, exists, false, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session
from sqlalchemy.types import Integer

from hotline import events, privacy, reading
from hotline.db import among
from hotline.lifecycle import Actor
from hotline.models import Case, CaseWords
from hotline.rows import put
from hotline.unit import Unit, transaction

BACKLOG = 2000
LONGEST_NUMBER = 4  # digits; longer runs lead to people
MOST_ASKED = 24  # pairs of a question: more do not narrow it
_RUN = re.compile(r"\w+")
_SAID = (Case.id, Case.title, Case.content)


def _plain(text: str) -> str:
    """Full-width letters, capitals and numerals as everybody types them."""
    return unicodedata.normalize("NFKC", text).lower()


def hashes(text: str) -> list[int]:
    """The different pairs of a text as signed 32-bit keyed hashes, sorted; pairs of digits are left out: they may lead
    to a person."""
    key = privacy.marks_key()
    runs = _RUN.findall(_plain(text))
    pairs = {run[at : at + 2] for run in runs for at in range(len(run) - 1)}
    return sorted({_hash(pair, key) for pair in pairs if not pair.isdigit()})


def _hash(pair: str, key: bytes) -> int:
    digest = hashlib.blake2b(f"pair\0{pair}".encode(), digest_size=4, key=key).digest()
    return int.from_bytes(digest, "big", signed=True)


def keep_words(unit: Unit, told: Sequence[events.CaseCreated]) -> None:
    """New cases are found by their words from now on."""
    new = among(Case.id, [event.case_id for event in told])
    _keep(unit.session, unit.session.execute(select(*_SAID).where(new)).all())


def catch_up() -> int:
    """Give words to at most BACKLOG cases that have none, the newest first; how many there were."""
    with transaction() as unit:
        bare = ~exists().where(CaseWords.case_id == Case.id)
        late = select(*_SAID).where(bare).order_by(Case.id.desc()).limit(BACKLOG)
        rows = unit.session.execute(late).all()
        _keep(unit.session, rows)
        return len(rows)


def _keep(session: Session, rows: Sequence[Row[int, str, str]]) -> None:
    lines = [{"case_id": row.id, "words": hashes(f"{row.title}\n{row.content}")} for row in rows]
    if lines:
        put(session, {CaseWords: lines}, unless_there=True)


def asked(words: str) -> ColumnElement[bool]:
    """The condition that a case holds all pairs of the question; false where it has none that may be asked for."""
    wanted = hashes(words)[:MOST_ASKED]
    if not wanted:
        return false()
    holds = CaseWords.words.contains(array(wanted, type_=Integer))
    return Case.id.in_(select(CaseWords.case_id).where(holds))


def seen(cases: Iterable[Case], reader: Actor, words: str) -> list[Case]:
    """Those in which this reader may read every word of the question."""
    wanted = _plain(words).split()
    return [case for case in cases if _reads(_plain(_read(case, reader)), wanted)]


def _reads(text: str, wanted: list[str]) -> bool:
    return all(word in text for word in wanted)


def _read(case: Case, reader: Actor) -> str:
    return reading.words(case, reader, f"{case.title}\n{case.content}")
