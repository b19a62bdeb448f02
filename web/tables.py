"""Every table of every room, gathered for migrations."""

import importlib

from hotline.db import Base

ROOMS = ("hotline.models", "hotline.loop_models", "hotline.window_models", "hotline.city_models", "hotline.cases", "dispatch.models", "triage.models", "kb.models", "telephony.models", "hotline.chat_models", "hotline.rulebook.models")  # fmt: skip  # noqa: E501
for room in ROOMS:
    importlib.import_module(room)
METADATA = Base.metadata
