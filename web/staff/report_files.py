"""The monthly report as files: a workbook to reckon with, a paper to print."""

import io
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

import xlsxwriter
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from hotline.rates import Rate
from web.staff import reports
from web.staff.office import office
from web.staff.paper_pdf import FONT
from web.staff.reports import HOW, NAMES, RATES, Report

PLAIN = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
EDGE = 14 * mm
RULE, SHADE = HexColor("#888888"), HexColor("#eef2f6")
Line = list[str | int | float | None]


def _note(report: Report) -> str:
    return (
        f"统计期 {report.month.label}，截至 {report.at[:16].replace('T', ' ')}。每个率都写着分子和分母；"
        f"分母不足 {report.least} 件的不参与排名，并列的名次相同，没有可计算的排在最后。"
    )


# --- the workbook --------------------------------------------------------------------------------------------------


def _head() -> Line:
    named = [part for code in RATES for part in (f"{NAMES[code]}分子", f"{NAMES[code]}分母", NAMES[code])]
    return ["部门代码", "部门", *(label for _, label in reports.WORK), *named]


def _line(report: Report, code: str) -> Line:
    figures = report.figures[code]
    counted = [count for _, count in reports.work(figures)]
    rated = [part for rate in (figures[c] for c in RATES) for part in (rate.numerator, rate.denominator, rate.value)]
    return [code, reports.name(code), *counted, *rated]


def _places(report: Report) -> list[Line]:
    return [
        [NAMES[code], row.place, reports.name(row.department), *_counted(row.rate), str(row.why or "")]
        for code in RATES
        for row in report.ranking(code)
    ]


def _counted(rate: Rate) -> Line:
    return [rate.numerator, rate.denominator, rate.value]


def workbook(report: Report) -> bytes:
    """XLSX: the figures, the places, and how each is reckoned. Text is written as text, never as a formula."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, PLAIN) as book:
        book.set_properties({"title": f"{report.month.label}承办单位月报", "author": office()})
        _sheet(book, "月报", _head(), [_line(report, code) for code in report.shown()])
        _sheet(book, "排名", ["指标", "名次", "部门", "分子", "分母", "率", "说明"], _places(report))
        how: list[Line] = [[NAMES[code], HOW[code], reports.better(code)] for code in RATES]
        _sheet(book, "说明", ["指标", "算法", "方向"], [*how, ["说明", _note(report), ""]])
    return out.getvalue()


def _sheet(book: Any, title: str, head: Line, lines: list[Line]) -> None:
    sheet, bold, share = book.add_worksheet(title), book.add_format({"bold": True}), book.add_format()
    share.set_num_format("0.0%")
    for row, line in enumerate([head, *lines]):
        for column, value in enumerate(line):
            if value is not None:
                form = bold if row == 0 else share if isinstance(value, float) else None
                sheet.write(row, column, value, form)
    sheet.freeze_panes(1, 0)
    sheet.autofit()


# --- the paper -----------------------------------------------------------------------------------------------------


@lru_cache
def _styles() -> dict[str, ParagraphStyle]:
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    cell = ParagraphStyle("cell", fontName=FONT, fontSize=9, leading=12, wordWrap="CJK")
    return {
        "cell": cell,
        "title": ParagraphStyle("title", cell, fontSize=18, leading=28, alignment=1),
        "head": ParagraphStyle("head", cell, fontSize=12, leading=20, spaceBefore=8),
    }


def _shown(rate: Rate) -> str:
    return f"{reports.percent(rate)}({rate.numerator}/{rate.denominator})"


def _table(lines: list[list[str]], widths: list[float]) -> Table:
    style = _styles()["cell"]
    cells = [[Paragraph(escape(text), style) for text in line] for line in lines]
    made = Table(cells, colWidths=[width * mm for width in widths], repeatRows=1)
    made.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.4, RULE), ("BACKGROUND", (0, 0), (-1, 0), SHADE)]))
    return made


def _figures(report: Report) -> Table:
    head = ["部门", *(label for _, label in reports.WORK), *(NAMES[code] for code in RATES)]
    lines = [
        [
            reports.name(code),
            *(str(count) for _, count in reports.work(report.figures[code])),
            *(_shown(report.figures[code][c]) for c in RATES),
        ]
        for code in report.shown()
    ]
    return _table([head, *lines], [54, 18, 18, 18, *[32.0] * len(RATES)])


def _order(report: Report, code: str) -> Table:
    among = report.placed(code)
    lines = [
        [reports.of_place(row, among), reports.name(row.department), _shown(row.rate)] for row in report.ranking(code)
    ]
    return _table([["名次", "部门", NAMES[code]], *lines], [60, 80, 50])


def paper(report: Report) -> bytes:
    """PDF, A4 across: the figures, then the places by each rate."""
    out, style = io.BytesIO(), _styles()
    page = SimpleDocTemplate(
        out, pagesize=landscape(A4), leftMargin=EDGE, rightMargin=EDGE, topMargin=EDGE, bottomMargin=EDGE
    )
    whose = reports.name(report.department) if report.department else "承办单位"
    page.title, page.author = f"{report.month.label}{whose}月报", office()
    story: list[Any] = [Paragraph(escape(page.title), style["title"]), Paragraph(escape(_note(report)), style["cell"])]
    story += [Spacer(1, 6), _figures(report)]
    for code in RATES:
        told = f"{NAMES[code]}排名（{reports.better(code)}）：{HOW[code]}"
        story += [Paragraph(escape(told), style["head"]), _order(report, code)]
    page.build(story)
    return out.getvalue()
