"""The suggestion for a matter: category by the classifier, department by the catalogue, area and phone by extraction.

When the classifier is down, slow or unknown to the catalogue, the case goes to the manual dispatch list.
"""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from dispatch import catalogue
from dispatch.routing import route
from hotline import db
from hotline.city_models import Area, Category, Department
from hotline.settings import Settings
from hotline.timing import timing
from triage import kinds, risk_model, spacy_model
from triage.classify import TOP, Classifier, Prediction, Unavailable
from triage.keyword_classify import KeywordClassifier
from triage.newcomers import widened
from triage.places import Gazetteer
from triage.risk_model import RiskModel
from triage.urgency import Suggestion

log = logging.getLogger(__name__)
SLOW = 2.0  # seconds an answer may take
REST = 30.0  # seconds for which a slow model is not asked again


class _Slow:
    until = 0.0


_slow = _Slow()
_asking = ThreadPoolExecutor(4, "classifier")


@lru_cache
def names() -> dict[str, dict[str, str]]:
    """Code → name of categories, departments and areas; a city that was loaded again needs a restart or `forget`."""
    with db.session() as session:
        return {
            "category": {c.code: f"{c.first} / {c.second}" for c in session.scalars(select(Category))},
            "department": {d.code: d.name for d in session.scalars(select(Department))},
            "area": {a.name: a.code for a in session.scalars(select(Area))},
        }


@lru_cache
def gazetteer() -> dict[str, str]:
    """Every name of an area and of what lies in it → the area."""
    with db.session() as session:
        return {alias: a.name for a in session.scalars(select(Area)) for alias in (a.name, *a.aliases)}


@lru_cache
def places() -> Gazetteer:
    """The same names for the extraction."""
    return Gazetteer(gazetteer())


def classifier() -> Classifier:
    """The trained model of this city, a new one once it is switched on; without one the words of the catalogue."""
    card = Settings().data / "model" / spacy_model.CARD
    try:
        made = card.stat().st_mtime_ns, card.stat().st_ino
    except OSError:
        made = 0, 0
    return _classifier(*made)


@lru_cache(maxsize=1)
def _classifier(_changed: int, _file: int) -> Classifier:
    with db.session() as session:
        words = {c.code: (c.second, *c.keywords) for c in session.scalars(select(Category))}
    try:
        return widened(spacy_model.load(Settings().data / "model"), words)
    except Unavailable as missing:
        log.warning("no classifier: %s", missing)
        return KeywordClassifier(words)


@lru_cache
def risks() -> RiskModel | None:
    """The trained model of dangers; None where there is none, then the words of the tables stand alone."""
    try:
        return risk_model.read(Settings().data / "risk-model")
    except Unavailable as missing:
        log.warning("no risk model: %s", missing)
        return None


@lru_cache
def kind_model() -> Classifier | None:
    """The trained model of what citizens want; None where there is none, then the cue words stand alone."""
    try:
        return spacy_model.load(Settings().data / "kind-model")
    except Unavailable as missing:
        log.warning("no model of kinds: %s", missing)
        return None


def kind(text: str) -> dict[str, Any]:
    """What the citizen wants, how sure, and the likeliest three: it decides the deadline, so a person confirms it."""
    try:
        found = kinds.guess(text, kind_model())
    except Unavailable as down:
        log.warning("model of kinds down: %s", down)
        found = kinds.guess(text, None)
    top = [(one.value, round(chance, 4)) for one, chance in found.top[:TOP]]
    return {"kind": found.kind.value, "confidence": round(found.confidence, 4), "top": top}


def pressing(text: str) -> Suggestion:
    """How much a text presses, by words and by the model of dangers; by words alone where the model is down."""
    try:
        return risk_model.assess(text, risks())
    except Unavailable as down:
        log.warning("risk model down: %s", down)
        return risk_model.assess(text, None)


def forget() -> None:
    """Read names and models again."""
    for kept in (names, gazetteer, places, _classifier, risks, kind_model):
        kept.cache_clear()
    _slow.until = 0.0
    catalogue.forget()


def area_of(text: str) -> str:
    """The area a text speaks of: the longest name found; empty when none."""
    found = [name for name in gazetteer() if name in text]
    return gazetteer()[max(found, key=len)] if found else ""


def _predicted(texts: Sequence[str]) -> list[Prediction] | None:
    """The model's answers, or None where it is down or not back within SLOW; then it is left alone for REST."""
    if time.monotonic() < _slow.until:
        return None
    model = classifier()  # loading it takes its time once
    try:
        return _asking.submit(model.predict_many, texts).result(SLOW)
    except Unavailable as down:
        log.warning("classifier down: %s", down)
    except TimeoutError:
        _slow.until = time.monotonic() + REST
        log.warning("classifier slow: not asked for %s s", REST)
    return None


def trouble() -> str:
    """Why suggestions come without the trained model, in Chinese; empty while it answers."""
    if time.monotonic() < _slow.until:
        return "分类模型反应太慢，暂停使用；新诉求进入人工派单。"
    if isinstance(classifier(), KeywordClassifier):
        return "分类模型缺失或损坏：执行 hotline triage train；在此之前按目录用词给建议，由人工派单。"
    return ""


def suggest(text: str, area: str = "") -> dict[str, Any]:
    """Category, department, confidence and the reason; `manual` where a person has to decide."""
    return suggest_many([(text, area)])[0]


def suggest_many(asked: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """The same for several (text, area), in order; what comes together is classified together."""
    found: Sequence[Prediction | None] = _predicted([text for text, _ in asked]) or [None] * len(asked)
    return [_suggestion(one, area or area_of(text)) for one, (text, area) in zip(found, asked, strict=True)]


def _suggestion(prediction: Prediction | None, place: str) -> dict[str, Any]:
    known = names()["category"]
    if prediction is None or prediction.label not in known:
        return _manual(place, trouble())
    way = route(catalogue.book(), prediction.label, place)
    threshold = timing().policy.automatic_forward_confidence
    return {
        "category": prediction.label,
        "category_name": known[prediction.label],
        "department": way.lead,
        "department_name": names()["department"].get(way.lead, way.lead),
        "co": list(way.co),
        "confidence": round(prediction.confidence, 4),
        "reason": way.reason,
        "area": place,
        "manual": prediction.confidence < threshold or way.fallback,
        "top": [_choice(label, p, place) for label, p in prediction.top if label in known],
    }


def words(text: str, labels: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """For each label the words of the text that spoke for it: start, end, weight; none while the model is down."""
    try:
        found = {} if time.monotonic() < _slow.until else classifier().explain(text, labels)
    except Unavailable as down:
        log.warning("classifier down: %s", down)
        found = {}
    return {label: [asdict(one) for one in found.get(label, ())] for label in labels}


def by_category(label: str, area: str) -> dict[str, Any]:
    """What follows when a person names the category: he is sure."""
    return _choice(label, 1.0, area)


def _choice(label: str, p: float, area: str) -> dict[str, Any]:
    way = route(catalogue.book(), label, area)
    return {
        "category": label,
        "category_name": names()["category"][label],
        "confidence": round(p, 4),
        "department": way.lead,
        "department_name": names()["department"].get(way.lead, way.lead),
        "reason": way.reason,
    }


def _manual(area: str, why: str) -> dict[str, Any]:
    nothing = {"category": "", "category_name": "", "department": "", "department_name": "", "co": [], "top": []}
    return nothing | {"confidence": 0.0, "reason": why or "分类器没有把握，请人工派单。", "area": area, "manual": True}
