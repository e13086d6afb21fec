"""Says how far a verdict can be trusted, by what went right and wrong on messages not learnt."""

from __future__ import annotations

from typing import Final

import numpy as np

from bot.nlu.blend import log_shares

_MAY_LOSE: Final = 0.002  # of messages: what words alone may get wrong more than all together
_STRANGERS: Final = 0.02  # of messages on unknown topics: how many words alone may claim to know


def nearest_others(examples: np.ndarray, starts: np.ndarray, of: np.ndarray) -> np.ndarray:
    """For each of some examples and each topic the cosine of the nearest other example of it."""
    near = np.empty((len(of), len(starts)), dtype=np.float32)
    for at in range(0, len(of), 512):
        some = of[at : at + 512]
        cosines = examples[some] @ examples.T
        cosines[np.arange(len(some)), some] = -1
        near[at : at + 512] = np.maximum.reduceat(cosines, starts, axis=1)
    return near


def trust_in(logged: np.ndarray, near: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The likelihood, by row of log shares, that the likeliest topic is right.

    `near` is the cosine of the nearest example of that topic.
    """
    return _sigmoid(_features(logged, near) @ weights)


def fit_trust(logged: np.ndarray, nearest: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The weights that tell right verdicts from wrong ones.

    Each message is seen twice: as it is, and as if its topic were unknown. The second stands for
    all that no topic is about.
    """
    rows = np.arange(len(labels))
    best = logged.argmax(axis=1)
    strange = _without_own(logged, labels)
    other = strange.argmax(axis=1)
    features = np.vstack(
        [_features(logged, nearest[rows, best]), _features(strange, nearest[rows, other])]
    )
    right = np.concatenate([best == labels, np.zeros(len(labels))])
    weights = np.zeros(features.shape[1])
    for _ in range(50):  # Newton's steps of a logistic regression
        share = _sigmoid(features @ weights)
        slope = features.T @ (right - share) - 1e-3 * weights
        curve = (features * (share * (1 - share))[:, None]).T @ features
        step = np.linalg.solve(curve + 1e-3 * np.eye(len(weights)), slope)
        weights += step
        if np.abs(step).max() < 1e-6:
            break
    return weights


def fit_sure(by_words: np.ndarray, together: np.ndarray, labels: np.ndarray) -> float:
    """The share from which words alone decide as well as all scorers together; 2 when none is.

    Takes both's log shares. Words that sound sure of a topic that is not the message's, when its
    own is unknown, do not count as sure.
    """
    share = np.exp(by_words.max(axis=1))
    lost = (together.argmax(axis=1) == labels) & (by_words.argmax(axis=1) != labels)
    strange = np.exp(_without_own(by_words, labels).max(axis=1))
    for least in np.linspace(0.5, 0.995, 100):
        if (
            lost[share >= least].sum() <= _MAY_LOSE * len(labels)
            and (strange >= least).mean() <= _STRANGERS
        ):
            return float(least)
    return 2.0


def _without_own(logged: np.ndarray, labels: np.ndarray) -> np.ndarray:
    others = logged.copy()
    others[np.arange(len(labels)), labels] = -1e9
    return log_shares(others)


def _features(logged: np.ndarray, near: np.ndarray) -> np.ndarray:
    best = logged.max(axis=1)
    return np.stack([best, np.exp(best), near, np.ones(len(near))], axis=1)


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(values, -50, 50)))
