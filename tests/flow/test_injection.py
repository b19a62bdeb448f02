"""Hostile words through every field of text: kept as they were said, shown as words, never run, never a formula."""

import csv
import io
import re

import pytest
from pydantic import BaseModel
from sqlalchemy import func, select, text
from staff_story import AGENT, CLERK, DISPATCHER, do, forwarded, new

from hotline import cases, clock, db
from hotline.given import GIVEN
from hotline.models import Case
from hotline.words import Action
from telephony import service as telephone
from telephony.caller import identity
from web import pace

HOSTILE = {
    "sql": "'; DROP TABLE cases; --",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "attribute": '" onmouseover="alert(1)',
    "template": "{{ 'ab' * 3 }}{% for x in ().__class__.__mro__ %}${7*7}",
    "header": "a\r\nSet-Cookie: hostile=1",
    "formula": '=HYPERLINK("http://evil.example","x")',
    "format": "%s%n{0}{who}",
    "bidi": "\u202e\u2066正常",
}  # fmt: skip
EVERY = pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)


@pytest.fixture
def client(app):
    pace.limiter.reset()
    return app.test_client()


def unharmed(answer, words):
    """The page stands, the words are text in it, and no header came of them."""
    page = answer.get_data(as_text=True)
    assert answer.status_code < 500, page[:500]
    assert "hostile=1" not in str(answer.headers)
    if answer.mimetype == "text/html":
        assert "<script>alert(1)" not in page
        assert "<img src=x" not in page
        assert not re.search(r'="[^"]*" onmouseover="alert', page)
        assert "ababab" not in page
    with db.session() as session:
        assert session.scalar(select(func.count()).select_from(Case)) is not None


def matter(words):
    place = {"area": "湖滨区", "address": words}
    return {"kind": "投诉", "title": words[:200], "content": words, "citizen": {"name": words[:60], "phone": "13800000001"}, "place": place}  # fmt: skip  # noqa: E501


@EVERY
def test_a_matter_is_kept_as_it_was_said_and_read_as_words(ask, client, words):
    made = client.post("/api/v1/cases", json=matter(words))
    assert made.status_code == 201
    number, code = made.json["number"], made.json["query_code"]
    told = client.get(f"/api/v1/cases/{number}", headers={"X-Query-Code": code}).json
    assert told["content"] == words.strip()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/track").text)[1]
    unharmed(client.post("/track", data={"number": number, "query_code": code, "csrf_token": token}), words)
    for user, path in (("supervisor1", f"/api/v1/cases/{number}"), ("supervisor1", "/papers"), ("agent1", "/desk"), ("supervisor1", f"/papers?case={number}")):  # fmt: skip  # noqa: E501
        unharmed(ask(user).get(path), words)
    for asked in (f"/api/v1/cases?q={words}", f"/api/v1/cases?state={words}", f"/api/v1/kb/search?q={words}"):
        unharmed(ask("agent1").get(asked), words)


def texts(form: type[BaseModel]):
    """The free text fields of a form."""
    return [name for name, field in form.model_fields.items() if "str" in str(field.annotation)]


FIELDS = [(action, name) for action in Action for name in texts(GIVEN[action])]


def test_every_action_with_words_is_asked():
    assert len(FIELDS) > 25
    assert {"text", "reason", "public", "internal", "words", "opinion"} <= {name for _, name in FIELDS}


USUAL = {"how": "电话", "result": "已联系", "facts": "属实", "solved": True, "public": "经现场核实,已经整改完毕。", "days": 3, "reason": "理由充分", "text": "补充", "reached": False, "level": 5, "granted": True, "verdict": "keep", "reasons": ["说明不清"], "departments": [{"code": "csglj", "role": "lead"}], "unit": "一中队", "channel": "诉讼", "into": "1", "to": "1", "opinion": "请快办"}  # fmt: skip  # noqa: E501
WHO = {Action.SIGN: "csglj1", Action.RETURN: "csglj1", Action.HAND_DOWN: "csglj1", Action.CONTACT: "csglj1", Action.INTERIM: "csglj1", Action.REQUEST_EXTENSION: "csglj1", Action.SUSPEND: "csglj1", Action.REPLY: "csglj1"}  # fmt: skip  # noqa: E501


def test_no_field_of_any_action_breaks_anything(ask, client):
    case = forwarded()
    do(case, Action.SIGN, CLERK)
    clients = {user: ask(user) for user in ("supervisor1", "csglj1")}
    for action, name in FIELDS:
        for words in HOSTILE.values():
            version = clients["supervisor1"].get(f"/api/v1/cases/{case.number}").json["version"]
            needed = {field: USUAL[field] for field in GIVEN[action].model_fields if field in USUAL}
            body = needed | {"action": action.value, "version": version, name: words * 2}
            answer = clients[WHO.get(action, "supervisor1")].post(f"/api/v1/cases/{case.number}/actions", json=body)
            assert answer.status_code < 500, (action, name, words)
    with db.session() as session:
        assert session.scalar(text("SELECT count(*) FROM cases")) >= 1
    unharmed(ask("supervisor1").get(f"/api/v1/cases/{case.number}/history"), "")


@EVERY
def test_the_pages_of_citizens_and_staff_take_hostile_words(ask, client, words):
    forms = [
        client.post("/call-me", data={"phone": words[:30], "words": words}),
        client.post("/call-me", data={"phone": "13800000001", "words": words}),
        client.get("/login", query_string={"next": words}),
        client.post("/language", data={"to": "en", "next": words}),
        client.post("/elder", data={"on": "1", "next": words}),
        client.put("/drafts/submit", json={"body": words}),
        client.get(
            "/chat/files/x", headers={"X-Chat-Key": re.sub(r"[\r\n]", "", words).encode("ascii", "ignore").decode()}
        ),
        client.get(f"/w/{words}".replace("\r\n", "%0d%0a")),
    ]
    boss = ask("supervisor1")
    forms += [
        boss.get("/looks", query_string={"case": words, "by": words}),
        boss.get("/papers", query_string={"case": words}),
        boss.get("/api/v1/looks", query_string={"case": words, "by": words, "cursor": words}),
        boss.get("/reports", query_string={"month": words, "by": words}),
        boss.post("/api/v1/seats/agent1", json={"status": words, "reason": words}),
        ask("keeper1").put("/kb/articles", json={"code": "K1", "title": words, "body": words, "kind": "guide"}),
        ask("agent1").post("/api/v1/callbacks/1/done", json={"result": words}),
    ]
    for answer in forms:
        unharmed(answer, words)
    assert boss.get("/api/v1/callbacks").status_code == 200


@EVERY
def test_a_look_says_its_reason_as_words(ask, words):
    case = forwarded(confidential=True)
    said = {"reason": "other", "words": words}
    assert ask("supervisor1").post(f"/api/v1/cases/{case.number}/person", json=said).status_code == 200
    page = ask("auditor1").get("/looks")
    unharmed(page, words)
    if words == HOSTILE["html"]:
        assert "&lt;script&gt;" in page.text


@EVERY
def test_the_callers_number_and_display_name_are_words(ask, city, words):
    line = words.replace("\r\n", "")
    caller, display = identity(f'"{line}" <sip:{line}@10.0.0.1>')
    call = "00000000-0000-4000-8000-0000000000bb"
    event = {"id": f"{call}:1", "call": call, "type": "invite", "at": clock.now().isoformat(), "connector": "c1"}
    telephone.take(event | {"caller": caller, "display": display})
    for user, path in (("supervisor1", "/api/v1/calls"), ("supervisor1", "/calls"), ("agent1", f"/desk/call/{call}")):
        unharmed(ask(user).get(path), words)
    (row,) = ask("supervisor1").get("/api/v1/calls").json["items"]
    assert not re.search(r"[<>\"'={}\s]", row["caller"])
    assert not re.search(r"[\r\n\u0000-\u001f]", caller + display)


def test_no_cell_of_a_table_is_a_formula(ask, tmp_path):
    new(title=HOSTILE["formula"])
    for path in ("/public/reviews-2026-11.csv", "/special/reviews.csv?month=2026-11"):
        rows = list(csv.reader(io.StringIO(ask("supervisor1").get(path).get_data(as_text=True).lstrip("\ufeff"))))
        assert rows
        assert [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t"))] == []


def test_a_file_of_hostile_rows_is_taken_in_or_told_of_in_plain_cells(city, tmp_path):
    from click.testing import CliRunner

    from web.cli import hotline

    file = tmp_path / "cases.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["id", "kind", "title", "content", "channel", "phone", "area"])
        rows.writerows([f"{n}", "投诉", words, words, "web", "13800000001" if n % 2 else words, words if n % 3 else ""] for n, words in enumerate(HOSTILE.values()))  # fmt: skip  # noqa: E501
    assert CliRunner().invoke(hotline, ["import", "cases", str(file), "--json"]).exit_code == 0
    told = list(csv.reader(io.StringIO((tmp_path / "cases.csv.rejects.csv").read_text(encoding="utf-8"))))
    assert len(told) > 1
    assert [cell for row in told for cell in row if cell.startswith(("=", "+", "-", "@", "\t"))] == []


def test_what_is_printed_holds_the_words_as_words(ask):
    case = new(title=HOSTILE["html"] + HOSTILE["template"])
    do(case, Action.FORWARD, DISPATCHER, departments=[{"code": "csglj", "role": "lead"}])
    cases.act(case.number, Action.SUPERVISE, cases.Actor("supervisor1", cases.Role.SUPERVISOR), {"opinion": HOSTILE["html"]}, version=2)  # fmt: skip  # noqa: E501
    assert AGENT.name == "agent1"
    from dispatch import papers
    from hotline.unit import transaction

    with transaction() as unit:
        papers.of_steps(unit, {(case.id, 3)})
    (row,) = ask("supervisor1").get("/api/v1/papers").json["items"]
    page, pdf = ask("supervisor1").get(f"/papers/{row['id']}"), ask("supervisor1").get(f"/papers/{row['id']}.pdf")
    unharmed(page, HOSTILE["html"])
    assert pdf.data.startswith(b"%PDF-")
