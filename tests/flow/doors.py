"""Who may pass which door: every rule of the application with every method it has. A new endpoint is listed here, or
the test of the doors fails.

`nobody` is a stranger, `own` a citizen with number and query code of the case that is asked for, `other` one with those
of another case; csglj's clerk and head have the case, gaj1 is the clerk of a department that has nothing to do with it.
"""

NOBODY, OWN, OTHER, STRANGE = "nobody", "own", "other", "gaj1"
USERS = ("agent1", "dispatcher1", "reviewer1", "revisitor1", "supervisor1", "auditor1", "keeper1", "admin1", "csglj1", "csglj2", STRANGE)  # fmt: skip  # noqa: E501
EVERYBODY = frozenset({NOBODY, OWN, OTHER, *USERS})


def _of(*names):
    return frozenset(names)


STAFF = frozenset(USERS)
CENTRE = _of("agent1", "dispatcher1", "reviewer1", "revisitor1", "supervisor1", "auditor1")
HOUSES = _of("csglj1", "csglj2", STRANGE)
SEES_CASE = CENTRE | {"csglj1", "csglj2"}
WITH_CODE = SEES_CASE | {OWN}
SPEAKERS = _of("agent1", "revisitor1", "supervisor1")
DESK = _of("agent1", "supervisor1")
WATCH = _of("supervisor1", "auditor1")
BOSS = _of("supervisor1")
DISPATCH = _of("dispatcher1", "reviewer1", "supervisor1")
REPORTS = _of("supervisor1", "auditor1", "csglj2")
RULES = _of("supervisor1", "auditor1", "admin1")
RULE_READERS = CENTRE | HOUSES | {"admin1"}
WINDOWS = _of("supervisor1", "admin1")
ADMIN = _of("admin1")
PAPERS = CENTRE | HOUSES

DOORS = {
    # citizens
    "GET /": EVERYBODY,
    "GET /submit": EVERYBODY,
    "GET /chat": EVERYBODY,
    "POST /chat/files": EVERYBODY,  # by the key of the chat
    "GET /chat/files/<id_>": EVERYBODY,
    "GET /track": EVERYBODY,
    "POST /track": EVERYBODY,  # by number and query code
    "GET /call-me": EVERYBODY,
    "POST /call-me": EVERYBODY,
    "GET /public": EVERYBODY,
    "GET /rate/<token>": EVERYBODY,  # by the signed token
    "POST /rate/<token>": EVERYBODY,
    "GET /public/reviews-<month>.csv": EVERYBODY,
    "GET /w/<code>": EVERYBODY,  # the page behind a window's QR code
    "POST /w/<code>": EVERYBODY,
    "GET /kiosk/<code>": EVERYBODY,
    "POST /kiosk/<code>": EVERYBODY,
    "POST /elder": EVERYBODY,
    "POST /language": EVERYBODY,
    "GET /drafts/<form>": EVERYBODY,  # his own, by cookie
    "PUT /drafts/<form>": EVERYBODY,
    "DELETE /drafts/<form>": EVERYBODY,
    # the house itself
    "GET /login": EVERYBODY,
    "POST /login": EVERYBODY,
    "POST /logout": EVERYBODY,
    "GET /healthz": EVERYBODY,
    "GET /readyz": EVERYBODY,
    "GET /metrics": EVERYBODY,
    "GET /static/<path:filename>": EVERYBODY,
    "GET /api/v1/openapi.json": EVERYBODY,
    "GET /api/v1/lifecycle": EVERYBODY,
    "GET /api/v1/categories": EVERYBODY,
    "GET /api/v1/areas": EVERYBODY,
    "GET /api/v1/kb/search": EVERYBODY,
    "GET /api/v1/kb/articles/<code>": EVERYBODY,
    # cases
    "POST /api/v1/cases": EVERYBODY,
    "GET /api/v1/cases": CENTRE | HOUSES,  # each house its own: see the tests of what is listed
    "GET /api/v1/cases/<number>": WITH_CODE,
    "GET /api/v1/cases/<number>/history": WITH_CODE,
    "POST /api/v1/cases/<number>/actions": WITH_CODE,
    "POST /api/v1/actions": CENTRE | HOUSES,  # each step by what its actor may do
    "GET /api/v1/cases/<number>/attachments": WITH_CODE,
    "POST /api/v1/cases/<number>/attachments": WITH_CODE,
    "GET /api/v1/cases/<number>/attachments/<id_>": WITH_CODE,
    "POST /api/v1/cases/<number>/attachments/<id_>/release": _of("agent1", "dispatcher1", "reviewer1", "supervisor1"),
    "POST /api/v1/cases/<number>/consent": WITH_CODE,
    "POST /api/v1/cases/<number>/person": SEES_CASE,
    "POST /api/v1/cases/<number>/reply-check": SEES_CASE,
    "GET /api/v1/rules": RULE_READERS,
    "GET /api/v1/rules/<what>/<name>": RULE_READERS,
    "GET /api/v1/looks": WATCH,
    "POST /api/v1/triage": STAFF,
    "GET /api/v1/departments": STAFF,
    "GET /api/v1/rates": CENTRE | HOUSES,
    "GET /api/v1/papers": PAPERS,
    # calls
    "GET /api/v1/calls": CENTRE,
    "POST /api/v1/calls": SPEAKERS,
    "GET /api/v1/calls/targets": SPEAKERS,
    "GET /api/v1/calls/<call>/talk": SPEAKERS,
    "POST /api/v1/calls/<call>/control": SPEAKERS,
    "POST /api/v1/calls/<call>/mark": SPEAKERS,
    "GET /api/v1/callbacks": CENTRE,
    "POST /api/v1/callbacks/<int:callback>/done": CENTRE - {"auditor1"},
    "GET /api/v1/seats": _of("supervisor1", "admin1"),
    "POST /api/v1/seats/<user>": _of("supervisor1", "admin1"),
    "GET /api/v1/acts": WATCH | {"agent1"},
    "PUT /api/v1/calls/<call>/tags": SPEAKERS,
    "GET /api/v1/checks": WATCH | {"revisitor1"},
    "POST /api/v1/checks/<int:number>": _of("supervisor1", "revisitor1"),
    "GET /api/v1/notes": WATCH,
    "POST /api/v1/notes": BOSS,
    "DELETE /api/v1/notes/<int:number>": BOSS,
    "GET /api/v1/marks": WATCH,
    "POST /api/v1/marks/<int:number>": BOSS,
    "GET /calls": WATCH,
    "GET /calls/seats": WATCH,
    "GET /calls/quality": WATCH | {"agent1"},
    "POST /calls/quality/<call>": BOSS,
    "GET /calls/<call>/recording": CENTRE - {"reviewer1"},
    # desks
    "GET /desk": DESK,
    "GET /desk/seat": DESK,
    "POST /desk/seat": DESK,
    "GET /desk/day": DESK,
    "GET /desk/notes": DESK,
    "POST /desk/notes/<int:note>/read": DESK,
    "GET /desk/call/<call>": DESK,
    "POST /desk/citizen": DESK,
    "GET /desk/topics": DESK,
    "GET /desk/chats": DESK,
    "GET /desk/chats/<int:chat_id>": DESK,
    "GET /desk/chats/<int:chat_id>/files/<id_>": DESK,
    "POST /desk/chats/<int:chat_id>/take": DESK,
    "POST /desk/chats/<int:chat_id>/say": DESK,
    "POST /desk/chats/<int:chat_id>/to_case": DESK,
    "POST /desk/chats/<int:chat_id>/release": DESK,
    "POST /desk/chats/<int:chat_id>/close": DESK,
    "GET /dispatch": DISPATCH,
    "GET /dispatch/list": DISPATCH,
    "GET /dispatch/sent-back": _of("reviewer1", "supervisor1"),
    "GET /dispatch/cases/<number>": DISPATCH,
    "GET /dispatch/departments": DISPATCH | {"agent1"},
    "GET /department": HOUSES,
    "GET /department/list": HOUSES,
    "GET /department/hours": HOUSES,
    "GET /department/outgoing": _of("csglj2"),
    "GET /department/around/<number>": SEES_CASE,
    "GET /revisit": _of("revisitor1", "supervisor1"),
    "GET /revisit/list": _of("revisitor1", "supervisor1"),
    "GET /notices": STAFF,
    "POST /notices/read": STAFF,
    # boards, papers, knowledge, system
    "GET /board": CENTRE,
    "GET /board/wall": CENTRE,
    "GET /board/now": CENTRE,
    "GET /board/promise": CENTRE,
    "GET /board/burning": CENTRE,
    "GET /board/loop": CENTRE,
    "GET /board/door/<code>": CENTRE,
    "GET /board/alarms": CENTRE,
    "POST /board/alarms/<int:number>/take": _of("dispatcher1", "supervisor1"),
    "GET /papers": PAPERS,
    "GET /papers/<int:number>": PAPERS,
    "GET /papers/<int:number>.pdf": PAPERS,
    "GET /reports": REPORTS,
    "GET /reports/<month>.<kind>": REPORTS,
    "GET /api/v1/reports/<month>": REPORTS,
    "GET /special": STAFF,  # leads to the reader's own first page
    "GET /special/reviews": CENTRE - {"agent1", "dispatcher1"},
    "GET /special/reviews.csv": CENTRE - {"agent1", "dispatcher1"},
    "GET /special/officers": _of("reviewer1", "revisitor1", "supervisor1", "auditor1") | HOUSES,
    "POST /special/officers/people": BOSS,
    "POST /special/officers": _of("supervisor1", "reviewer1", "revisitor1"),
    "POST /special/officers/<int:number>/<step>": _of("supervisor1", "reviewer1"),  # sum_up
    "GET /special/items": _of("keeper1", "supervisor1") | HOUSES,
    "POST /special/items": HOUSES,
    "POST /special/items/<int:number>/<step>": _of("keeper1", "supervisor1"),  # publish
    "GET /special/windows": WINDOWS,
    "POST /special/windows": WINDOWS,
    "POST /special/windows/<code>/close": WINDOWS,
    "GET /special/windows/<code>.png": WINDOWS,
    "GET /special/windows/<code>/sheet": WINDOWS,
    "GET /special/appeals": CENTRE - {"agent1", "dispatcher1"},
    "POST /special/appeals/<number>/<step>": _of("reviewer1", "supervisor1"),
    "GET /special/stuck": CENTRE - {"reviewer1", "revisitor1"},
    "POST /special/stuck": _of("agent1", "dispatcher1", "supervisor1"),
    "POST /special/stuck/<number>": _of("agent1", "dispatcher1", "supervisor1"),
    "GET /topics": WATCH | {"dispatcher1"},
    "POST /topics": BOSS,
    "GET /looks": WATCH,
    "GET /models": WATCH | {"admin1"},
    "POST /models/<name>/on": BOSS,
    "GET /kb": STAFF,
    "GET /kb/articles": _of("keeper1", "supervisor1"),
    "PUT /kb/articles": _of("keeper1"),
    "GET /kb/articles/<code>": _of("keeper1", "supervisor1"),
    "POST /kb/articles/<code>/<step>": _of("keeper1", "supervisor1"),
    "GET /admin": _of("supervisor1", "admin1"),
    "GET /admin/rules": RULES,
    "GET /admin/rules/<what>/<name>": RULES,
    "GET /admin/rules/<what>/<name>/<int:number>.toml": RULES,
    "GET /admin/rules/policy/<name>/edit": ADMIN,
    "POST /admin/rules/policy/<name>/edit": ADMIN,
    "GET /admin/rules/calendar/<int:year>/edit": ADMIN,
    "POST /admin/rules/calendar/<int:year>/edit": ADMIN,
    "POST /admin/rules/import": ADMIN,
    "GET /admin/rules/drafts/<int:draft_id>": RULES,
    "GET /admin/rules/drafts/<int:draft_id>/progress": RULES,
    "POST /admin/rules/drafts/<int:draft_id>/<step>": RULES,
    "POST /admin/users/<name>/phone": _of("admin1"),
}

STEPS = {"/special/officers/<int:number>/<step>": "sum_up", "/special/items/<int:number>/<step>": "publish"}
