"""How much a text presses, by words: danger to life or property first (rules.md §1.3). Pure.

Tuned to miss nothing: a doubtful word raises. Known look-alikes (气死了, 火锅, 跳楼价) are taken out first. It only
ever suggests; a person decides, and no case is hidden by it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hotline.words import Urgency
from triage.risk_rows import Risk
from triage.risk_speech import SPEECH, SPEECH_LOOK_ALIKES
from triage.risks import LOOK_ALIKES, RISKS


@dataclass(frozen=True)
class Sign:
    """A word of the text that moved the suggestion, `text[start:end]`."""

    word: str
    start: int
    end: int
    risk: str
    urgency: Urgency


@dataclass(frozen=True)
class Suggestion:
    """The urgency, the emergency numbers to offer (most pressing first), and why."""

    urgency: Urgency
    lines: tuple[str, ...]
    signs: tuple[Sign, ...]


ROWS = RISKS + SPEECH
_WITHIN_A_CLAUSE = "[^，。；！？、,;!?\\n]{"
_LOOK_ALIKE = re.compile("|".join(LOOK_ALIKES + SPEECH_LOOK_ALIKES).replace(".{", _WITHIN_A_CLAUSE))
_PATTERNS = tuple((risk, re.compile(risk.words.replace(".{", _WITHIN_A_CLAUSE))) for risk in ROWS)
_ONLY_TALK_AFTER = re.compile(
    r"(?:的|等|应急|安全|事故|逃生|自救)?(?:演练|演习|预案|宣传|知识|培训|保险|教育|讲座|课程|条例|法规|险种|主题|题材|纪录片|电影|小说)"
)
_SUPPOSED_BEFORE = re.compile(
    r"(?:万一|如果|假如|要是|一旦|防止|预防|避免|杜绝|以免|容易|容易引发|极易|易引发|易发生|存在|差点|差一点|险些|几乎)[^，。！？；,!?;]{0,6}$"
)
_RANK = {Urgency.NORMAL: 0, Urgency.URGENT: 1, Urgency.CRITICAL: 2}
BEFORE = 12


def assess(text: str) -> Suggestion:
    """The highest urgency any word of the table gives, with every word that counted, by place in the text."""
    signs = tuple(sorted(_signs(text), key=lambda sign: (sign.start, sign.end)))
    urgency = max((sign.urgency for sign in signs), key=_RANK.__getitem__, default=Urgency.NORMAL)
    return Suggestion(urgency, _lines(signs), signs)


def _signs(text: str) -> Iterator[Sign]:
    """Look-alikes are blanked out first, so that places stay the same."""
    bare = _LOOK_ALIKE.sub(lambda match: "\0" * len(match[0]), text)
    for risk, pattern in _PATTERNS:
        for match in pattern.finditer(bare):
            if not _ONLY_TALK_AFTER.match(bare, match.end()):
                yield Sign(match[0], match.start(), match.end(), risk.name, _pressing(risk, bare, match.start()))


def _pressing(risk: Risk, bare: str, start: int) -> Urgency:
    """What is only feared (万一着火) presses, but is not happening."""
    feared = _SUPPOSED_BEFORE.search(bare[max(start - BEFORE, 0) : start])
    return Urgency.URGENT if feared else risk.urgency


def _lines(signs: tuple[Sign, ...]) -> tuple[str, ...]:
    """The emergency numbers of the signs, those of the most pressing first, each once."""
    lines = {risk.name: risk.lines for risk in ROWS}
    pressing = sorted(signs, key=lambda sign: -_RANK[sign.urgency])
    return tuple(dict.fromkeys(line for sign in pressing for line in lines[sign.risk]))
