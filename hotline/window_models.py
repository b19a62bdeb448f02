"""Windows of the service halls, and what was said at them about a service that is no case of the hotline."""

import datetime as dt

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from hotline.db import Base
from hotline.privacy import Sealed


class Window(Base):
    """A window with a code of its own in a QR code or at a kiosk; `item` is what is done there."""

    __tablename__ = "windows"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    department: Mapped[str]
    item: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True, server_default="true")
    made_by: Mapped[str]
    made_at: Mapped[dt.datetime]


class WindowReview(Base):
    """A review of what was done at a window. `nonce` is the form's own: sent twice it is one review."""

    __tablename__ = "window_reviews"
    __table_args__ = (Index("ix_window_reviews_at", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    nonce: Mapped[str] = mapped_column(unique=True)
    window: Mapped[str] = mapped_column(ForeignKey("windows.code"))
    department: Mapped[str]
    item: Mapped[str]
    level: Mapped[int]
    channel: Mapped[str]
    anonymous: Mapped[bool]
    words: Mapped[str] = mapped_column(Sealed, default="")
    phone: Mapped[str] = mapped_column(Sealed, default="")
    at: Mapped[dt.datetime]
    case_number: Mapped[str] = mapped_column(default="", server_default="")
