"""The pages on which the rules are changed: versions, drafts, previews, a second person's word."""

import datetime as dt
import io
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from hotline import clock, db, profiles
from hotline.errors import BadInput, Missing
from hotline.policy import Policy
from hotline.rulebook import drafts, versions
from hotline.rulebook.drafts import Change
from hotline.rulebook.models import RuleDraft
from hotline.timing import timing
from hotline.words import DraftState, Role, Rule
from hotline.workcalendar import year_of
from web import access
from web.staff import rule_diff, rule_forms, rule_reading, rule_years

rulebook = Blueprint("rulebook", __name__, url_prefix="/admin/rules")
READERS = (Role.ADMIN, Role.SUPERVISOR, Role.AUDITOR)
LARGEST = 200_000


@rulebook.get("")
def overview() -> str:
    """What is in force, what waits for whom, what runs."""
    actor = access.staff(*READERS)
    with db.session() as session:
        told = rule_reading.overview(session, clock.now())
    following = clock.local(clock.now()).year + 1
    return render_template("staff/rules.html", writes=actor.role in drafts.WRITERS, following=following, **told)


# --- writing -----------------------------------------------------------------------------------------------------


@rulebook.get("/policy/<name>/edit")
def edit_policy(name: str) -> str:
    """The form: of what is in force, of an open draft (`?draft=`), or of an older version (`?from=`)."""
    access.staff(*drafts.WRITERS)
    text, about = _begin(Rule.POLICY, name)
    table = profiles.parsed(text, name)
    return _policy_form(name, rule_forms.shown(table, Policy.of(table, timing().calendar)), about)


@rulebook.post("/policy/<name>/edit")
def write_policy(name: str) -> AnyResponse | tuple[str, int]:
    """Keep the form as a draft and go on to its preview; what cannot be taken comes back as it was typed."""
    actor = access.staff(*drafts.WRITERS)
    text, about = _begin(Rule.POLICY, name)
    table = profiles.parsed(text, name)
    said = rule_forms.typed(request.form, rule_forms.shown(table, Policy.of(table, timing().calendar)))
    try:
        content = profiles.written(rule_forms.table_of(said))
        return _kept(drafts.write(_change(Rule.POLICY, name, content), actor, *_draft_asked()))
    except BadInput as refused:
        return _policy_form(name, said, about | _asked(), refused), refused.status


def _policy_form(name: str, said: dict[str, Any], about: dict[str, Any], refused: BadInput | None = None) -> str:
    more = {"name": name, "said": said, "about": about, "refused": refused, "choices": rule_forms.choices()}
    return render_template("staff/rules_policy.html", **more)


@rulebook.get("/calendar/<int:year>/edit")
def edit_year(year: int) -> str:
    """Twelve months in a picture: every day a button."""
    access.staff(*drafts.WRITERS)
    text, about = _begin(Rule.CALENDAR, str(rule_years.check_year(year)))
    return _year_form(year, text, about)


@rulebook.post("/calendar/<int:year>/edit")
def write_year(year: int) -> AnyResponse | tuple[str, int]:
    """Keep the picture as a draft and go on to its preview."""
    actor = access.staff(*drafts.WRITERS)
    text, about = _begin(Rule.CALENDAR, str(rule_years.check_year(year)))
    title, source = (request.form.get(key, "").strip()[:200] for key in ("title", "source"))
    try:
        text = rule_years.text_of(year, title, source, rule_years.posted_days(request.form.get("days", "")))
        return _kept(drafts.write(_change(Rule.CALENDAR, str(year), text), actor, *_draft_asked()))
    except BadInput as refused:
        return _year_form(year, text, about | _asked(), refused), refused.status


def _year_form(year: int, text: str, about: dict[str, Any], refused: BadInput | None = None) -> str:
    notice = year_of(text, f"{year}年日历")
    named = rule_years.days_of(notice, text)
    before = rule_years.outside(year, named)
    return render_template(
        "staff/rules_year.html",
        year=year,
        notice=notice,
        months=rule_years.picture(year, named, timing().calendar.weekdays),
        outside=[[one.day.isoformat(), one.sort, one.name] for one in before],
        festivals=rule_years.FESTIVALS,
        about=about,
        refused=refused,
    )


@rulebook.post("/import")
def import_() -> AnyResponse:
    """A year's table (TOML, or rows of day, sort, festival) or a whole profile (TOML), as a draft."""
    actor = access.staff(*drafts.WRITERS)
    what = Rule.CALENDAR if request.form.get("what") == Rule.CALENDAR else Rule.POLICY
    name, text = request.form.get("name", "").strip(), _imported_text()
    if what is Rule.CALENDAR:
        if not name.isdecimal():
            raise BadInput("bad_rule", "请填年份，例如 2027。", {"name": "请填年份"})
        text = rule_years.imported(text, rule_years.check_year(int(name)))
    return _kept(drafts.write(_change(what, name, text), actor))


def _imported_text() -> str:
    file = request.files.get("file")
    raw = file.read(LARGEST + 1) if file else b""
    text = raw.decode("utf-8-sig", errors="replace") if raw else request.form.get("table", "")
    if not text.strip() or len(text) > LARGEST:
        raise BadInput("bad_rule", "请选择文件或粘贴内容（不超过200 kB）。", {"table": "没有内容或太长"})
    return text


def _begin(what: Rule, name: str) -> tuple[str, dict[str, Any]]:
    """The text a form starts from, and what is said of it. Raises Missing."""
    now = clock.now()
    with db.session() as session:
        if request.args.get("draft"):
            draft = _draft(session, request.args.get("draft", ""))
            told = {"reason": draft.reason, "valid_from": _local(draft.valid_from)}
            return draft.content, told | {"draft": draft.id, "version": draft.version, "from": ""}
        about = {"reason": "", "valid_from": "", "draft": "", "version": "", "from": request.args.get("from", "")}
        if about["from"]:
            number = int(about["from"]) if about["from"].isdecimal() else 0
            return versions.one(session, what, name, number).content, about
        try:
            return versions.content(session, what, name, now), about
        except Missing:
            if what is Rule.CALENDAR:
                return rule_years.blank(int(name)), about
            raise


def _local(at: dt.datetime | None) -> str:
    return f"{clock.local(at):%Y-%m-%dT%H:%M}" if at else ""


def _asked() -> dict[str, Any]:
    return {name: request.form.get(name, "") for name in ("reason", "valid_from")}


def _change(what: Rule, name: str, content: str) -> Change:
    """Raises BadInput where the hour is none."""
    said = request.form.get("valid_from", "").strip()
    try:
        begins = dt.datetime.fromisoformat(said).replace(tzinfo=clock.SHANGHAI) if said else None
    except ValueError:
        raise BadInput("bad_rule", "生效时间要像 2026-12-01T00:00。", {"valid_from": "时间不对"}) from None
    return Change(what, name, content, request.form.get("reason", ""), begins)


def _draft_asked() -> tuple[int | None, int | None]:
    """The draft this form goes on with and the version it was opened in."""
    draft, version = request.args.get("draft", ""), request.form.get("version", "")
    return int(draft) if draft.isdecimal() else None, int(version) if version.isdecimal() else None


def _kept(draft: RuleDraft) -> AnyResponse:
    return redirect(url_for("rulebook.draft", draft_id=draft.id), code=303)


# --- deciding ----------------------------------------------------------------------------------------------------


def _draft(session: Any, said: str | int) -> RuleDraft:
    found: RuleDraft | None = session.get(RuleDraft, int(said)) if str(said).isdecimal() else None
    if found is None:
        raise Missing("no_such_draft", "没有这份草稿。")
    return found


@rulebook.get("/drafts/<int:draft_id>")
def draft(draft_id: int) -> str:
    """What the draft changes and what that does to the open cases; the buttons of whoever reads."""
    actor = access.staff(*READERS)
    with db.session() as session:
        row = _draft(session, draft_id)
        told = rule_reading.draft_page(session, row, clock.now())
        judging = (
            rule_reading.job_told(rule_reading.last_judging(session)) if row.state == DraftState.APPROVED else None
        )
    writes, decides = actor.role in drafts.WRITERS, actor.role in drafts.DECIDERS and actor.name != row.by
    return render_template("staff/rules_draft.html", writes=writes, decides=decides, judging=judging, **told)


@rulebook.get("/drafts/<int:draft_id>/progress")
def progress(draft_id: int) -> Response:
    """`{preview, judging}`: how far the work over the open cases is."""
    access.staff(*READERS)
    with db.session() as session:
        preview = rule_reading.job_told(drafts.preview_of(session, draft_id))
        judging = rule_reading.job_told(rule_reading.last_judging(session))
    return jsonify({"preview": preview, "judging": judging})


STEPS = ("propose", "withdraw", "approve", "refuse", "again")


@rulebook.post("/drafts/<int:draft_id>/<step>")
def move(draft_id: int, step: str) -> AnyResponse:
    """One step of a draft: propose, withdraw, approve, refuse (with a reason), again (a new preview)."""
    actor = access.staff(*READERS)
    if step not in STEPS:
        raise Missing("unknown_step", "没有这个操作。")
    said = request.form.get("version", "")
    version, words = int(said) if said.isdecimal() else -1, request.form.get("decision", "")
    if step == "again":
        drafts.again(draft_id, actor)
    elif step == "approve":
        drafts.approve(draft_id, version, actor, words)
    elif step == "refuse":
        drafts.refuse(draft_id, version, actor, words)
    else:
        {"propose": drafts.propose, "withdraw": drafts.withdraw}[step](draft_id, version, actor)
    return redirect(url_for("rulebook.draft", draft_id=draft_id), code=303)


# --- versions ----------------------------------------------------------------------------------------------------


@rulebook.get("/<what>/<name>")
def listed(what: str, name: str) -> str:
    """Every version of a profile or a year, and what one says otherwise than another (`?before=&after=`)."""
    actor = access.staff(*READERS)
    with db.session() as session:
        rows = versions.of(session, what, name)
        if not rows:
            raise Missing("no_such_version", "没有这个方案或年份。")
        number = versions.in_force(session, clock.now()).get((what, name), 0)
    pair = _pair([row.number for row in rows])
    texts = {row.number: row.content for row in rows}
    found = rule_diff.differences(what, name, texts[pair[0]], texts[pair[1]]) if pair else []
    told = [rule_reading.version_told(row) for row in rows]
    about = {"what": what, "name": name, "called": rule_reading.called(what, name), "number": number}
    writes = actor.role in drafts.WRITERS
    return render_template("staff/rules_versions.html", versions=told, pair=pair, found=found, writes=writes, **about)


def _pair(numbers: list[int]) -> tuple[int, int] | None:
    """The two versions asked for; the newest and the one before it where none is. None where there is only one."""
    asked = [request.args.get(end, "") for end in ("before", "after")]
    chosen = [int(one) for one in asked if one.isdecimal() and int(one) in numbers]
    if len(chosen) == 2:  # noqa: PLR2004 - a pair
        return chosen[0], chosen[1]
    return (numbers[1], numbers[0]) if len(numbers) > 1 else None


@rulebook.get("/<what>/<name>/<int:number>.toml")
def download(what: str, name: str, number: int) -> Response:
    """A version as its file."""
    access.staff(*READERS)
    with db.session() as session:
        text = versions.one(session, what, name, number).content
    called = f"{what}-{name}-{number}.toml"
    return send_file(io.BytesIO(text.encode()), "application/toml", as_attachment=True, download_name=called)
