"""The doors against strangers: guessing is slowed, honest use and staff are not, and browsers are told to be strict."""

import json
import os
import re
import signal

import pytest
import socketio
from redis import Redis
from staff_story import forwarded, new, signed

from hotline.settings import Settings
from web import pace


@pytest.fixture
def fresh(app):
    pace.limiter.reset()
    yield app
    pace.limiter.reset()


@pytest.fixture
def stranger(fresh):
    client = fresh.test_client()
    client.environ_base["REMOTE_ADDR"] = "203.0.113.7"
    return client


def _path(case, tail=""):
    return f"/api/v1/cases/{case.number}{tail}"


def _guess(client, case, code="WRONGONE", **more):
    return client.get(_path(case), headers={"X-Query-Code": code}, **more)


WAYS = {
    "by header": _guess,
    "in the address": lambda client, case: client.get(_path(case), query_string={"query_code": "WRONGONE"}),
    "at the history": lambda client, case: client.get(_path(case, "/history"), query_string={"query_code": "WRONGONE"}),
    "by an action": lambda client, case: client.post(
        _path(case, "/actions"), json={"action": "urge", "text": "快", "query_code": "WRONGONE"}
    ),
    "on the page": lambda client, case: client.post(
        "/track", data={"number": case.number, "query_code": "WRONGONE"}, headers={"Accept": "application/json"}
    ),
    "at numbers there are none of": lambda client, _case: client.get(
        "/api/v1/cases/1", headers={"X-Query-Code": "WRONGONE"}
    ),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_guessing_is_slowed_whichever_way_it_comes(stranger, way):
    case = new()
    answers = [way(stranger, case) for _ in range(70)]  # two windows may touch in between
    assert {answer.status_code for answer in answers} == {404, 429}
    last = answers[-1]
    assert last.status_code == 429
    assert int(last.headers["Retry-After"]) > 0
    if last.is_json:
        assert last.json["error"]["code"] == "too_many"
        assert "频繁" in last.json["error"]["message"]
    assert _guess(stranger, case, case.query_code).status_code == 429  # a right one tells nothing now


def test_guesses_of_all_ways_are_counted_together(stranger):
    case = new()
    for _ in range(12):
        for way in WAYS.values():
            last = way(stranger, case)
    assert last.status_code == 429


def test_one_address_cannot_shut_the_citizen_out(stranger, fresh):
    case = new()
    assert [_guess(stranger, case).status_code for _ in range(45)][-1] == 429
    citizen = fresh.test_client()
    assert _guess(citizen, case, case.query_code).status_code == 200


def test_many_addresses_together_are_slowed_at_one_case(fresh):
    case, other = new(), new()
    client = fresh.test_client()
    answers = [_guess(client, case, environ_base={"REMOTE_ADDR": f"198.51.100.{n % 50}"}) for n in range(140)]
    assert answers[-1].status_code == 429
    assert _guess(client, other, other.query_code, environ_base={"REMOTE_ADDR": "198.51.100.1"}).status_code == 200


def test_an_ipv6_house_is_one_caller(fresh):
    case, client = new(), fresh.test_client()
    answers = [_guess(client, case, environ_base={"REMOTE_ADDR": f"2001:db8::{n:x}"}) for n in range(70)]
    assert answers[-1].status_code == 429


def test_reading_and_acting_on_ones_own_case_is_free(stranger):
    case = new()
    for _ in range(60):
        assert _guess(stranger, case, case.query_code.lower()).status_code == 200
    body = {"action": "urge", "text": "请快一点"}
    for _ in range(40):
        answer = stranger.post(_path(case, "/actions"), json=body, headers={"X-Query-Code": case.query_code})
        assert answer.status_code == 200


def test_staff_is_not_slowed_where_strangers_are(stranger, ask):
    said = {"text": "路灯不亮"}
    answers = [stranger.post("/api/v1/triage", json=said).status_code for _ in range(125)]
    assert (answers[0], answers[-1]) == (401, 429)
    agent = ask("agent1")
    agent.environ_base["REMOTE_ADDR"] = "203.0.113.7"
    assert {agent.post("/api/v1/triage", json=said).status_code for _ in range(65)} == {200}
    case = new()
    assert [_guess(stranger, case).status_code for _ in range(70)][-1] == 429
    assert agent.get(_path(case)).status_code == 200


def _login(client, name="agent1", password="wrong", **more):
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)[1]
    return client.post("/login", data={"csrf_token": token, "name": name, "password": password, **more})


def password_of(user):
    for line in (Settings().data / "demo-accounts.txt").read_text(encoding="utf-8").splitlines():
        name, password, *_ = line.split("\t")
        if name == user:
            return password
    raise LookupError(user)


def test_guessing_a_password_is_slowed_and_coming_to_work_is_not(stranger, fresh):
    good = password_of("agent1")
    for _ in range(25):
        assert _login(stranger, password=good).status_code == 302
        stranger.post("/logout")
        stranger.delete_cookie("session")
    assert [_login(stranger, f"agent{n}").status_code for n in range(45)][-1] == 429
    assert _login(fresh.test_client(), password=good).status_code == 302


def test_the_count_stands_in_redis_for_all_processes(stranger):
    case = new()
    _guess(stranger, case)
    keys = list(Redis.from_url(Settings().redis()).scan_iter("*doors*guess*"))
    assert len(keys) == 2


def test_while_redis_hangs_guessing_is_slowed_all_the_same(stranger, parts):
    pid = int(Redis.from_url(parts.redis()).info("server")["process_id"])
    case = new()
    os.kill(pid, signal.SIGSTOP)
    try:
        answers = [_guess(stranger, case).status_code for _ in range(70)]
        assert set(answers) == {404, 429}
        assert pace.hit(pace.parse("1/hour"), "a socket", "203.0.113.7")
        assert not pace.hit(pace.parse("1/hour"), "a socket", "203.0.113.7")
    finally:
        os.kill(pid, signal.SIGCONT)
        pace.limiter._storage_dead = False


def test_what_is_slowed_is_logged_without_the_address(stranger, caplog):
    case = new()
    for _ in range(70):
        _guess(stranger, case)
    said = [row.getMessage() for row in caplog.records if "slowed" in row.getMessage()]
    assert 1 <= len(said) <= 2
    assert "203.0.113.0/24" in said[0]
    assert "203.0.113.7" not in caplog.text
    assert case.number not in caplog.text


# --- behind a proxy -------------------------------------------------------------------------------------------------


def seen_address(environ, own="10.0.0.0/8,::1"):
    from web.proxies import OwnProxies, networks

    seen = {}
    inner = lambda environ, _start: seen.update(environ) or []
    OwnProxies(inner, networks(own))({"wsgi.url_scheme": "http", **environ}, None)
    return seen["REMOTE_ADDR"], seen["wsgi.url_scheme"]


@pytest.mark.parametrize(
    ("why", "peer", "said", "address"),
    [
        ("nobody between", "203.0.113.7", "", "203.0.113.7"),
        ("a stranger who says he forwards", "203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("our proxy", "10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("two of ours", "10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("a caller who wrote something before", "10.0.0.1", "1.2.3.4, 198.51.100.1", "198.51.100.1"),
        ("our proxy with nonsense", "10.0.0.1", "<script>", "10.0.0.1"),
        ("our proxy saying nothing", "10.0.0.1", "", "10.0.0.1"),
        ("ours by IPv6, written the long way", "0:0:0:0:0:0:0:1", "2001:db8::9", "2001:db8::9"),
        ("IPv4 inside IPv6", "::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("no address at all", "", "198.51.100.1", ""),
    ],
)
def test_only_our_own_proxies_are_believed(why, peer, said, address):
    environ = {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": said, "HTTP_X_FORWARDED_PROTO": "https"}
    ours = address != peer or peer.startswith(("10.", "::"))
    assert seen_address(environ) == (address, "https" if ours and peer else "http"), why


def test_a_proxy_that_is_no_address_is_refused_at_the_start():
    from hotline.errors import BadInput
    from web.proxies import networks

    with pytest.raises(BadInput, match="bad_proxies"):
        networks("10.0.0.1;nonsense")


def test_behind_our_proxy_each_citizen_has_his_own_count(city, monkeypatch):
    from web.app import create_app

    monkeypatch.setenv("HOTLINE_PROXIES", "127.0.0.1")
    client, case = create_app().test_client(), new()
    pace.limiter.reset()

    def guess(address, code="WRONGONE"):
        headers = {"X-Query-Code": code, "X-Forwarded-For": address}
        return client.get(_path(case), headers=headers).status_code

    assert [guess("198.51.100.1") for _ in range(45)][-1] == 429
    assert guess("198.51.100.2", case.query_code) == 200
    pace.limiter.reset()


# --- what a browser is told -----------------------------------------------------------------------------------------


def test_pages_may_not_be_framed_sniffed_or_fed_from_elsewhere(stranger):
    for path in ("/", "/login", "/api/v1/openapi.json", "/nowhere"):
        answer = stranger.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "script-src 'self'" in policy
        assert "connect-src 'self'" in policy
        assert "unsafe" not in policy
        assert "ws:" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in answer.headers


def test_over_tls_the_session_stays_there(stranger):
    page = stranger.get("/login", base_url="https://localhost")
    assert "max-age" in page.headers["Strict-Transport-Security"]
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    data = {"csrf_token": token, "name": "agent1", "password": password_of("agent1")}
    answer = stranger.post("/login", data=data, base_url="https://localhost", headers={"Referer": "https://localhost/"})
    cookie = answer.headers["Set-Cookie"]
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=Lax"))


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "/\\evil.example", "/\t/evil.example", "/ /evil.example", "https://evil.example",
     "javascript:alert(1)", "\\\\evil.example", "/\n/evil.example", "evil.example", "/\r/evil", "///evil.example", ""],
)  # fmt: skip
def test_a_login_leads_nowhere_else(stranger, target):
    answer = _login(stranger, password=password_of("agent1"), next=target)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/desk")
    assert stranger.post("/elder", data={"on": "1", "next": target}, headers=_csrf(stranger)).headers["Location"] == "/"


def _csrf(client):
    return {"X-CSRFToken": re.search(r'name="csrf-token" content="([^"]+)"', client.get("/kb").text)[1]}


def test_a_login_leads_back_to_the_page_with_its_filters(stranger):
    sent = stranger.get("/dispatch?tab=review&q=a%26b").headers["Location"]
    assert sent == "/login?next=/dispatch%3Ftab%3Dreview%26q%3Da%2526b"
    shown = stranger.get(sent).text
    assert 'name="next" value="/dispatch?tab=review&amp;q=a%26b"' in shown


def _session_posts(app):
    """Every rule that changes something."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) & {"POST", "PUT", "DELETE", "PATCH"}):
            path = rule.rule
            for name in rule.arguments:
                kind = "int" if f"<int:{name}>" in path else "text"
                path = path.replace(f"<int:{name}>", "1").replace(f"<{name}>", "1" if kind == "int" else "x")
            yield method, path


def test_no_other_page_can_act_with_a_session(fresh):
    client = fresh.test_client()
    assert _login(client, password=password_of("agent1")).status_code == 302
    doors = list(_session_posts(fresh))
    assert len(doors) > 15
    for method, path in doors:
        answer = client.open(path, method=method, json={}, headers={"Accept": "application/json"})
        assert (answer.status_code, answer.json["error"]["code"]) == (400, "bad_request"), path


ODD = [
    ("a letter that is none", "POST", "/api/v1/cases", {"content": "烧烤\x00摊", "title": "a\x00b", "anonymous": True}),
    ("half a pair", "POST", "/api/v1/cases", {"content": "烧烤\ud800摊", "title": "a\ud800b", "anonymous": True}),
    ("a key that is none", "POST", "/drafts/x", None),
    ("a cursor beyond all numbers", "GET", "/api/v1/cases?cursor=" + "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", None),
    ("a day before all days", "GET", "/api/v1/cases?due_before=0001-01-01", None),
    ("a search with NUL", "GET", "/api/v1/cases?q=%00%00a", None),
    ("a department with NUL", "GET", "/api/v1/cases?department=%00", None),
    ("a number with NUL", "GET", "/api/v1/cases/%00", None),
    ("a code with half a pair", "POST", "/api/v1/cases/1/actions", {"action": "urge", "query_code": "\ud800"}),
    ("an article with NUL", "GET", "/api/v1/kb/articles/%00", None),
    ("rates of no time", "GET", "/api/v1/rates?from=0001-01-01&to=9999-12-31", None),
    ("calls since ever", "GET", "/api/v1/calls?since=0001-01-01", None),
    ("a call-back beyond all numbers", "POST", "/api/v1/callbacks/99999999999999999999/done", {}),
]  # fmt: skip


@pytest.mark.parametrize(("why", "method", "path", "body"), ODD, ids=[row[0] for row in ODD])
def test_an_odd_value_is_refused_and_breaks_nothing(ask, fresh, why, method, path, body):
    data = None if body is None else json.dumps(body)
    answer = ask("agent1").open(path, method=method, data=data, content_type="application/json")
    assert answer.status_code < 500, (why, answer.get_data(as_text=True))


def test_json_nested_beyond_all_measure_is_refused(ask, fresh):
    for depth in (1_000, 200_000):
        data = "[" * depth + "]" * depth
        answer = ask("agent1").post("/api/v1/cases", data=data, content_type="application/json")
        assert (answer.status_code, answer.json["error"]["code"]) == (422, "not_json")


def test_a_body_that_is_too_large_says_so_and_leaves_the_counting_alone(stranger):
    answer = stranger.post("/api/v1/cases", data=b'{"content":"' + b"a" * (13 << 20), content_type="application/json")
    assert answer.status_code == 413
    assert not pace.limiter._storage_dead


def test_a_stranger_does_not_learn_which_numbers_there_are(stranger):
    case = new()
    there, nowhere = stranger.get(_path(case)), stranger.get("/api/v1/cases/20200101000001")
    assert (there.status_code, there.json) == (nowhere.status_code, nowhere.json)
    assert there.status_code == 401


# --- who sees whom --------------------------------------------------------------------------------------------------


def test_a_department_no_longer_sees_what_was_taken_back_from_it(ask, fresh):
    from staff_story import CLERK, DISPATCHER, do

    from hotline.words import Action

    case = signed()
    clerk = ask("csglj1")
    assert clerk.get(_path(case)).status_code == 200
    do(case, Action.RETURN, CLERK, reason="不属于我局职责")
    assert clerk.get(_path(case)).status_code == 200
    do(case, Action.ARBITRATE, DISPATCHER, verdict="reassign", department="gaj", reason="")
    assert clerk.get(_path(case)).status_code == 404
    assert clerk.get(_path(case, "/history")).status_code == 404
    assert clerk.get("/api/v1/cases").json["items"] == []
    assert ask("gaj1").get(_path(case)).status_code == 200


def test_one_who_stays_unknown_is_not_found_by_his_number(ask, fresh):
    phone = "13912345678"
    said = {
        "phone": phone,
        "name": "欧阳明远",
        "title": f"请回电{phone}",
        "content": "我是欧阳明远，电话 139-1234-5678，邻居违建",
    }
    hidden = forwarded(confidential=True, **said)
    plain = forwarded(phone=phone)
    anonymous = forwarded(anonymous=True, **said)
    clerk = ask("csglj1")
    found = [row["number"] for row in clerk.get(f"/api/v1/cases?q={phone}").json["items"]]
    assert found == [plain.number]
    assert clerk.get("/api/v1/cases?q=13912345").json["items"] == []
    assert clerk.get(f"/api/v1/cases?q={hidden.number}").json["items"][0]["number"] == hidden.number
    assert len(ask("supervisor1").get(f"/api/v1/cases?q={phone}").json["items"]) == 3
    assert ask("auditor1").get(f"/api/v1/cases?q={phone}").json["items"] == []
    for case in (hidden, anonymous):
        for user in ("csglj1", "csglj2"):
            shown = [ask(user).get(_path(case, tail)).get_data(as_text=True) for tail in ("", "/history")]
            for listed in ("/api/v1/cases", "/department/list"):
                rows = {row["number"]: row for row in ask(user).get(listed).json["items"]}
                shown.append(str(rows[case.number]))
            for text in (re.sub(r"[0-9a-f]{64}", "", said) for said in shown):  # a hash may hold any four digits
                assert all(word not in text for word in ("欧阳明远", "139-1234", "5678", case.query_code)), (user, text)
        shown = ask("auditor1").get(_path(case)).get_data(as_text=True)
        assert all(word not in shown for word in ("欧阳明远", "5678"))


def test_what_the_sockets_say_names_nobody(ask, fresh):
    from sqlalchemy import select

    from hotline import db
    from hotline.message_models import OutboxRow

    forwarded(phone="13912345678", name="欧阳明远", content="欧阳明远家门口", confidential=True)
    with db.session() as session:
        said = str([row.payload for row in session.scalars(select(OutboxRow))])
    assert "number" in said
    assert all(word not in said for word in ("欧阳明远", "13912345678", "门口"))


# --- sockets --------------------------------------------------------------------------------------------------------


@pytest.fixture
def line(city, monkeypatch):
    """line(namespace, auth): whether a stranger's socket is let in. The test client refuses a message queue."""
    from web import live
    from web.app import create_app

    monkeypatch.setattr(live.socketio, "RedisManager", lambda *_args, **_more: socketio.Manager())
    made = create_app()

    def connected(namespace, auth):
        return live.sockets.test_client(made, namespace=namespace, auth=auth).is_connected(namespace)

    return connected


@pytest.mark.parametrize("namespace", ["/desk", "/board"])
@pytest.mark.parametrize("auth", [None, {}, {"token": "nonsense"}, {"token": None}, {"token": {"a": 1}}, [1]])
def test_a_stranger_hears_nothing_of_the_house(line, caplog, namespace, auth):
    assert not line(namespace, auth)
    assert "unexpected" not in caplog.text


def test_a_socket_that_fails_lets_nobody_in_and_logs_no_values(line, caplog, monkeypatch):
    from web import access

    def broken(token):
        raise RuntimeError(f"password of {token}")

    monkeypatch.setattr(access, "of_token", broken)
    assert not line("/desk", {"token": "secret-token"})
    assert "unexpected RuntimeError in a socket" in caplog.text
    assert "secret-token" not in caplog.text


def test_a_page_that_fails_logs_no_values(ask, app, caplog, monkeypatch):
    from web.api import cases as doors

    phone = "139" + "12345678"  # a trace shows the line, so it must not stand there

    def broken(*_args, **_more):
        raise RuntimeError(phone)

    monkeypatch.setattr(doors.reading, "brief", broken)
    new()
    answer = ask("supervisor1").get("/api/v1/cases")
    assert (answer.status_code, answer.json["error"]["code"]) == (500, "internal")
    assert "unexpected RuntimeError in api.many" in caplog.text
    assert phone not in caplog.text + answer.get_data(as_text=True)


def test_the_wall_names_nobody_who_stays_unknown(ask, app):
    signed(confidential=True, name="欧阳明远", phone="13912345678", title="欧阳明远请回电 139 1234 5678")
    shown = ask("agent1").get("/board/burning").get_data(as_text=True)
    assert "某某请回电" in shown
    assert all(word not in shown for word in ("欧阳明远", "5678"))
