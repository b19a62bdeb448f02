"""The agent's desk: the page, his seat, his call."""

from flask import Blueprint

desk = Blueprint("desk", __name__)
