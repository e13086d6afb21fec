"""Tells topics apart by sentence vectors with one hidden layer, learnt with parts switched off."""

from __future__ import annotations

from typing import Final

import numpy as np

_HIDDEN: Final = 512
_OFF_INPUT: Final = 0.3
_OFF_HIDDEN: Final = 0.6
_SMOOTHED: Final = 0.05  # of the wanted share goes to all topics alike: labels may be wrong
_RATE: Final = 2e-3
_DECAY: Final = 0.01
_ROUNDS: Final = 16
_FEWEST_STEPS: Final = 600
_BATCH: Final = 256


class NetworkScorer:
    """One hidden layer of rectified units; made by `fit`, or from its arrays."""

    def __init__(
        self, into: np.ndarray, into_base: np.ndarray, out: np.ndarray, out_base: np.ndarray
    ) -> None:
        self._weights = (into, into_base, out, out_base)

    @classmethod
    def fit(cls, vectors: np.ndarray, labels: np.ndarray, topics: int, seed: int) -> NetworkScorer:
        """Learn from one vector a message and the numbers of their topics (0 to `topics` - 1).

        Adam with a falling rate. Vectors must be centred.
        """
        chance = np.random.default_rng(seed)
        rows, size = vectors.shape
        batch = min(_BATCH, max(16, rows // 24))
        rounds = max(_ROUNDS, -(-_FEWEST_STEPS * batch // rows))
        weights = [
            (chance.standard_normal((size, _HIDDEN)) * (2 / size) ** 0.5).astype(np.float32),
            np.zeros(_HIDDEN, dtype=np.float32),
            np.zeros((_HIDDEN, topics), dtype=np.float32),
            np.zeros(topics, dtype=np.float32),
        ]
        means = [np.zeros_like(one) for one in weights]
        squares = [np.zeros_like(one) for one in weights]
        wanted = np.full((rows, topics), _SMOOTHED / topics, dtype=np.float32)
        wanted[np.arange(rows), labels] += 1 - _SMOOTHED
        steps = rounds * (rows // batch)
        step = 0
        for _ in range(rounds):
            order = chance.permutation(rows)
            for start in range(0, rows // batch * batch, batch):
                some = order[start : start + batch]
                step += 1
                slopes = _slopes(weights, vectors[some], wanted[some], chance)
                rate = _RATE * (1 - (step - 1) / steps)
                for one, slope, mean, square in zip(weights, slopes, means, squares, strict=True):
                    mean += 0.1 * (slope - mean)
                    square += 0.001 * (slope * slope - square)
                    pace = np.sqrt(square / (1 - 0.999**step))
                    pace += 1e-8
                    change = mean / (1 - 0.9**step)
                    change /= pace
                    if one.ndim == 2:
                        change += _DECAY * one
                    one -= np.float32(rate) * change
        return cls(*weights)

    def scores(self, vectors: np.ndarray) -> np.ndarray:
        """The logit of each topic, for one vector or for rows of them."""
        into, into_base, out, out_base = self._weights
        return np.maximum(vectors @ into + into_base, 0) @ out + out_base

    def arrays(self) -> dict[str, np.ndarray]:
        """All that `from_arrays` needs."""
        into, into_base, out, out_base = self._weights
        return {
            "into": into.astype(np.float16),
            "into_base": into_base,
            "out": out,
            "out_base": out_base,
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> NetworkScorer:
        """The scorer that gave these arrays (its first layer rounded to half precision)."""
        return cls(
            arrays["into"].astype(np.float32),
            arrays["into_base"],
            arrays["out"],
            arrays["out_base"],
        )


def _slopes(
    weights: list[np.ndarray], vectors: np.ndarray, wanted: np.ndarray, chance: np.random.Generator
) -> tuple[np.ndarray, ...]:
    """The slope of the mean unlikeliness of what is wanted, by each of the weights."""
    into, into_base, out, out_base = weights
    on = chance.random(vectors.shape, dtype=np.float32) >= _OFF_INPUT
    seen = vectors * on * np.float32(1 / (1 - _OFF_INPUT))
    hidden = np.maximum(seen @ into + into_base, 0)
    hidden *= chance.random(hidden.shape, dtype=np.float32) >= _OFF_HIDDEN
    hidden *= np.float32(1 / (1 - _OFF_HIDDEN))
    logits = hidden @ out + out_base
    logits -= logits.max(axis=1, keepdims=True)
    shares = np.exp(logits)
    shares /= shares.sum(axis=1, keepdims=True)
    wrong = (shares - wanted) / np.float32(len(vectors))
    back = (wrong @ out.T) * (hidden > 0) * np.float32(1 / (1 - _OFF_HIDDEN))
    return seen.T @ back, back.sum(axis=0), hidden.T @ wrong, wrong.sum(axis=0)
