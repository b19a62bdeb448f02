"""The monthly report on screen and as files: supervisors and auditors see all, the head of a department its own."""

from flask import Blueprint, Response, jsonify, render_template, request

from hotline import clock, db
from hotline.errors import BadInput
from hotline.words import Role
from web import access, months
from web.staff import report_files, reports
from web.staff.reports import Report

reports_page = Blueprint("reports", __name__)
READERS = (Role.SUPERVISOR, Role.AUDITOR, Role.HEAD)
OFFERED_MONTHS = 24
FILES = {
    "xlsx": (report_files.workbook, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "pdf": (report_files.paper, "application/pdf"),
}


def _report(written: str) -> Report:
    """The month asked for, as this reader may see it."""
    actor = access.staff(*READERS)
    month = months.read(written, clock.now())
    with db.session() as session:
        return reports.made(session, month, actor.department)


def _by() -> str:
    code = request.args.get("by", reports.RATES[0])
    if code not in reports.RATES:
        raise BadInput("unknown_rate", "不能按这一项排名。", {"by": "没有这一项"})
    return code


@reports_page.get("/reports")
def page() -> str:
    """Figures of a month (the last whole one unless asked), and the places by one rate."""
    now = clock.now()
    access.staff(*READERS)
    report = _report(request.args.get("month") or str(months.present(now).before()))
    offered = months.recent(now, OFFERED_MONTHS)
    return render_template("staff/reports.html", report=report, by=_by(), months=offered, r=reports)


@reports_page.get("/reports/<month>.<kind>")
def as_file(month: str, kind: str) -> Response:
    """The same as a workbook or a PDF."""
    report = _report(month)
    if kind not in FILES:
        raise BadInput("unknown_kind", "只能下载 xlsx 或 pdf。", {"kind": "没有这种文件"})
    make, mimetype = FILES[kind]
    named = f'attachment; filename="report-{report.month}.{kind}"'
    return Response(make(report), mimetype=mimetype, headers={"Content-Disposition": named})


@reports_page.get("/api/v1/reports/<month>")
def as_json(month: str) -> Response:
    """The same for programs."""
    return jsonify(reports.told(_report(month)))
