"""Terms of a text, and where they stand in it: the same for indexing, asking, marking and for every engine. Pure.

The engines only ever see terms joined by blanks; what is shown and marked is always the original text.
"""

import logging
import re
import threading
import warnings
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

with warnings.catch_warnings():  # jieba's source has old escapes and asks for pkg_resources: not ours to mend
    warnings.simplefilter("ignore")
    import jieba

jieba.setLogLevel(logging.WARNING)
LONGEST_TERM: Final = 64  # characters; longer runs are keys and garbage, never words
WIDTH: Final = 120
_LEAD: Final = 30  # characters shown before the first marked one, at most
_IN_BODY: Final = 0.7
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_LATIN = re.compile(r"[a-z0-9]")
_ENDS = "。！？；!?;\n"
_OPENS = "“‘《〈（【〔「『([<#"  # signs a passage may begin with
_STOP_WORDS = """
的 了 吗 呢 啊 吧 呀 嘛 么 是 在 和 与 及 或 也 都 就 又 还 很 把 被 给 对 从 到 向 为 以 于 之 其 而 且 但 着 过 地 得
我 你 您 他 她 它 我们 你们 他们 咱们 这 那 这个 那个 这里 那里 这样 那样 有 没 没有 不 要 会 能 可以 请 请问 想 问
一下 什么 怎么 怎样 怎么办 如何 为什么 哪里 哪儿 哪个 哪些 谁 多少 几 一个 一些 现在 已经 因为 所以 如果 还有 以及
进行 关于 你好 您好 谢谢 问题 the a an of to and or is in on for
"""
STOP: Final = frozenset(_STOP_WORDS.split())


class _Cutter(jieba.Tokenizer):  # type: ignore[misc]
    """jieba with words of its own, which reads its word list itself.

    jieba would keep a cache in the machine's temporary folder, where anybody could have put another one first.
    """

    initialized: bool = False

    def initialize(self, dictionary: str | None = None) -> None:  # noqa: ARG002 - jieba's signature
        with self.lock:
            if not self.initialized:
                self.FREQ, self.total = self.gen_pfdict(self.get_dict_file())
                self.initialized = True


_cutter: Any = _Cutter()
_learning = threading.Lock()
_learned: set[str] = set()


@dataclass(frozen=True)
class Passage:
    """A window of a text; `marks` are (start, end) of the found terms in `text`."""

    text: str
    marks: tuple[tuple[int, int], ...]


def fold(text: str) -> str:
    """Half-width and lower case, character for character: positions stay what they were."""
    half = text.translate(_WIDE)
    low = half.lower()
    return low if len(low) == len(half) else "".join(c if len(c.lower()) != 1 else c.lower() for c in half)


def learn(words: Iterable[str]) -> int:
    """Make the city's own names words: departments, streets, items. Returns how many were new to this process."""
    wanted = {fold(word).strip() for word in words}
    with _learning:
        fresh = {word for word in wanted - _learned if 1 < len(word) <= LONGEST_TERM and not re.search(r"\s", word)}
        for word in fresh:
            _cutter.add_word(word)
        _learned.update(fresh)
    return len(fresh)


def terms(text: str) -> list[str]:
    """The terms in the order of the text, repeated as often as they stand there; blanks, marks and STOP are dropped."""
    cut = _cutter.cut_for_search(fold(text))
    return [term[:LONGEST_TERM] for term in cut if term not in STOP and any(c.isalnum() for c in term)]


def asked(text: str, most: int = 40) -> list[str]:
    """The different terms of a question in their order. Of a long one the longer words are kept, they say most."""
    found = list(dict.fromkeys(terms(text)))
    if len(found) <= most:
        return found
    kept = set(sorted(found, key=len, reverse=True)[:most])
    return [term for term in found if term in kept]


@lru_cache(maxsize=256)
def _pattern(wanted: tuple[str, ...]) -> re.Pattern[str]:
    """The longest term first; a Latin one or a number never inside a longer one."""
    parts = []
    for term in wanted:
        before = r"(?<![a-z0-9])" if _LATIN.match(term[0]) else ""
        after = r"(?![a-z0-9])" if _LATIN.match(term[-1]) else ""
        parts.append(before + re.escape(term) + after)
    return re.compile("|".join(parts) or r"(?!)")


def highlight(text: str, wanted: Collection[str]) -> list[tuple[int, int]]:
    """Where terms of `wanted` (as `terms` gives them) stand in `text`: (start, end), in order, never overlapping."""
    known = tuple(sorted({term for term in wanted if term}, key=lambda term: (-len(term), term)))
    return [found.span() for found in _pattern(known).finditer(fold(text))]


def passage(text: str, wanted: Collection[str], width: int = WIDTH) -> Passage:
    """The window of at most `width` characters that holds the most different terms, from a sentence's begin if near."""
    marks = highlight(text, wanted)
    start = _begin(text, _best(fold(text), marks, width), width)
    shown = text[start : start + width]
    inside = [(a - start, b - start) for a, b in marks if a >= start and b <= start + len(shown)]
    return Passage(shown, tuple(inside))


def _best(folded: str, marks: list[tuple[int, int]], width: int) -> int:
    """Where the mark stands from which a window holds most; the first of equals."""
    best, most, right = 0, 0, 0
    inside: dict[str, int] = {}
    weight = 0
    for start, end in marks:
        while right < len(marks) and marks[right][1] <= start + width:
            word = folded[slice(*marks[right])]
            weight += 0 if inside.get(word) else len(word)
            inside[word] = inside.get(word, 0) + 1
            right += 1
        if weight > most:
            best, most = start, weight
        word = folded[start:end]
        inside[word] = inside.get(word, 0) - 1
        weight -= 0 if inside[word] > 0 else len(word)
    return best


def _begin(text: str, mark: int, width: int) -> int:
    """A little before the mark: at the begin of its sentence where that is near, at the text's end never half empty."""
    earliest = max(0, mark - min(_LEAD, width // 4))
    end = max(text.rfind(sign, earliest, mark) for sign in _ENDS)
    start = end + 1 if end >= 0 else earliest
    return _at_a_word(text, max(0, min(start, len(text) - width)), mark)


def _at_a_word(text: str, start: int, mark: int) -> int:
    """Past the signs that close what came before: a passage never begins with a comma."""
    while start < mark and not (text[start].isalnum() or text[start] in _OPENS):
        start += 1
    return start


def pieces(text: str, marks: Iterable[tuple[int, int]]) -> list[tuple[str, bool]]:
    """The text in order as (piece, marked), for templates that escape each piece themselves."""
    cut: list[tuple[str, bool]] = []
    done = 0
    for start, end in marks:
        cut += [(text[done:start], False), (text[start:end], True)]
        done = end
    return [piece for piece in [*cut, (text[done:], False)] if piece[0]]


def coverage(wanted: Collection[str], title: str, body: str) -> float:
    """0…1: how much of the asked words an article has, long words counting more, in the title fully, in the body 0.7.

    Says how sure an answer is on a scale that no engine's score has; `[A]`, our own measure.
    """
    whole = sum(len(term) for term in wanted)
    if not whole:
        return 0.0
    head, rest = fold(title), fold(body)
    got = sum(len(term) * (1.0 if term in head else _IN_BODY if term in rest else 0.0) for term in wanted)
    return got / whole
