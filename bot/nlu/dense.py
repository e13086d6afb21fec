"""Tells topics apart by sentence vectors."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

_STEPS = 40


class DenseScorer:
    """Softmax regression; made by `fit`, or from its arrays."""

    def __init__(self, slopes: np.ndarray, base: np.ndarray) -> None:
        self._slopes = slopes
        self._base = base

    @classmethod
    def fit(
        cls, vectors: np.ndarray, labels: np.ndarray, topics: int, *, penalty: float
    ) -> DenseScorer:
        """Learn from one vector a message and the numbers of their topics (0 to `topics` - 1).

        `penalty` is weighed against the sum over messages of the unlikeliness of their topics.
        """
        rows, size = vectors.shape
        centre = vectors.mean(axis=0)
        centred = np.ascontiguousarray(vectors - centre, dtype=np.float32)
        wanted = np.zeros((rows, topics), dtype=np.float32)
        wanted[np.arange(rows), labels] = 1

        def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
            weights = flat.reshape(size + 1, topics).astype(np.float32)
            logits = centred @ weights[:-1] + weights[-1]
            logits -= logits.max(axis=1, keepdims=True)
            shares = np.exp(logits)
            total = shares.sum(axis=1, keepdims=True)
            shares /= total
            unlikeliness = float((np.log(total[:, 0]) - (logits * wanted).sum(axis=1)).sum())
            wrong = shares - wanted
            slope = np.vstack([centred.T @ wrong + penalty * weights[:-1], wrong.sum(axis=0)])
            value = unlikeliness + 0.5 * penalty * float((weights[:-1] ** 2).sum())
            return value / rows, slope.ravel().astype(np.float64) / rows

        best = minimize(
            loss,
            np.zeros((size + 1) * topics),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": _STEPS, "maxcor": 10},
        ).x.reshape(size + 1, topics)
        slopes = best[:-1].astype(np.float32)
        return cls(slopes, (best[-1] - centre @ best[:-1]).astype(np.float32))

    def scores(self, vectors: np.ndarray) -> np.ndarray:
        """The logit of each topic, for one vector or for rows of them."""
        return vectors @ self._slopes + self._base

    def arrays(self) -> dict[str, np.ndarray]:
        """All that `from_arrays` needs."""
        return {"slopes": self._slopes, "base": self._base}

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> DenseScorer:
        """The scorer that gave these arrays."""
        return cls(arrays["slopes"], arrays["base"])
