"""Cases on their way, for the tests of departments, revisits and boards: made and moved through the use cases."""

import pytest

from hotline import cases, clock, db, facts, privacy, queries
from hotline.city_models import Token
from hotline.lifecycle import Actor
from hotline.rates import rates
from hotline.unit import transaction
from hotline.words import Action, Role

AGENT = Actor("agent1", Role.AGENT)
DISPATCHER = Actor("dispatcher1", Role.DISPATCHER)
CLERK = Actor("csglj1", Role.CLERK, "csglj")
REVIEWER = Actor("reviewer1", Role.REVIEWER)
REVISITOR = Actor("revisitor1", Role.REVISITOR)
SUPERVISOR = Actor("supervisor1", Role.SUPERVISOR)
CITIZEN = Actor("citizen", Role.CITIZEN)
ANSWER = {"facts": "属实", "solved": True, "public": "经现场核实，烧烤摊油烟已整改，请您监督。"}
SPOKEN = {"reached": True, "contacted_by_department": True}


@pytest.fixture
def app(city):
    from web.app import create_app
    from web.staff import kept

    kept.forget()
    return create_app()


@pytest.fixture
def ask(app):
    """ask("csglj1").get(…): a client with that user's token."""

    def of(user):
        with transaction() as unit:
            unit.session.merge(Token(digest=privacy.token_digest(user), user=user, created_at=clock.now()))
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {user}"
        client.environ_base["HTTP_ACCEPT"] = "application/json"
        return client

    return of


def new(**more):
    suggestion = {"category": "0102", "department": "csglj", "confidence": 0.6}
    said = {
        "kind": "投诉",
        "title": "烧烤摊油烟",
        "content": "楼下烧烤油烟扰民",
        "channel": "phone",
        "phone": "13800000001",
    }
    return cases.create(cases.NewCase(**(said | {"area": "湖滨区", "suggestion": suggestion} | more)), AGENT)[0]


def do(case, action, actor, **given):
    with db.session() as session:
        version = facts.load(session, case.number).version
    return cases.act(case.number, action, actor, given, version=version)


def forwarded(code="csglj", **more):
    case = new(**more)
    do(case, Action.FORWARD, DISPATCHER, departments=[{"code": code, "role": "lead"}])
    return case


def signed(**more):
    case = forwarded(**more)
    do(case, Action.SIGN, CLERK)
    return case


def passed(**more):
    case = signed(**more)
    do(case, Action.REPLY, CLERK, **ANSWER)
    do(case, Action.PASS, REVIEWER)
    return case


def suspended(case):
    """The case, while its house waits for the citizen."""
    do(case, Action.SUSPEND, CLERK, reason="等市民材料")
    do(case, Action.APPROVE_SUSPENSION, SUPERVISOR, granted=True)
    return case


def both_ways(period):
    """Code → (numerator, denominator) of every rate; tables and history agree."""
    with db.session() as session:
        tables, folded = queries.rates(session, period), queries.ledger_from_history(session, period, [])
    assert tables == rates(folded, period)
    return {rate.code: (rate.numerator, rate.denominator) for rate in tables}


def numbers(answer):
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return [item["number"] for item in answer.json["items"]]
