"""Web chats: a citizen, a bot that says it is one, an agent, and every message kept."""

import datetime as dt

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hotline.db import Base
from hotline.privacy import Sealed


class Chat(Base):
    """States: bot, waiting (for an agent), agent, closed. `key` is the digest of the citizen's chat key."""

    __tablename__ = "chats"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(index=True)
    agent: Mapped[str] = mapped_column(default="", server_default="")
    name: Mapped[str] = mapped_column(Sealed, default="")
    phone: Mapped[str] = mapped_column(Sealed, default="")
    case_number: Mapped[str] = mapped_column(default="", server_default="")
    created_at: Mapped[dt.datetime]
    waiting_since: Mapped[dt.datetime | None]
    answered_at: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]


class ChatMessage(Base):
    """One message; `client_id` makes a resend harmless. `file` is the attachment it brings."""

    __tablename__ = "chat_messages"
    __table_args__ = (UniqueConstraint("chat_id", "client_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    chat_id: Mapped[int] = mapped_column(ForeignKey("chats.id"), index=True)
    at: Mapped[dt.datetime]
    by: Mapped[str]
    client_id: Mapped[str]
    text: Mapped[str] = mapped_column(Sealed)
    file: Mapped[str] = mapped_column(default="", server_default="")
