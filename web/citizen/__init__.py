"""The citizens' side: portal, submit, track, rate, public pages, the chat's doors, and drafts."""

from web.chat import chats, citizen_files
from web.citizen import call_me, portal, published, rating, tongue, track, windows
from web.citizen.door import citizen
from web.drafts import drafts

__all__ = [
    "call_me",
    "citizen",
    "portal",
    "published",
    "rating",
    "tongue",
    "track",
    "windows",
]  # importing them hangs their views on `citizen`
citizen.register_blueprint(chats)
citizen.register_blueprint(citizen_files)
citizen.register_blueprint(drafts)
