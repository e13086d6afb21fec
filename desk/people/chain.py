"""Chains audit entries by hashes, so that a change to any of them is found."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, Literal, Self

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from desk.database.models import AuditEntry, AuditMark
from desk.settings import settings

GENESIS: Final = "0" * 64
"""What the first entry takes for the hash before it."""

_AT_ONCE: Final = 1000
Name = Literal["begin", "end"]


@dataclass(frozen=True, slots=True)
class Key:
    """What seals are made with. Whoever lacks the secret cannot make one; `id` tells keys apart."""

    id: str
    _bytes: bytes = field(repr=False)

    @classmethod
    def of(cls, secret: str) -> Self:
        """The key that belongs to a FRONTDESK_SECRET_KEY."""
        derived = hmac.digest(secret.encode(), b"frontdesk audit chain 1", "sha256")
        return cls(hashlib.sha256(derived).hexdigest()[:8], derived)

    def seal(self, words: str) -> str:
        """The seal of a hash or a mark."""
        return hmac.new(self._bytes, words.encode(), "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place where the chain does not hold, and why. `entry_id` is None for its marks."""

    entry_id: int | None
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look at the whole chain found.

    `first`, `last` and `end` (the last hash) are of what was read up to there; `foreign` counts
    entries whose hashes are right but whose seal was made with a key that is not known here.
    """

    rows: int
    first: int | None
    last: int | None
    end: str
    foreign: int
    broken: Broken | None

    @property
    def ok(self) -> bool:
        """Whether everything is as it was written, by who has the key."""
        return self.broken is None and self.foreign == 0


def digest(previous: str, entry: AuditEntry) -> str:
    """The hash of an entry that follows one with the hash `previous`."""
    content = [
        previous,
        entry.id,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.staff_id,
        entry.action,
        entry.subject,
        entry.data,
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def present_key() -> Key:
    """The key of this front desk's secret."""
    return _key(settings().secret_key.get_secret_value())


def known_keys() -> tuple[Key, ...]:
    """The present key first, then those of secrets that were used before."""
    before = settings().secret_keys_before.get_secret_value()
    return (present_key(), *(_key(one) for one in before.split()))


def append(session: Session, entries: list[AuditEntry]) -> None:
    """Write entries behind the end of the chain; only for desk.database.at_commit, in its lock."""
    key = present_key()
    end = _mark(session, "end")
    number, last = (end.entry_id, end.hash) if end else (0, GENESIS)
    for entry in entries:
        number += 1
        entry.id = number
        last = entry.hash = digest(last, entry)
        entry.seal, entry.key_id = key.seal(last), key.id
    session.add_all(entries)
    _move(session, "end", number, last, key, entries[-1].at)
    session.flush()


def verify(session: Session, keys: Collection[Key], *, includes: str | None = None) -> Verdict:
    """Follow the chain from its beginning to its end and say where it first breaks.

    `includes` is a hash that was the end once: it must still be there, or have been removed by
    retention. That finds what nothing inside the database can: an end that was cut off together
    with its mark.
    """
    by_id = {key.id: key for key in keys}
    reading = _Reading(by_id)
    begin, end = _mark(session, "begin"), _mark(session, "end")
    try:
        reading.begin(begin)
        seen = includes is None or includes == reading.last_hash
        for entry in entries(session):
            reading.follow(entry)
            seen = seen or entry.hash == includes
        reading.finish(end)
        if not seen:
            raise _Wrong(None, "a hash that was its end once is no longer in it")
    except _Wrong as wrong:
        return reading.verdict(Broken(wrong.entry_id, wrong.why))
    return reading.verdict(None)


def entries(session: Session) -> Iterator[AuditEntry]:
    """All entries, oldest first, read in parts; each is let go when the next part is read."""
    after = 0
    while True:
        part = session.scalars(
            select(AuditEntry)
            .where(AuditEntry.id > after)
            .order_by(AuditEntry.id)
            .limit(_AT_ONCE)
            .execution_options(populate_existing=True)
        ).all()
        if not part:
            return
        after = part[-1].id
        for entry in part:
            yield entry
            session.expunge(entry)


def as_lines(found: Iterable[AuditEntry]) -> Iterator[dict[str, Any]]:
    """Entries as plain values, for a file: everything that the hashes are made of, and they."""
    for entry in found:
        yield {
            "id": entry.id,
            "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "staff_id": entry.staff_id,
            "action": entry.action,
            "subject": entry.subject,
            "data": entry.data,
            "hash": entry.hash,
            "seal": entry.seal,
            "key_id": entry.key_id,
        }


def forget_until(session: Session, entry_id: int, now: datetime) -> int:
    """Remove the entries up to this one, by the only way there is; how many.

    The beginning of the chain moves first, sealed: the triggers let only entries go that lie
    before it, and `verify` starts there. Raises LookupError when there is no such entry.
    """
    last = session.scalars(select(AuditEntry).where(AuditEntry.id == entry_id)).one_or_none()
    if last is None:
        raise LookupError(entry_id)
    _move(session, "begin", last.id, last.hash, present_key(), now)
    session.flush()
    gone = session.execute(
        delete(AuditEntry).where(AuditEntry.id <= entry_id).returning(AuditEntry.id)
    ).all()
    return len(gone)


class _Wrong(Exception):
    def __init__(self, entry_id: int | None, why: str) -> None:
        super().__init__(why)
        self.entry_id = entry_id
        self.why = why


class _Reading:
    """How far the chain was followed, and what was seen."""

    def __init__(self, keys: dict[str, Key]) -> None:
        self._keys = keys
        self.last_hash = GENESIS
        self._last_id: int | None = None
        self._first_id: int | None = None
        self._rows = 0
        self._foreign = 0

    def begin(self, mark: AuditMark | None) -> None:
        if mark is not None:
            self._sealed(mark.key_id, mark.seal, _words(mark), None, "the mark of its beginning")
            self.last_hash, self._last_id = mark.hash, mark.entry_id

    def follow(self, entry: AuditEntry) -> None:
        if entry.hash != digest(self.last_hash, entry):
            raise _Wrong(entry.id, "it was changed, or what stood before it was")
        self._sealed(entry.key_id, entry.seal, entry.hash, entry.id, "it")
        self._first_id = self._first_id or entry.id
        self._last_id, self.last_hash = entry.id, entry.hash
        self._rows += 1

    def finish(self, mark: AuditMark | None) -> None:
        if mark is None:
            if self._last_id is not None:
                raise _Wrong(None, "the mark of its end is gone")
            return
        self._sealed(mark.key_id, mark.seal, _words(mark), None, "the mark of its end")
        if (mark.entry_id, mark.hash) != (self._last_id or 0, self.last_hash):
            raise _Wrong(None, f"its end is gone: there was an entry {mark.entry_id}")

    def verdict(self, broken: Broken | None) -> Verdict:
        return Verdict(
            self._rows,
            self._first_id,
            self._last_id if self._rows else None,
            self.last_hash,
            self._foreign,
            broken,
        )

    def _sealed(self, key_id: str, seal: str, words: str, entry_id: int | None, what: str) -> None:
        key = self._keys.get(key_id)
        if key is None:
            self._foreign += 1
        elif not hmac.compare_digest(seal, key.seal(words)):
            raise _Wrong(entry_id, f"{what} was not sealed with our key")


@cache
def _key(secret: str) -> Key:
    return Key.of(secret)


def _words(mark: AuditMark) -> str:
    return f"{mark.name} {mark.entry_id} {mark.hash}"


def _mark(session: Session, name: Name) -> AuditMark | None:
    return session.get(AuditMark, name, populate_existing=True)


def _move(session: Session, name: Name, entry_id: int, hash_: str, key: Key, now: datetime) -> None:
    mark = _mark(session, name)
    if mark is None:
        mark = AuditMark(name=name)
        session.add(mark)
    mark.entry_id, mark.hash, mark.at = entry_id, hash_, now
    mark.key_id, mark.seal = key.id, key.seal(_words(mark))
