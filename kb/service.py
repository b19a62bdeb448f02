"""What the rest of the house asks of the knowledge base: search, suggestions beside a case, answers of the bot.

The database is the truth: an index only says in which order to look, and each article is read again before it is shown.
"""

import datetime as dt
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from hotline import clock, db
from hotline.city_models import Area, Category, Department
from hotline.events import ArticleChanged, Event
from hotline.settings import Settings
from hotline.unit import Unit
from kb import tokens
from kb.articles import PUBLISHED
from kb.index import FIRST_DAY, LAST_DAY, Entry, Filters, Index, IndexUnavailable
from kb.models import Article

SUGGESTED: Final = 3
SURE: Final = 0.5  # coverage of the question from which the bot answers `[A]`
SURE_TITLE: Final = 0.25  # and of it by the title alone: a word that only falls in a text is no answer `[A]`
_LONGEST_QUESTION: Final = 600  # characters that are read of a question; a case says its matter early
_SPARE: Final = 5  # asked for beyond the limit, for articles that were retired a moment ago
_DEGRADED_TERMS: Final = 6
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Found:
    """An article that answers. `marks` are (start, end) in `passage`; `score` orders one answer only; `sure` is 0…1."""

    code: str
    title: str
    passage: str
    marks: tuple[tuple[int, int], ...]
    score: float
    sure: float = 0.0
    kind: str = ""
    department: str = ""
    area: str = ""

    @property
    def pieces(self) -> list[tuple[str, bool]]:
        """The passage in pieces (text, marked): each is text, to be escaped by the page."""
        return tokens.pieces(self.passage, self.marks)


@dataclass(frozen=True)
class Results:
    """Best first. `degraded`: the index is unavailable and the database was searched, which ranks less well."""

    items: tuple[Found, ...]
    degraded: bool = False

    def __iter__(self) -> Iterator[Found]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, place: int) -> Found:
        return self.items[place]


@lru_cache(maxsize=4)
def open_index(settings: Settings) -> Index:
    """The engine of these settings: Elasticsearch where an address is set, else tantivy under the data folder."""
    if settings.elasticsearch_url:
        from kb.elastic_index import ElasticIndex  # noqa: PLC0415 - only those who have a cluster load its client

        return ElasticIndex(settings.elasticsearch_url)
    from kb.tantivy_index import TantivyIndex  # noqa: PLC0415

    return TantivyIndex(settings.data / "index")


def learn_city(session: Session) -> int:
    """Make the names of the city words of the search. Returns how many were new to this process."""
    names: list[str] = []
    for name, short, aliases in session.execute(select(Department.name, Department.short, Department.aliases)):
        names += [name, short, *aliases]
    for name, aliases in session.execute(select(Area.name, Area.aliases)):
        names += [name, *aliases]
    for second, keywords in session.execute(select(Category.second, Category.keywords)):
        names += [second, *keywords]
    return tokens.learn(names)


@lru_cache(maxsize=1)
def _city_words() -> int:
    """Once per process, before the first cut."""
    with db.session() as session:
        return learn_city(session)


def _today(now: dt.datetime | None) -> dt.date:
    return clock.local(now or clock.now()).date()


def _valid(day: dt.date, area: str) -> list[ColumnElement[bool]]:
    """Published, in force on `day`, of this area or of all."""
    begun = or_(Article.effective.is_(None), Article.effective <= day)
    not_over = or_(Article.expires.is_(None), Article.expires >= day)
    return [Article.state == PUBLISHED, begun, not_over, *([Article.area.in_([area, ""])] if area else [])]


def search(query: str, limit: int = 10, area: str = "", now: dt.datetime | None = None) -> Results:
    """Published articles in force at `now` (default: the present) with at least one word of `query`, best first."""
    _city_words()
    wanted = tokens.asked(query[:_LONGEST_QUESTION])
    if not wanted or limit < 1:
        return Results(())
    day = _today(now)
    with db.session() as session:
        try:
            hits = open_index(Settings()).find(wanted, limit + _SPARE, Filters(day, area))
        except IndexUnavailable as away:
            _log.warning("search index unavailable, the database is searched: %s", away)
            return Results(tuple(_from_database(session, wanted, limit, day, area)), degraded=True)
        scores = {hit.code: hit.score for hit in hits}
        rows = session.scalars(select(Article).where(Article.code.in_(scores), *_valid(day, area)))
        best = sorted(rows, key=lambda article: (-scores[article.code], article.code))[:limit]
    return Results(tuple(_found(article, wanted, scores[article.code]) for article in best))


def _from_database(session: Session, wanted: Sequence[str], limit: int, day: dt.date, area: str) -> list[Found]:
    """ILIKE over the longest terms, most of them first; ordered by coverage. Reads every published article."""
    asked = sorted(wanted, key=len, reverse=True)[:_DEGRADED_TERMS]
    one = [or_(Article.title.icontains(t, autoescape=True), Article.body.icontains(t, autoescape=True)) for t in asked]
    many = sum((case((hit, len(term)), else_=0) for hit, term in zip(one, asked, strict=True)), start=func.abs(0))
    rows = select(Article).where(or_(*one), *_valid(day, area)).order_by(many.desc(), Article.code).limit(limit * 3)
    found = [_found(article, wanted, 0.0) for article in session.scalars(rows)]
    ranked = sorted(found, key=lambda item: (-item.sure, item.code))[:limit]
    return [Found(**(vars(item) | {"score": round(item.sure, 4)})) for item in ranked]


def _found(article: Article, wanted: Sequence[str], score: float) -> Found:
    window = tokens.passage(article.body, wanted)
    sure = tokens.coverage(wanted, article.title, article.body)
    about = (article.kind, article.department, article.area)
    return Found(article.code, article.title, window.text, window.marks, score, sure, *about)


def suggest(text: str, area: str = "", now: dt.datetime | None = None) -> Results:
    """The three best articles beside a case's text, with the passage that fits."""
    return search(text, SUGGESTED, area, now)


def answer(text: str, area: str = "", now: dt.datetime | None = None) -> Found | None:
    """What the bot may say: of the best articles the surest of those that reach SURE and SURE_TITLE, or None."""
    _city_words()
    wanted = tokens.asked(text[:_LONGEST_QUESTION])
    about_it = [item for item in search(text, SUGGESTED, area, now) if item.sure >= SURE]
    named = [item for item in about_it if tokens.coverage(wanted, item.title, "") >= SURE_TITLE]
    return max(named, key=lambda item: item.sure, default=None)


def entry(article: Article) -> Entry:
    """What the index keeps of a published article."""
    begins = article.effective.toordinal() if article.effective else FIRST_DAY
    ends = article.expires.toordinal() if article.expires else LAST_DAY
    return Entry(article.code, article.version, article.title, article.body, article.area, begins, ends)


def reindex(progress: Callable[[int, int], None] | None = None) -> int:
    """Rebuild the index from the database; `progress(done, of)` hears of each article. Returns how many it now holds.

    What changed while it was built is put in afterwards. Raises IndexUnavailable when the engine cannot.
    """
    tell = progress or (lambda _done, _of: None)
    index = open_index(Settings())
    with db.session() as session:
        learn_city(session)
        before = _versions(session)
        total = session.scalar(select(func.count()).where(Article.state == PUBLISHED)) or 0
        written = index.rebuild(_entries(session, tell, total))
    _catch_up(index, before)
    return written


def _entries(session: Session, tell: Callable[[int, int], None], total: int) -> Iterator[Entry]:
    rows = session.scalars(select(Article).where(Article.state == PUBLISHED).execution_options(yield_per=200))
    for done, article in enumerate(rows, 1):
        yield entry(article)
        tell(done, total)


def _versions(session: Session) -> set[tuple[str, int]]:
    return {(code, version) for code, version in session.execute(select(Article.code, Article.version))}


def _catch_up(index: Index, before: set[tuple[str, int]]) -> None:
    """Bring in what others wrote since the versions `before` were read."""
    with db.session() as session:
        changed = sorted({code for code, _ in _versions(session) ^ before})
        if changed:
            refresh(session, index, changed)


def refresh(session: Session, index: Index, codes: Sequence[str]) -> None:
    """Let the index hold what the database now says of these articles. Raises IndexUnavailable."""
    rows = list(session.scalars(select(Article).where(Article.code.in_(codes), Article.state == PUBLISHED)))
    shown = {article.code for article in rows}
    if rows:
        index.put([entry(article) for article in rows])
    if gone := [code for code in codes if code not in shown]:
        index.drop(gone)


def bring_in(codes: Sequence[str]) -> None:
    """After an import: the index takes all of them in one write, or is built where there was none."""
    _city_words()
    try:
        with db.session() as session:
            refresh(session, open_index(Settings()), codes)
    except IndexUnavailable:
        reindex()


def on_article_changed(unit: Unit, event: Event) -> None:
    """The relay's, for the worker only. A broken index is rebuilt; IndexUnavailable asks the relay to come again."""
    assert isinstance(event, ArticleChanged)
    _city_words()
    try:
        refresh(unit.session, open_index(Settings()), [event.code])
    except IndexUnavailable as broken:
        _log.warning("search index is rebuilt: %s", broken)
        reindex()


def heal() -> bool:
    """For the worker's start and beat: rebuild an index that is missing, damaged or holds another number of articles.

    Returns whether it had to. Raises IndexUnavailable when it cannot.
    """
    with db.session() as session:
        total = session.scalar(select(func.count()).where(Article.state == PUBLISHED)) or 0
    try:
        if open_index(Settings()).count() == total:
            return False
    except IndexUnavailable as broken:
        _log.warning("search index is rebuilt: %s", broken)
    reindex()
    return True
