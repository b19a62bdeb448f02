"""The tables of the city: areas, departments, categories, and who works here."""

import datetime as dt

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from hotline.db import Base
from hotline.privacy import Sealed


class Area(Base):
    __tablename__ = "areas"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    government: Mapped[str]
    aliases: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)


class Department(Base):
    """`system_url` set: cases go there by webhook and count as delivered when its receipt is here."""

    __tablename__ = "departments"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    short: Mapped[str]
    kind: Mapped[str]
    area: Mapped[str] = mapped_column(default="")
    parent: Mapped[str] = mapped_column(default="")
    contact: Mapped[str] = mapped_column(Sealed, default="")
    contact_phone: Mapped[str] = mapped_column(Sealed, default="")
    head: Mapped[str] = mapped_column(Sealed, default="")
    head_phone: Mapped[str] = mapped_column(Sealed, default="")
    aliases: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    mail: Mapped[str] = mapped_column(Sealed, default="", server_default="")
    system_url: Mapped[str] = mapped_column(default="", server_default="")
    dissolved: Mapped[bool] = mapped_column(default=False, server_default="false")


class Category(Base):
    __tablename__ = "categories"

    code: Mapped[str] = mapped_column(primary_key=True)
    first: Mapped[str]
    second: Mapped[str]
    keywords: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    hint: Mapped[str] = mapped_column(default="")


class User(Base):
    """A person who logs in. `phone_uri` is the SIP address of his desk phone."""

    __tablename__ = "users"

    name: Mapped[str] = mapped_column(primary_key=True)
    shown: Mapped[str]
    role: Mapped[str]
    department: Mapped[str] = mapped_column(default="", index=True)
    phone_uri: Mapped[str] = mapped_column(default="")
    password: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True, server_default="true")


class Token(Base):
    """A bearer token of a user, kept as a digest."""

    __tablename__ = "tokens"

    digest: Mapped[str] = mapped_column(primary_key=True)
    user: Mapped[str]
    created_at: Mapped[dt.datetime]
