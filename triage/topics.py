"""Hot topics: messages of some days grouped by what and where, with size, trend, votes, examples and early alarm. Pure.

Average-linkage grouping of tf-idf vectors, half the title, half the text: a title says what, a text says where. Time
and memory grow with the square of the number of messages, so at most MOST of the newest are looked at.
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

MOST: Final = 8_000
FAR: Final = 0.84  # 1 - cosine at which groups are no longer joined
SMALLEST: Final = 3
EXAMPLES: Final = 3
WORDS: Final = 5
RECENT: Final = dt.timedelta(days=2)
ALARM_PEOPLE: Final = 4  # different people within RECENT
ALARM_TIMES: Final = 3.0  # as many a day as in the days before
_NUMBER = re.compile(r"[a-z]?[0-9.]+")


@dataclass(frozen=True)
class Message:
    """`title` and `text` are terms; `who` tells citizens apart (a keyed hash), empty where nobody knows."""

    key: str
    at: dt.datetime
    title: Sequence[str]
    text: Sequence[str]
    area: str = ""
    votes: int = 0
    who: str = ""


@dataclass(frozen=True)
class Topic:
    """A group, largest first among others. `trend` is messages a day of the last two days over those before (≥ 0)."""

    members: tuple[str, ...]
    examples: tuple[str, ...]
    words: tuple[str, ...]
    areas: tuple[tuple[str, int], ...]
    days: tuple[tuple[str, int], ...]
    people: int
    votes: int
    trend: float
    alarm: bool

    @property
    def size(self) -> int:
        return len(self.members)


def topics(messages: Sequence[Message], now: dt.datetime) -> list[Topic]:
    """Groups of at least SMALLEST messages, alarms first, then by size and votes. `now` is aware."""
    newest = sorted(messages, key=lambda one: (one.at, one.key))[-MOST:]
    if len(newest) < SMALLEST:
        return []
    vectors, words = _vectors(newest)
    likeness = (vectors @ vectors.T).toarray().astype(np.float32)
    made = [_topic(newest, group, likeness, vectors, words, now) for group in _groups(likeness)]
    return sorted(made, key=lambda one: (-one.alarm, -one.size, -one.votes, one.members))


def _vectors(messages: Sequence[Message]) -> tuple[sparse.csr_array, list[str]]:
    """One row a message, of length 1 where title and text both say something; and the word of each column."""
    titles, names = _weighted([one.title for one in messages])
    texts, more = _weighted([(*one.title, *one.text) for one in messages])
    both = sparse.hstack((titles, texts), format="csr") * np.float32(np.sqrt(0.5))
    return sparse.csr_array(both), names + more


def _weighted(texts: Sequence[Sequence[str]]) -> tuple[sparse.csr_array, list[str]]:
    """(1 + ln tf)·idf scaled to length 1; words of one character, numbers and words of one message say nothing."""
    counted = [Counter(word for word in text if len(word) > 1 and not _NUMBER.fullmatch(word)) for text in texts]
    frequency = Counter(word for words in counted for word in words)
    names = sorted(word for word, seen in frequency.items() if seen > 1)
    place = {word: number for number, word in enumerate(names)}
    idf = {word: 1 + np.log((1 + len(texts)) / (1 + frequency[word])) for word in names}
    cells = [
        (row, place[word], (1 + np.log(tf)) * idf[word])
        for row, words in enumerate(counted)
        for word, tf in words.items()
        if word in place
    ]
    rows, columns, values = (np.array(part) for part in zip(*cells, strict=True)) if cells else (np.empty(0),) * 3
    shape = (len(texts), len(names))
    length = np.sqrt(np.bincount(rows.astype(int), weights=values**2, minlength=len(texts)))
    scaled = values / length[rows.astype(int)]
    return sparse.csr_array((scaled, (rows.astype(int), columns.astype(int))), shape=shape), names


def _groups(likeness: NDArray[np.float32]) -> list[NDArray[np.int64]]:
    """The rows of each group of at least SMALLEST."""
    far = np.clip(1 - likeness, 0, None)
    np.fill_diagonal(far, 0)
    label = fcluster(linkage(squareform(far, checks=False), "average"), FAR, "distance")
    order = np.argsort(label, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    return [part for part in parts if len(part) >= SMALLEST]


def _topic(
    messages: Sequence[Message],
    group: NDArray[np.int64],
    likeness: NDArray[np.float32],
    vectors: sparse.csr_array,
    words: list[str],
    now: dt.datetime,
) -> Topic:
    inside = [messages[row] for row in group]
    middle = group[np.argsort(-likeness[np.ix_(group, group)].mean(axis=1), kind="stable")]
    weight = np.asarray(vectors[group].sum(axis=0)).ravel()
    heavy = dict.fromkeys(words[column] for column in np.argsort(-weight, kind="stable")[: 3 * WORDS])
    trend = _trend(inside, now)
    recent = [one for one in inside if now - one.at <= RECENT]
    return Topic(
        members=tuple(one.key for one in inside),
        examples=tuple(messages[row].key for row in middle[:EXAMPLES]),
        words=tuple(_whole(list(heavy)))[:WORDS],
        areas=tuple(Counter(one.area for one in inside if one.area).most_common()),
        days=tuple(sorted(Counter(one.at.date().isoformat() for one in inside).items())),
        people=_people(inside),
        votes=sum(one.votes for one in inside),
        trend=trend,
        alarm=_people(recent) >= ALARM_PEOPLE and trend >= ALARM_TIMES,
    )


def _whole(words: list[str]) -> list[str]:
    """Without words that stand inside another one of the list."""
    return [word for word in words if not any(word != other and word in other for other in words)]


def _people(messages: Sequence[Message]) -> int:
    """Different citizens; a message of nobody known counts for itself."""
    return len({one.who or f"#{one.key}" for one in messages})


def _trend(messages: Sequence[Message], now: dt.datetime) -> float:
    """Messages a day within RECENT over messages a day before, at least half a message in that time."""
    recent = sum(now - one.at <= RECENT for one in messages)
    before = len(messages) - recent
    oldest = min(one.at for one in messages)
    days = max((now - RECENT - oldest) / dt.timedelta(days=1), 1.0)
    return round(float(recent / (RECENT / dt.timedelta(days=1)) / (max(before, 0.5) / days)), 2)


def as_json(topic: Topic) -> dict[str, Any]:
    """As it is kept and shown: keys, numbers and words, no text of a citizen."""
    return {
        "size": topic.size,
        "people": topic.people,
        "votes": topic.votes,
        "words": topic.words,
        "areas": topic.areas,
        "days": topic.days,
        "trend": topic.trend,
        "alarm": topic.alarm,
        "examples": topic.examples,
        "members": topic.members,
    }
