"""Alive, ready, and the figures for Prometheus."""
from flask import Blueprint

health = Blueprint("health", __name__)
