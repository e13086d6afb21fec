"""Links that open the website's chat at one topic, once: for what no text message should hold."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from desk.database.models import OneTimeLink

LASTS: Final = timedelta(hours=24)


def make(session: Session, topic: str, now: datetime) -> str:
    """The token of a new link, 128 random bits; only its hash is stored."""
    token = secrets.token_urlsafe(16)
    session.add(OneTimeLink(token_hash=_hash(token), topic=topic, created_at=now))
    session.flush()
    return token


def opens(session: Session, token: str, now: datetime) -> str | None:
    """The topic that a link still opens; None when it was used, is too old, or was never made."""
    return session.scalars(select(OneTimeLink.topic).where(*_still_open(token, now))).first()


def use(session: Session, token: str, now: datetime) -> str | None:
    """The topic that a link opens, and from now on no more; None as with `opens`."""
    return session.scalars(
        update(OneTimeLink)
        .where(*_still_open(token, now))
        .values(used_at=now)
        .returning(OneTimeLink.topic)
    ).first()


def _still_open(token: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        OneTimeLink.token_hash == _hash(token),
        OneTimeLink.used_at.is_(None),
        OneTimeLink.created_at > now - LASTS,
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
