"""The pages of those who work here."""

from flask import Blueprint

from web.staff import outgoing  # noqa: F401 - hangs its views on `department`
from web.staff.board import board
from web.staff.calls_page import calls_page
from web.staff.department import department
from web.staff.desk import desk
from web.staff.dispatch_list import dispatch_list
from web.staff.frame import frame
from web.staff.looks_page import looks_page
from web.staff.models_page import models_page
from web.staff.pages import pages
from web.staff.papers import papers
from web.staff.reports_page import reports_page
from web.staff.revisit import revisit
from web.staff.rulebook import rulebook
from web.staff.special import SPECIAL
from web.staff.topics_page import topics_page

STAFF: tuple[Blueprint, ...] = (
    desk,
    dispatch_list,
    department,
    revisit,
    board,
    calls_page,
    pages,
    papers,
    reports_page,
    *SPECIAL,
    topics_page,
    models_page,
    rulebook,
    looks_page,
)
desk.app_context_processor(frame)
