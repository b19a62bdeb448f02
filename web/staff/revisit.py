"""Staff pages: revisit."""

from flask import Blueprint

revisit = Blueprint("revisit", __name__)
