"""Elasticsearch, for a city that outgrew one machine: an alias over the index in use, rebuilt beside it and swapped.

Only the built-in analyzer `whitespace` is needed, so it runs on any node of 8.19 or 9.x, without plug-ins.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from elasticsearch import ApiError, Elasticsearch, TransportError
from elasticsearch.helpers import BulkIndexError, bulk, streaming_bulk

from kb.index import TITLE_WEIGHT, Entry, Filters, Hit, IndexUnavailable

ALIAS: Final = "hotline-articles"
_SECONDS: Final = 5.0  # a citizen's page rather asks the database than waits longer
_REBUILD_SECONDS: Final = 60.0
_TERMS: Final = {"type": "text", "analyzer": "whitespace", "index_options": "freqs"}
_KEYWORD: Final = {"type": "keyword"}
_NUMBER: Final = {"type": "integer"}
MAPPINGS: Final[dict[str, Any]] = {
    "dynamic": "strict",
    "properties": {
        "title": _TERMS,
        "body": _TERMS,
        "area": _KEYWORD,
        "begins": _NUMBER,
        "ends": _NUMBER,
        "version": _NUMBER,
    },
}
SETTINGS: Final[dict[str, Any]] = {
    "number_of_shards": 1,
    "auto_expand_replicas": "0-1",
}
_TRIES: Final = 3
_CONFLICT: Final = 409
_GONE: Final = 404


@contextmanager
def _told() -> Iterator[None]:
    """The client's errors become IndexUnavailable; only their kind is told, a body could repeat what was asked."""
    try:
        yield
    except ApiError as refused:
        raise IndexUnavailable(f"elasticsearch refused: {refused.status_code} {refused.message}") from refused
    except TransportError as away:
        raise IndexUnavailable(f"elasticsearch out of reach: {type(away).__name__}") from away
    except BulkIndexError as some:
        raise IndexUnavailable(f"elasticsearch took not all: {len(some.errors)} documents") from some


def _source(entry: Entry) -> dict[str, Any]:
    return {
        "title": entry.title_terms(),
        "body": entry.body_terms(),
        "area": entry.area,
        "begins": entry.begins,
        "ends": entry.ends,
        "version": entry.version,
    }


def _action(entry: Entry, index: str) -> dict[str, Any]:
    return {"_op_type": "index", "_index": index, "_id": entry.code, "_source": _source(entry)}


def _query(terms: Sequence[str], filters: Filters) -> dict[str, Any]:
    """Sum over title and body of BM25, as tantivy reckons it; terms are data, never a query language."""
    day = filters.day.toordinal()
    limits: list[dict[str, Any]] = [{"range": {"begins": {"lte": day}}}, {"range": {"ends": {"gte": day}}}]
    if filters.area:
        limits.append({"terms": {"area": [filters.area, ""]}})
    words = " ".join(dict.fromkeys(terms))
    fields = (("title", TITLE_WEIGHT), ("body", 1.0))
    either = [{"match": {name: {"query": words, "boost": weight}}} for name, weight in fields]
    return {"bool": {"should": either, "minimum_should_match": 1, "filter": limits}}


class ElasticIndex:
    """`url` may carry user and password; `alias` keeps several hotlines on one cluster apart."""

    def __init__(self, url: str, alias: str = ALIAS) -> None:
        self.alias = alias
        self.client = Elasticsearch(url, request_timeout=_SECONDS, max_retries=1, retry_on_timeout=False)

    def put(self, articles: Sequence[Entry]) -> None:
        """See Index. Versions are read and written back only where nobody wrote between: deletions leave a trace
        in the engine's own version numbers for a while, so those cannot be the article's.
        """
        for _ in range(_TRIES):
            fresh = self._fresh(articles)
            if not fresh or not self._bulk(fresh, _CONFLICT):
                return
        raise IndexUnavailable("busy: others write the same articles")

    def _fresh(self, articles: Sequence[Entry]) -> list[dict[str, Any]]:
        """The lines for those whose version is newer than what is held, each bound to what was seen."""
        self._check_there()
        if not articles:
            return []
        with _told():
            codes = [entry.code for entry in articles]
            docs = self.client.mget(index=self.alias, ids=codes, source_includes=["version"])["docs"]
        lines = []
        for entry, held in zip(articles, docs, strict=True):
            action = _action(entry, self.alias)
            if not held.get("found"):
                lines.append(action | {"_op_type": "create"})
            elif held["_source"]["version"] < entry.version:
                lines.append(action | {"if_seq_no": held["_seq_no"], "if_primary_term": held["_primary_term"]})
        return lines

    def drop(self, codes: Sequence[str]) -> None:
        """See Index."""
        self._check_there()
        self._bulk([{"_op_type": "delete", "_index": self.alias, "_id": code} for code in codes], _GONE)

    def _check_there(self) -> None:
        with _told():
            if not self.client.indices.exists_alias(name=self.alias):
                raise IndexUnavailable("missing: no index stands behind the alias")

    def _bulk(self, actions: list[dict[str, Any]], expected: int) -> int:
        """All actions, seen by the next search. Returns how many were answered with the `expected` refusal."""
        with _told():
            lines = bulk(
                self.client, actions, refresh=True, require_alias=True, raise_on_error=False, stats_only=False
            )[1]
        assert isinstance(lines, list)
        wrong = [line for line in lines if _status(line) != expected or "not_found" in str(_error(line))]
        if wrong:
            raise IndexUnavailable(f"elasticsearch took not all: {len(wrong)} documents")
        return len(lines)

    def find(self, terms: Sequence[str], limit: int, filters: Filters) -> list[Hit]:
        """See Index."""
        with _told():
            wanted = list(terms) if limit > 0 else []
            query = _query(wanted, filters)
            answer = self.client.search(
                index=self.alias, query=query, size=max(limit, 0), source=False, track_total_hits=False
            )
        return [Hit(hit["_id"], float(hit["_score"])) for hit in answer["hits"]["hits"]] if wanted else []

    def rebuild(self, articles: Iterable[Entry]) -> int:
        """See Index. A failed rebuild leaves the old index in use and removes its own."""
        fresh = f"{self.alias}-{uuid.uuid4().hex[:12]}"
        patient = self.client.options(request_timeout=_REBUILD_SECONDS)
        with _told():
            patient.indices.create(index=fresh, mappings=MAPPINGS, settings=SETTINGS)
        try:
            with _told():
                lines = streaming_bulk(patient, (_action(entry, fresh) for entry in articles))
                written = sum(1 for _ in lines)
                patient.indices.refresh(index=fresh)
                self._swap(patient, fresh)
        except BaseException:
            with _told():
                patient.indices.delete(index=fresh, ignore_unavailable=True)
            raise
        return written

    def _swap(self, client: Elasticsearch, fresh: str) -> None:
        """The alias moves in one step; then what no alias names any more is removed."""
        pattern = f"{self.alias}-*"
        actions: list[dict[str, Any]] = [
            {"remove": {"index": pattern, "alias": self.alias, "must_exist": False}},
            {"add": {"index": fresh, "alias": self.alias}},
        ]
        client.indices.update_aliases(actions=actions)
        for old in client.indices.get(index=pattern):
            if old != fresh:
                client.indices.delete(index=old, ignore_unavailable=True)

    def count(self) -> int:
        """See Index."""
        with _told():
            return int(self.client.count(index=self.alias)["count"])


def _status(line: dict[str, Any]) -> int:
    return int(next(iter(line.values()))["status"])


def _error(line: dict[str, Any]) -> Any:
    return next(iter(line.values())).get("error", "")
