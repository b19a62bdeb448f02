"""Photos and documents through the doors: who may bring, who may see, how they are kept and given out."""

import io

import pytest
from sqlalchemy import select
from staff_story import ANSWER, CLERK, DISPATCHER, REVIEWER, do, forwarded, new, signed

from hotline import attachments, db, history
from hotline.attachment_models import Attachment
from hotline.models import HistoryRow
from hotline.settings import Settings
from hotline.words import Action
from tests import files

PHOTO = files.jpeg((200, 150))


def path(case, tail=""):
    return f"/api/v1/cases/{case.number}{tail}"


def code(case):
    return {"X-Query-Code": case.query_code, "Accept": "application/json"}


def send(client, case, raw=PHOTO, name="现场.jpg", headers=None, **form):
    data = {"file": (io.BytesIO(raw), name)} | form
    return client.post(path(case, "/attachments"), data=data, headers=headers or {"Accept": "application/json"})


@pytest.fixture
def citizen(app):
    return app.test_client()


def brought(citizen, case):
    answer = send(citizen, case, headers=code(case))
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return answer.json


def read(client, case, item, headers=None, **query):
    return client.get(path(case, f"/attachments/{item['id']}"), headers=headers, query_string=query)


def test_a_citizens_photo_is_cleaned_sealed_listed_and_given_to_who_may_see_it(ask, citizen):
    case = signed()
    told = brought(citizen, case)
    assert (told["name"], told["type"], told["purpose"], told["open"]) == ("现场.jpg", "image/jpeg", "matter", True)
    for client, headers in ((citizen, code(case)), (ask("csglj1"), None), (ask("supervisor1"), None)):
        (item,) = client.get(path(case, "/attachments"), headers=headers).json["items"]
        answer = read(client, case, item, headers)
        assert (answer.status_code, answer.mimetype, answer.data[:3]) == (200, "image/jpeg", b"\xff\xd8\xff")
        assert b"SecretCamera" not in answer.data
        assert len(read(client, case, item, headers, thumb=1).data) <= len(answer.data)
        assert client.get(path(case), headers=headers).json["attachments"] == [item]
    with db.session() as session:
        row = session.get(Attachment, told["id"])
        kept = (Settings().data / row.file).with_name(f"{row.id}.sm4")
        steps = session.scalars(
            select(HistoryRow).where(HistoryRow.case_id == case.id).order_by(HistoryRow.seq.desc())
        ).first()
        assert history.verify(session) == ""
    assert (steps.action, steps.facts["sha256"]) == ("attach", row.sha256)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert b"JFIF" not in kept.read_bytes()


def test_a_file_is_given_out_so_that_nothing_in_it_runs(ask, citizen):
    case = signed()
    brought(citizen, case)
    pdf = send(citizen, case, files.pdf(), "../../公示<x>.pdf", headers=code(case)).json
    assert pdf["name"] == "公示x.pdf"
    answer = read(ask("csglj1"), case, pdf)
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%E5%85%AC")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-store"


STRANGERS = {"nobody": (None, 401), "wrong code": ({"X-Query-Code": "WRONGONE"}, 404)}


@pytest.mark.parametrize("who", STRANGERS)
def test_a_stranger_neither_brings_nor_reads(citizen, who):
    headers, status = STRANGERS[who]
    case = signed()
    item = brought(citizen, case)
    said = {"Accept": "application/json"} | (headers or {})
    assert send(citizen, case, headers=said).status_code == status
    assert citizen.get(path(case, "/attachments"), headers=said).status_code == status
    assert read(citizen, case, item, said).status_code == status


def test_a_file_is_read_under_its_own_case_only(ask, citizen):
    one, other = signed(), signed()
    item = brought(citizen, one)
    assert read(citizen, other, item, code(other)).status_code == 404
    assert read(ask("gaj1"), one, item).status_code == 404
    assert read(ask("csglj1"), other, item).status_code == 404


MAY_BRING = {
    "csglj1": {"reply": 201, "contact": 201, "matter": 403, "chat": 403},
    "gaj1": {"reply": 404, "matter": 404},
    "dispatcher1": {"matter": 201, "reply": 403},
    "auditor1": {"matter": 403, "reply": 403},
}


@pytest.mark.parametrize("user", MAY_BRING)
def test_each_brings_what_belongs_to_his_own_work(ask, user):
    case = signed()
    client = ask(user)
    assert {p: send(client, case, purpose=p).status_code for p in MAY_BRING[user]} == MAY_BRING[user]


def test_a_citizen_sees_the_files_of_a_reply_once_it_has_passed(ask, citizen):
    case = signed()
    clerk = ask("csglj1")
    reply = send(clerk, case, purpose="reply").json
    contact = send(clerk, case, purpose="contact").json
    do(case, Action.REPLY, CLERK, **ANSWER)
    seen = lambda: [row["id"] for row in citizen.get(path(case), headers=code(case)).json["attachments"]]
    assert seen() == []
    assert read(citizen, case, reply, code(case)).status_code == 404
    do(case, Action.PASS, REVIEWER)
    assert seen() == [reply["id"]]
    assert read(citizen, case, reply, code(case)).status_code == 200
    assert read(citizen, case, contact, code(case)).status_code == 404


HOSTILE = [("x.jpg", files.SVG, "file_type"), ("x.jpg", files.HTML, "file_type"), ("x.jpg", PHOTO + files.HTML, "file_unsafe")]  # fmt: skip  # noqa: E501


@pytest.mark.parametrize(("name", "raw", "error"), HOSTILE, ids=["svg", "html", "polyglot"])
def test_a_refused_file_says_why_and_leaves_nothing(citizen, name, raw, error):
    case = new()
    answer = send(citizen, case, raw, name, headers=code(case))
    assert (answer.status_code, answer.json["error"]["code"]) == (422, error)
    assert citizen.get(path(case, "/attachments"), headers=code(case)).json["items"] == []


def test_a_hundred_megabytes_are_refused_before_they_are_read(citizen):
    case = new()
    given = {"CONTENT_LENGTH": str(100 << 20), "CONTENT_TYPE": "multipart/form-data; boundary=x"}
    answer = citizen.post(path(case, "/attachments"), headers=code(case), environ_overrides=given, input_stream=io.BytesIO())  # fmt: skip  # noqa: E501
    assert (answer.status_code, answer.json["error"]["code"]) == (413, "too_large")


def test_more_files_than_the_setting_allows_are_refused(citizen, monkeypatch):
    monkeypatch.setenv("HOTLINE_UPLOADS", "2")
    case = new()
    answers = [send(citizen, case, headers=code(case)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 422]
    assert answers[-1].json["error"]["code"] == "too_many_files"


@pytest.mark.parametrize(("form", "error"), [({}, "file_missing"), ({"purpose": "else"}, "unknown_purpose")])
def test_a_form_that_is_not_whole_is_told_so(citizen, form, error):
    case = new()
    data = form | ({"file": (io.BytesIO(PHOTO), "a.jpg")} if form else {})
    answer = citizen.post(path(case, "/attachments"), data=data, headers=code(case))
    assert (answer.status_code, answer.json["error"]["code"]) == (422, error)


def test_a_changed_file_is_refused_not_shown(citizen):
    case = new()
    item = brought(citizen, case)
    with db.session() as session:
        row = session.get(Attachment, item["id"])
    file = (Settings().data / row.file).with_name(f"{row.id}.sm4")
    raw = bytearray(file.read_bytes())
    raw[-1] ^= 1
    file.write_bytes(raw)
    assert read(citizen, case, item, code(case)).json["error"]["code"] == "file_spoilt"
    file.unlink()
    assert read(citizen, case, item, code(case)).status_code == 404


def test_a_file_whose_row_was_never_written_is_found(city):
    attachments.vault().put(Settings().data / "attachments/2026/01/01/lost", b"x")
    with db.session() as session:
        assert "lost.sm4" in [file.name for file in attachments.orphans(session)]
    (Settings().data / "attachments/2026/01/01/lost.sm4").unlink()


# --- one who asked not to be known ------------------------------------------------------------------------------------


def hidden_photo(citizen):
    case = forwarded(confidential=True, name="欧阳明远")
    return case, brought(citizen, case)


def test_a_photo_of_one_who_stays_unknown_waits_until_the_centre_has_looked(ask, citizen):
    case, item = hidden_photo(citizen)
    clerk, agent = ask("csglj1"), ask("dispatcher1")
    (shown,) = clerk.get(path(case, "/attachments")).json["items"]
    assert (shown["open"], shown["name"]) == (False, "")
    assert read(clerk, case, item).json["error"]["code"] == "attachment_closed"
    assert clerk.post(path(case, f"/attachments/{item['id']}/release")).status_code == 403
    assert read(agent, case, item).json["error"]["code"] == "reason_needed"
    assert agent.post(path(case, f"/attachments/{item['id']}/release")).json["error"]["code"] == "reason_needed"
    assert agent.post(path(case, "/person"), json={"reason": "check"}).status_code == 200
    assert read(agent, case, item).status_code == 200
    assert agent.post(path(case, f"/attachments/{item['id']}/release")).json["released"]
    assert read(clerk, case, item).status_code == 200
    assert read(ask("auditor1"), case, item).status_code == 200


# --- in a chat --------------------------------------------------------------------------------------------------------

KEY = {"X-Chat-Key": "k" * 40, "Accept": "application/json"}


def chat_photo(client, id_="p1", key=KEY, raw=PHOTO):
    return client.post("/chat/files", data={"file": (io.BytesIO(raw), "a.jpg"), "client_id": id_}, headers=key)


def test_a_photo_in_a_chat_is_a_message_and_goes_with_the_chat_into_its_case(ask, citizen):
    answer = chat_photo(citizen)
    (message,) = answer.json["items"]
    assert (message["by"], message["text"]) == ("citizen", "[文件] a.jpg")
    assert len(chat_photo(citizen).json["items"]) == 1
    own = citizen.get(f"/chat/files/{message['file']}?thumb=1", headers=KEY)
    assert (own.status_code, own.mimetype) == (200, "image/jpeg")
    other = {"X-Chat-Key": "o" * 40}
    assert citizen.get(f"/chat/files/{message['file']}", headers=other).status_code == 404
    agent, chat_id = ask("agent1"), answer.json["chat"]["id"]
    assert agent.get(f"/desk/chats/{chat_id}/files/{message['file']}").status_code == 200
    assert ask("csglj1").get(f"/desk/chats/{chat_id}/files/{message['file']}").status_code == 403
    said = {"kind": "求助", "content": "楼道灯坏了", "citizen": {"phone": "13800000001"}}
    made = agent.post(f"/desk/chats/{chat_id}/to_case", json=said).json
    later = chat_photo(citizen, "p2").json["items"][-1]
    told = agent.get(f"/api/v1/cases/{made['number']}").json["attachments"]
    assert {row["id"] for row in told} == {message["file"], later["file"]}
    assert chat_photo(citizen, "p3", raw=files.SVG).json["error"]["code"] == "file_type"
    assert chat_photo(citizen, "p4", KEY | {"X-Chat-Key": "short"}).json["error"]["code"] == "bad_chat_key"


def test_merging_and_handing_on_leave_the_files_where_they_are(ask, citizen):
    case = forwarded()
    item = brought(citizen, case)
    do(case, Action.SIGN, CLERK)
    do(case, Action.RETURN, CLERK, reason="不属于我局职责")
    do(case, Action.ARBITRATE, DISPATCHER, verdict="reassign", department="gaj", reason="")
    assert read(ask("gaj1"), case, item).status_code == 200
    assert read(ask("csglj1"), case, item).status_code == 404
