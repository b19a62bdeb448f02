"""A new model from the corpus and what people corrected, judged beside the one in use before anybody switches it on.

Two sets judge both: a fixed tenth of the corpus that no proposed model learns from, and last week's corrections, which
neither has seen. The very first model learnt the whole corpus: its figure on the fixed set is too good, `seen` says so.
"""

import datetime as dt
import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.errors import BadInput, Conflict, Missing
from hotline.models import Case
from hotline.unit import Unit
from triage.classify import Classifier, Unavailable
from triage.models import Example as Kept
from triage.models import ModelSwitch
from triage.spacy_model import load, read_card
from triage.training.corpus import Corpus, Example, read, read_words
from triage.training.fit import Step
from triage.training.run import judge, put_in_place, train_rows

WEEK: Final = dt.timedelta(days=7)
TENTH: Final = 10
ENOUGH: Final = 50  # decided cases below which no drift is told
DRIFT: Final = 0.10
PROPOSED, ON, OFF = "proposed", "on", "off"


def corrections(session: Session, since: dt.datetime | None = None, until: dt.datetime | None = None) -> list[Example]:
    """What people corrected from `since` (inclusive) up to `until`, oldest first."""
    rows = select(Kept).order_by(Kept.id)
    rows = rows.where(Kept.at >= since) if since else rows
    rows = rows.where(Kept.at < until) if until else rows
    return [Example(row.text, row.label, row.department, row.weight) for row in session.scalars(rows)]


def propose(unit: Unit, corpus: Path, words: Path, data: Path, progress: Step) -> ModelSwitch:
    """Trains a model beside the one at `data`/model and says how both do. Raises BadInput from the corpus."""
    rows = read(corpus)
    fixed = [one for one in rows.examples if _held_back(one.text)]
    older, week = corrections(unit.session, until=unit.now - WEEK), corrections(unit.session, since=unit.now - WEEK)
    name = f"m{unit.now:%Y%m%d%H%M%S}"
    learnt = _corpus([*(one for one in rows.examples if not _held_back(one.text)), *older])
    train_rows(learnt, data / "models" / name, progress, unit.now, read_words(words))
    old, new = _in_use(data / "model"), load(data / "models" / name)
    sets = {"fixed": _corpus(fixed), "week": _corpus(week)}
    compared = {which: _both(old, new, judged) for which, judged in sets.items() if judged.examples}
    switched_before = unit.session.scalar(select(func.count()).where(ModelSwitch.state == ON)) or 0
    told = {"sets": compared, "corrections": len(older), "seen": not switched_before}
    made = ModelSwitch(name=name, proposed_at=unit.now, compared=told)
    unit.session.add(made)
    return made


def _held_back(text: str) -> bool:
    return hashlib.sha256(text.encode()).digest()[0] % TENTH == 0


def _corpus(examples: Iterable[Example]) -> Corpus:
    kept = tuple(examples)
    digest = hashlib.sha256("\0".join(f"{one.label}\1{one.text}" for one in kept).encode())
    return Corpus(kept, (), digest.hexdigest())


def _in_use(folder: Path) -> Classifier | None:
    try:
        return load(folder)
    except Unavailable:
        return None


def _both(old: Classifier | None, new: Classifier, rows: Corpus) -> dict[str, Any]:
    return {"n": len(rows.examples), "old": _figures(old, rows) if old else None, "new": _figures(new, rows)}


def _figures(classifier: Classifier, rows: Corpus) -> dict[str, Any]:
    found = judge(classifier, rows)
    labels = {label: round(score["f1"], 4) for label, score in found["per_label"].items()}
    return {"accuracy": found["accuracy"], "macro_f1": found["macro_f1"], "per_label": labels}


def switch(unit: Unit, name: str, data: Path, by: str) -> ModelSwitch:
    """Puts a proposed or an earlier model in use at one instant. Raises Missing, or Conflict where it is in use."""
    row = unit.session.scalars(select(ModelSwitch).filter_by(name=name).with_for_update()).first()
    if row is None or not (data / "models" / name).is_dir():
        raise Missing("no_such_model", "没有这个模型。")
    if row.state == ON:
        raise Conflict("model_in_use", "这个模型已经在用。")
    _keep_the_first(unit, data)
    for other in unit.session.scalars(select(ModelSwitch).filter_by(state=ON)):
        other.state = OFF
    row.state, row.by, row.at = ON, by, unit.now
    fresh = data / f".model.{name}"
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(data / "models" / name, fresh)
    put_in_place(fresh, data / "model")
    shutil.rmtree(fresh, ignore_errors=True)
    return row


def _keep_the_first(unit: Unit, data: Path) -> None:
    """The model the city began with can be switched back to as well."""
    if not (data / "model").is_dir() or unit.session.scalar(select(func.count()).where(ModelSwitch.state == ON)):
        return
    if not (data / "models" / "first").exists():
        shutil.copytree(data / "model", data / "models" / "first")
        unit.session.add(ModelSwitch(name="first", proposed_at=unit.now, compared={}, state=OFF))


def drift(session: Session, data: Path, now: dt.datetime) -> dict[str, Any]:
    """How often people kept the model's choice in the last week, beside what its card promised.

    `alarm` where it is DRIFT less and at least ENOUGH cases tell. Raises BadInput without a model card.
    """
    try:
        promised = (read_card(data / "model").get("figures") or {}).get("accuracy")
    except Unavailable as none:
        raise BadInput(none.code, none.message) from none
    said = Case.suggestion["category"].astext
    decided = select(func.count()).where(Case.received_at >= now - WEEK, Case.lead != "", said != "")
    changed = select(func.count(func.distinct(Kept.case_number))).where(Kept.at >= now - WEEK)
    count, wrong = session.scalar(decided) or 0, session.scalar(changed) or 0
    kept = 1 - wrong / count if count else None
    low = promised is not None and kept is not None and count >= ENOUGH and kept < promised - DRIFT
    return {"promised": promised, "kept": kept, "decided": count, "corrected": wrong, "alarm": low}
