"""Use cases of the knowledge base: an article is drafted, reviewed, published and retired; every version is kept."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hotline import db
from hotline.errors import BadInput, Conflict, Missing
from hotline.events import ArticleChanged
from hotline.unit import Unit, transaction
from kb.models import Article, Revision
from kb.reading import BadRow, Draft, Row, check, draft, read

DRAFT, REVIEW, PUBLISHED, RETIRED = "draft", "review", "published", "retired"
LABELS: Final = {DRAFT: "草稿", REVIEW: "待审核", PUBLISHED: "已发布", RETIRED: "已下架"}
STEPS: Final = {  # action: (from, to)
    "submit": (DRAFT, REVIEW),
    "send_back": (REVIEW, DRAFT),
    "publish": (REVIEW, PUBLISHED),
    "retire": (PUBLISHED, RETIRED),
}
_CHUNK: Final = 500


@dataclass
class Report:
    """What an import did; codes in file order. `written` counts what changed in the database."""

    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)

    @property
    def written(self) -> list[str]:
        """Codes that are new or different now."""
        return self.created + self.changed


def write(said: Draft, actor: str, version: int = 0) -> Article:
    """Make an article (version 0) or change the one of `version`; a draft, out of the search until published.

    Raises BadInput for what cannot be stored, Missing, Conflict when somebody else changed it first.
    """
    check(said)
    try:
        with transaction() as unit:
            article = held(unit.session, said.code, version) if version else None
            return apply_in(unit, article, said, DRAFT, actor)
    except IntegrityError:
        raise Conflict("article_exists", f"编号 {said.code} 已被使用。", {"code": said.code}) from None


def step(code: str, action: str, version: int, actor: str) -> Article:
    """One step of STEPS further. Raises BadInput for a step that does not start here, Missing, Conflict."""
    with transaction() as unit:
        article = held(unit.session, code, version)
        source, target = STEPS.get(action, ("", ""))
        if article.state != source:
            raise BadInput("article_step", f"{LABELS[article.state]}的条目不能这样处理。", {"action": action})
        return apply_in(unit, article, _said(article), target, actor)


def revisions(code: str) -> list[Revision]:
    """All versions of an article, newest first; the first is what it says now."""
    with db.session() as session:
        return list(session.scalars(select(Revision).where(Revision.code == code).order_by(Revision.version.desc())))


def held(session: Session, code: str, version: int) -> Article:
    """The article, locked. Raises Missing, and Conflict when it is no longer the version the reader saw."""
    article = session.get(Article, code, with_for_update=True)
    if article is None:
        raise Missing("article_missing", f"没有编号为 {code} 的条目。")
    if article.version != version:
        by = {"by": article.updated_by, "version": str(article.version)}
        raise Conflict("article_changed", "别人刚刚改动了这条知识，请刷新后再试。", by)
    return article


def _said(article: Article) -> Draft:
    return Draft(**{name: getattr(article, name) for name in Draft.__dataclass_fields__})


def apply_in(unit: Unit, article: Article | None, said: Draft, state: str, actor: str) -> Article:
    """The new version, its revision and its event, in the open transaction."""
    if article is None:
        article = Article(code=said.code, version=0)
        unit.session.add(article)
    for name, value in asdict(said).items():
        setattr(article, name, value)
    article.version += 1
    article.state, article.updated_at, article.updated_by = state, unit.now, actor
    kept = {"code": said.code, "version": article.version, "state": state, "title": said.title, "body": said.body}
    unit.session.add(Revision(**kept, at=unit.now, by=actor))
    unit.record(ArticleChanged(said.code))
    return article


def import_file(path: Path, publish: bool, actor: str) -> Report:
    """`import_csv` over a file. Raises BadInput when the file as a whole cannot be read."""
    return import_csv(read(path), publish, actor)


def import_csv(rows: Iterable[Row | BadRow], publish: bool, actor: str) -> Report:
    """Write what differs; same content again changes nothing, also where the article was retired meanwhile.

    A code that comes twice is taken once. Committed by the chunk: after a crash the same file goes on where it stopped.
    Raises Conflict when somebody else made one of the articles at the same moment.
    """
    report = Report()
    seen: dict[str, int] = {}
    usable = _usable(rows, report, seen)
    while chunk := list(islice(usable, _CHUNK)):
        try:
            with transaction() as unit:
                _import_chunk(unit, chunk, PUBLISHED if publish else DRAFT, actor, report)
        except IntegrityError:
            raise Conflict("article_exists", "别人正在导入同样的条目，请再试一次。") from None
    return report


def _usable(rows: Iterable[Row | BadRow], report: Report, seen: dict[str, int]) -> Iterator[Draft]:
    for row in rows:
        made = draft(row) if isinstance(row, Row) else row
        if isinstance(made, Draft) and made.code in seen:
            made = BadRow(row.line, f"编号 {made.code} 与第 {seen[made.code]} 行重复")
        if isinstance(made, BadRow):
            report.bad.append(made)
        else:
            seen[made.code] = row.line
            yield made


def _import_chunk(unit: Unit, chunk: Sequence[Draft], state: str, actor: str, report: Report) -> None:
    codes = [said.code for said in chunk]
    rows = unit.session.scalars(select(Article).where(Article.code.in_(codes)).with_for_update())
    known = {article.code: article for article in rows}
    for said in chunk:
        article = known.get(said.code)
        if article is not None and _said(article) == said and article.state in {state, PUBLISHED, RETIRED}:
            report.same.append(said.code)
        else:
            apply_in(unit, article, said, state, actor)
            (report.created if article is None else report.changed).append(said.code)
