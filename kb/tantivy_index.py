"""tantivy in a folder: generations `gen-…`, the link `current` names the one in use, `lock` lets one writer in."""

import fcntl
import os
import shutil
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import tantivy

from kb.index import FIRST_DAY, LAST_DAY, TITLE_WEIGHT, Entry, Filters, Hit, IndexUnavailable

_TOKENIZER: Final = "terms"
_HEAP: Final = 30_000_000  # bytes of the writer
_POLL: Final = 0.05
_META: Final = "meta.json"
_BROKEN = (ValueError, OSError, RuntimeError, KeyError)  # what tantivy raises for missing and damaged files
_SHOULD, _MUST = tantivy.Occur.Should, tantivy.Occur.Must


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("code", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("area", tokenizer_name="raw", index_option="basic")
    for name in ("title", "body"):
        builder.add_text_field(name, tokenizer_name=_TOKENIZER, index_option="freq")
    for name in ("begins", "ends"):
        builder.add_integer_field(name, indexed=True, fast=True)
    builder.add_integer_field("version", stored=True)
    return builder.build()


SCHEMA: Final = _schema()
EVERYWHERE: Final = "*"  # stands for area '' because an empty term is none


def _document(entry: Entry) -> Any:
    return tantivy.Document.from_dict(
        {
            "code": [entry.code],
            "version": [entry.version],
            "title": [entry.title_terms()],
            "body": [entry.body_terms()],
            "area": [entry.area or EVERYWHERE],
            "begins": [entry.begins],
            "ends": [entry.ends],
        },
        SCHEMA,
    )


def _ready(index: Any) -> Any:
    """Our tokenizer is known to it, and it looks at new commits only when told."""
    whitespace = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer(_TOKENIZER, whitespace)
    index.config_reader(reload_policy="manual")
    return index


def _term(field: str, value: str) -> Any:
    return tantivy.Query.term_query(SCHEMA, field, value, "basic" if field in {"code", "area"} else "freq")


def _days(field: str, low: int, high: int) -> Any:
    return tantivy.Query.range_query(SCHEMA, field, tantivy.FieldType.Integer, low, high)


def _query(terms: Sequence[str], filters: Filters) -> Any:
    """Term queries only: nothing of what a citizen typed is ever read as a query language."""
    either = []
    for term in dict.fromkeys(terms):
        either.append((_SHOULD, tantivy.Query.boost_query(_term("title", term), TITLE_WEIGHT)))
        either.append((_SHOULD, _term("body", term)))
    day = filters.day.toordinal()
    limits = [_days("begins", FIRST_DAY, day), _days("ends", day, LAST_DAY)]
    if filters.area:
        areas = [(_SHOULD, _term("area", area)) for area in (filters.area, EVERYWHERE)]
        limits.append(tantivy.Query.boolean_query(areas))
    silent = [(_MUST, tantivy.Query.const_score_query(limit, 0.0)) for limit in limits]
    return tantivy.Query.boolean_query([(_MUST, tantivy.Query.boolean_query(either)), *silent])


@contextmanager
def _told(what: str) -> Iterator[None]:
    """The engine's own errors become IndexUnavailable; its messages name only files."""
    try:
        yield
    except _BROKEN as broken:
        raise IndexUnavailable(f"{what}: {broken}") from broken
    except BaseException as broken:
        if type(broken).__name__ != "PanicException":  # how Rust's own alarm arrives: not importable, no Exception
            raise
        raise IndexUnavailable(f"{what}: damaged") from broken


class TantivyIndex:
    """Many readers in many processes, one writer at a time. `patience`: seconds a writer waits for another one."""

    def __init__(self, folder: Path, patience: float = 20.0) -> None:
        self.folder = folder
        self.patience = patience
        self._opening = threading.Lock()
        self._open: tuple[str, tuple[int, int], Any] | None = None

    def put(self, articles: Sequence[Entry]) -> None:
        """See Index. What the index already holds in this version costs no commit."""
        with self._writing():
            index = self._current()
            searcher = index.searcher()
            fresh = [entry for entry in articles if _version(searcher, entry.code) < entry.version]
            if fresh:
                _write(index, [entry.code for entry in fresh], fresh)

    def drop(self, codes: Sequence[str]) -> None:
        """See Index."""
        with self._writing():
            index = self._current()
            searcher = index.searcher()
            known = [code for code in codes if _version(searcher, code) >= 0]
            if known:
                _write(index, known, [])

    def find(self, terms: Sequence[str], limit: int, filters: Filters) -> list[Hit]:
        """See Index."""
        with _told("cannot be read"):
            searcher = self._current().searcher()
            if not terms or limit < 1:
                return []
            hits = searcher.search(_query(terms, filters), limit, count=False).hits
            return [Hit(str(searcher.doc(at)["code"][0]), float(score)) for score, at in hits]

    def rebuild(self, articles: Iterable[Entry]) -> int:
        """See Index. Written beside the old one; the link moves last."""
        with self._writing():
            fresh = self.folder / f"gen-{uuid.uuid4().hex[:12]}"
            fresh.mkdir()
            with _told("cannot be written"):
                index = _ready(tantivy.Index(SCHEMA, path=str(fresh)))
            written = _write(index, [], articles)
            with _told("cannot be written"):
                self._point_to(fresh.name)
            return written

    def count(self) -> int:
        """See Index."""
        with _told("cannot be read"):
            return int(self._current().searcher().num_docs)

    def _current(self) -> Any:
        """The generation in use, opened once, reloaded after a commit. Two small system calls when nothing changed."""
        with _told("missing or damaged"):
            while True:
                name = self._named()
                try:
                    return self._seen(name)
                except _BROKEN:
                    if self._named() == name:  # else it was rebuilt and taken away between the two looks
                        raise

    def _named(self) -> str:
        return str((self.folder / "current").readlink())

    def _seen(self, name: str) -> Any:
        meta = (self.folder / name / _META).stat()
        seen = (meta.st_mtime_ns, meta.st_ino)
        if self._open is None or self._open[:2] != (name, seen):
            self._reopen(name, seen)
        assert self._open is not None
        return self._open[2]

    def _reopen(self, name: str, seen: tuple[int, int]) -> None:
        with self._opening:
            if self._open is not None and self._open[0] == name:
                index = self._open[2]
            else:
                index = _ready(tantivy.Index.open(str(self.folder / name)))
            index.reload()
            self._open = (name, seen, index)

    def _point_to(self, name: str) -> None:
        """Move the link in one step, then remove what nobody opens any more; open readers keep their files."""
        link = self.folder / f"link-{uuid.uuid4().hex[:8]}"
        link.symlink_to(name)
        link.replace(self.folder / "current")
        for old in self.folder.glob("gen-*"):
            if old.name != name:
                shutil.rmtree(old, ignore_errors=True)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the lock file; the kernel gives it back when its owner dies."""
        with _told("locked or not writable"):
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
        try:
            self._wait(handle)
            yield
        finally:
            os.close(handle)

    def _wait(self, handle: int) -> None:
        until = time.monotonic() + self.patience
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as busy:
                if time.monotonic() > until:
                    raise IndexUnavailable("locked: another process is writing") from busy
                time.sleep(_POLL)
            else:
                return


def _version(searcher: Any, code: str) -> int:
    """The version held of an article, -1 when it is not held."""
    hits = searcher.search(_term("code", code), 1, count=False).hits
    return int(searcher.doc(hits[0][1])["version"][0]) if hits else -1


def _write(index: Any, gone: Sequence[str], entries: Iterable[Entry]) -> int:
    """One commit: take out, put in. Returns how many were put in. An error of `entries` itself passes as it is."""
    with _told("cannot be written"):
        writer = index.writer(heap_size=_HEAP, num_threads=1)
    written = 0
    try:
        for code in gone:
            writer.delete_documents_by_term("code", code)
        for entry in entries:
            writer.add_document(_document(entry))
            written += 1
        with _told("cannot be written"):
            writer.commit()
    except BaseException:
        writer.rollback()
        raise
    with _told("cannot be written"):
        writer.wait_merging_threads()
        index.reload()
    return written
