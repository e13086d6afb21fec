"""Weighs scorers against each other by what each got right on messages it had not learnt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize


def log_shares(scores: np.ndarray) -> np.ndarray:
    """Scores as logarithms of shares that add up to 1 in each row."""
    shifted = scores - scores.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def blended(scores: Sequence[np.ndarray], weights: Sequence[float]) -> np.ndarray:
    """Log shares of the weighted sum of several scorers' scores."""
    return log_shares(sum(w * one for w, one in zip(weights, scores, strict=True)))


def fit_weights(scores: Sequence[np.ndarray], labels: np.ndarray) -> np.ndarray:
    """The weights, none negative, that make the labels likeliest.

    They also set the temperature: scores weighted so are as sure as they are right. `scores` must
    be of messages that their scorer had not learnt.
    """
    stacked = np.array(scores, dtype=np.float64)
    rows = np.arange(len(labels))

    def loss(logs: np.ndarray) -> tuple[float, np.ndarray]:
        weights = np.exp(logs)
        logged = log_shares(np.tensordot(weights, stacked, 1))
        shares = np.exp(logged)
        slope = [((shares * one).sum(axis=1) - one[rows, labels]).mean() for one in stacked]
        return -logged[rows, labels].mean(), np.array(slope) * weights

    start = np.zeros(len(stacked))
    bounds = [(-7.0, 4.0)] * len(stacked)
    return np.exp(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x)


def folds(labels: np.ndarray, count: int, seed: int) -> list[np.ndarray]:
    """Splits messages into `count` parts, each topic spread evenly; the parts' positions."""
    order = np.random.default_rng(seed).permutation(len(labels))
    by_topic = order[np.argsort(labels[order], kind="stable")]
    return [np.sort(by_topic[part::count]) for part in range(count)]
