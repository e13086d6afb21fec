"""What happened on the provider's side, append-only, for the page and the tests to follow."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

Kind = Literal["from_resident", "to_resident", "carrier", "state", "webhook", "fault", "fetched"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `person` is the phone number or the PSID it concerns."""

    id: int
    provider: str  # twilio | graph | media
    kind: Kind
    person: str
    data: dict[str, Any]
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def as_json(self) -> dict[str, Any]:
        """The entry as plain JSON values."""
        return {**asdict(self), "at": self.at.isoformat()}


class Journal:
    """Entries with rising ids, and a way to wait for the next one. Lives in one event loop."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._next_id = 1
        self._changed = asyncio.Event()

    def add(self, provider: str, kind: Kind, person: str, **data: Any) -> Entry:
        """Append an entry and wake all who wait."""
        entry = Entry(self._next_id, provider, kind, person, data)
        self._next_id += 1
        self.entries.append(entry)
        self._changed.set()
        self._changed = asyncio.Event()
        return entry

    def after(self, last: int) -> list[Entry]:
        """All entries with an id above `last`, oldest first."""
        return [entry for entry in self.entries if entry.id > last]

    async def wait(self, last: int, seconds: float) -> list[Entry]:
        """Entries above `last`, waiting at most `seconds` for one; may be empty."""
        changed = self._changed
        if not (found := self.after(last)):
            try:
                await asyncio.wait_for(changed.wait(), seconds)
            except TimeoutError:
                return []
            found = self.after(last)
        return found

    def clear(self) -> None:
        """Forget the entries; ids keep rising, so that a reader's cursor stays good."""
        self.entries.clear()
