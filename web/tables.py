"""Every table of every room, gathered for migrations."""

import importlib

from hotline.db import Base

ROOMS = (
    "hotline.models",
    "hotline.message_models",
    "hotline.loop_models",
    "hotline.window_models",
    "hotline.city_models",
    "hotline.cases",
    "hotline.chat_models",
    "hotline.attachment_models",
    "hotline.looks",
    "hotline.rulebook.models",
    "dispatch.models",
    "dispatch.experience_models",
    "triage.models",
    "kb.models",
    "telephony.models",
)
for room in ROOMS:
    importlib.import_module(room)
METADATA = Base.metadata
