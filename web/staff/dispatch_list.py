"""The dispatch page: what has no department yet, and what the centre decides or reviews."""

from flask import Blueprint

dispatch_list = Blueprint("dispatch_list", __name__)
