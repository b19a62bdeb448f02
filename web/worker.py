"""Background work: Celery's application, the tasks and the beat. Task arguments are ids only.

Start: `celery -A web.worker worker` and `celery -A web.worker beat`; one of each is enough for a city.
"""

import logging

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_process_init

from dispatch import experience
from dispatch import service as dispatch
from hotline import collector, db, history, outbox
from hotline.events import Event, revive
from hotline.rulebook import jobs
from hotline.settings import Settings
from hotline.unit import transaction
from kb import service as knowledge
from web import finding, live, pulse, retention, similar, topics
from web.reactions import REACTIONS, Handler

log = logging.getLogger(__name__)
PIECE_SECONDS = 5.0
app = Celery("hotline", broker=Settings().broker())
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,
    worker_prefetch_multiplier=4,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"visibility_timeout": 120},
    task_default_queue="react",
    task_routes={"sweep": {"queue": "sweep"}, "seal": {"queue": "sweep"}, "tidy": {"queue": "sweep"}},
    worker_hijack_root_logger=False,
    beat_schedule={
        "sweep": {"task": "sweep", "schedule": 1.0, "options": {"expires": 5}},
        "seal": {"task": "seal", "schedule": 60.0, "options": {"expires": 55}},
        "rules": {"task": "rules", "schedule": 5.0, "options": {"expires": 4}},
        "heal": {"task": "heal", "schedule": 30.0, "options": {"expires": 25}},
        "tidy": {"task": "tidy", "schedule": 3600.0, "options": {"expires": 3000}},
        "topics": {"task": "topics", "schedule": crontab(hour="18", minute="30")},  # UTC: 02:30 in Shanghai
        "keep_no_longer": {"task": "keep_no_longer", "schedule": crontab(hour="20", minute="20")},  # 04:20 in Shanghai
        "retrain": {"task": "retrain", "schedule": crontab(hour="19", minute="10")},  # UTC: 03:10 in Shanghai
    },
)


@worker_process_init.connect
def _own_connections(**_signal: object) -> None:
    """A forked worker must not share its parent's connections; what it was born with stays."""
    db.dispose(close=False)
    collector.settle()


@app.task(name="react")
def react(*message_ids: int) -> None:
    """Give messages to all their handlers, each once: all in one transaction, or one by one where that fails."""
    try:
        _together(message_ids)
    except Exception as error:  # noqa: BLE001 - whatever it is, the messages are taken one by one and told of there
        log.info("%d messages one by one: %s", len(message_ids), type(error).__name__)
        for message_id in message_ids:
            _alone(message_id)


def _together(message_ids: tuple[int, ...]) -> None:
    with live.gathered(), transaction() as unit:
        taken = [(m, revive(m.kind, m.payload)) for m in outbox.read(unit, message_ids)]
        meetings = [(m.id, event, handler) for m, event in taken for handler in REACTIONS[type(event)]]
        fresh = outbox.first_time(unit, [(id_, handler.__name__) for id_, _, handler in meetings])
        waiting: dict[Handler, list[Event]] = {}
        for id_, event, handler in meetings:
            if (id_, handler.__name__) in fresh:
                waiting.setdefault(handler, []).append(event)
        for handler, told in waiting.items():
            handler(unit, told)
        outbox.done(unit, [m.id for m, _ in taken])


def _alone(message_id: int) -> None:
    """Each handler in its own transaction; a message whose handler fails is tried again later."""
    with transaction() as unit:
        messages = outbox.read(unit, [message_id])
    for message in messages:
        event = revive(message.kind, message.payload)
        try:
            for handler in REACTIONS[type(event)]:
                with live.gathered(), transaction() as unit:
                    if outbox.first_time(unit, [(message_id, handler.__name__)]):
                        handler(unit, [event])
        except Exception as error:  # noqa: BLE001 - kept with the message, tried again, told by name only
            outbox.failed(message_id, message.attempts, type(error).__name__)
            log.error("message %s of kind %s failed: %s", message_id, message.kind, type(error).__name__)  # noqa: TRY400
        else:
            with transaction() as unit:
                outbox.done(unit, [message_id])


@app.task(name="sweep")
def sweep() -> int:
    """Fire what is due; says that it lives."""
    fired = dispatch.sweep()
    pulse.beat("sweep")
    return fired


@app.task(name="seal")
def seal() -> int:
    """Seal the history written since the last seal."""
    with transaction() as unit:
        return history.seal(unit)


@app.task(name="rules")
def rules() -> None:
    """Judge open cases by new rules and preview drafts, a piece at a time so that other work gets its turn."""
    if jobs.work(PIECE_SECONDS):
        rules.delay()


@app.task(name="heal")
def heal() -> bool:
    """Rebuild a search index that was lost or damaged."""
    return knowledge.heal()


@app.task(name="tidy")
def tidy() -> int:
    """Throw away what was delivered long ago; give marks to cases that have none yet."""
    similar.catch_up()
    finding.catch_up()
    experience.urge()
    return dispatch.tidy()


@app.task(name="keep_no_longer")
def keep_no_longer() -> tuple[int, int, int]:
    """Anonymise what was kept long enough, and delete old recordings."""
    return retention.keep_no_longer()


@app.task(name="topics")
def group_topics() -> int:
    """Group what many spoke of in the last days."""
    return topics.reckon()


@app.task(name="retrain")
def retrain() -> str:
    """Train a model from the corpus and the corrections; a supervisor compares it and switches it on."""
    from web.staff.models_page import retrain as proposed  # noqa: PLC0415 - training is loaded at night only

    return proposed()
