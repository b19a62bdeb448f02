"""Staff pages: board."""

from flask import Blueprint

board = Blueprint("board", __name__)
