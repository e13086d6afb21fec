"""What is counted of a fault."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Verdict:
    """What became of the messages. `wrong` counts demands of the one fault that were not met."""

    messages: int = 0
    lost: int = 0  # not stored, not answered, or the answer not handed to the provider
    doubled: int = 0  # stored, answered or handed over more than once
    wrong: int = 0
    unknown: int = 0
    fixed: int = 0  # answered by the fixed text, and in the queue
    why: list[str] = field(default_factory=list)  # a line for each thing that is not as it should

    @property
    def clean(self) -> bool:
        """Nothing was lost, doubled or wrong."""
        return not (self.lost or self.doubled or self.wrong)

    def demand(self, met: bool, sentence: str) -> None:
        """Count a demand of this fault that was not met."""
        if not met:
            self.wrong += 1
            self.why.append(sentence)
