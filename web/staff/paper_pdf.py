"""A numbered document as PDF: red head of the issuing office, title, text, addressee, date (GB/T 9704 in the main)."""

import io
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import HRFlowable, Paragraph, SimpleDocTemplate, Spacer

from web.staff.office import office

FONT = "STSong-Light"  # every PDF reader has or replaces it; nothing to ship
RED = HexColor("#c00000")


@lru_cache
def _styles() -> dict[str, ParagraphStyle]:
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    body = ParagraphStyle("body", fontName=FONT, fontSize=16, leading=30, wordWrap="CJK", firstLineIndent=32)
    return {
        "head": ParagraphStyle(
            "head", body, fontSize=26, leading=40, alignment=TA_CENTER, textColor=RED, firstLineIndent=0
        ),
        "number": ParagraphStyle("number", body, alignment=TA_CENTER, firstLineIndent=0),
        "title": ParagraphStyle("title", body, fontSize=22, leading=40, alignment=TA_CENTER, firstLineIndent=0),
        "body": body,
        "end": ParagraphStyle("end", body, alignment=TA_RIGHT, firstLineIndent=0),
        "foot": ParagraphStyle("foot", body, fontSize=12, leading=20, firstLineIndent=0),
    }


def made(paper: dict[str, Any]) -> bytes:
    """The document of `papers._one` as bytes of a PDF."""
    out = io.BytesIO()
    style = _styles()
    page = SimpleDocTemplate(
        out, pagesize=A4, topMargin=37 * mm, bottomMargin=35 * mm, leftMargin=28 * mm, rightMargin=26 * mm
    )
    page.title, page.author = f"{paper['title']} {paper['number']}", office()
    reached = "、".join(paper["people"]) or paper["department_name"]
    page.build(
        [
            Paragraph(escape(office()), style["head"]),
            Paragraph(escape(paper["number"]), style["number"]),
            HRFlowable(width="100%", thickness=1.6, color=RED, spaceBefore=4, spaceAfter=18),
            Paragraph(escape(paper["title"]), style["title"]),
            Spacer(1, 10),
            Paragraph(escape(paper["text"]), style["body"]),
            Spacer(1, 40),
            Paragraph(escape(office()), style["end"]),
            Paragraph(escape(paper["day"]), style["end"]),
            Spacer(1, 30),
            HRFlowable(width="100%", thickness=0.6),
            Paragraph(escape(f"送达：{reached}"), style["foot"]),
        ]
    )
    return out.getvalue()
