"""The HTTP interface: every view parses, asks access, calls one function, and renders."""

from flask import Blueprint

api = Blueprint("api", __name__, url_prefix="/api/v1")
