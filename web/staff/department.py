"""Staff pages: department."""

from flask import Blueprint

department = Blueprint("department", __name__)
