"""Tells topics apart by words and letter groups, weighted by how telling they are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

from bot.nlu.folding import fold

_TOKEN = re.compile(r"\w+|[?!¿]")
_LONGEST_GROUP = 5


def grams(text: str) -> Iterator[str]:
    """Words, pairs of words, and groups of two to five letters inside a word and its borders."""
    words = _TOKEN.findall(fold(text).replace("'", ""))
    yield from words
    for pair in pairwise(words):
        yield " ".join(pair)
    for word in words:
        bordered = f"<{word}>"
        for size in range(2, _LONGEST_GROUP + 1):
            for start in range(len(bordered) - size + 1):
                yield "#" + bordered[start : start + size]


class LexicalScorer:
    """A linear support vector machine over weighted grams; made by `fit`, or from its arrays."""

    def __init__(
        self, vocabulary: Sequence[str], rarity: np.ndarray, slopes: np.ndarray, base: np.ndarray
    ) -> None:
        self._index = {gram: at for at, gram in enumerate(vocabulary)}
        self._rarity = rarity
        self._slopes = slopes  # one row a gram
        self._base = base

    @classmethod
    def fit(cls, texts: Sequence[str], labels: np.ndarray, topics: int) -> LexicalScorer:
        """Learn from texts and the numbers of their topics (0 to `topics` - 1)."""
        counted = [Counter(grams(text)) for text in texts]
        seen_in = Counter(gram for one in counted for gram in one)
        vocabulary = sorted(gram for gram, times in seen_in.items() if times > 1)
        rarity = np.log(
            (1 + len(texts)) / (1 + np.array([seen_in[gram] for gram in vocabulary]))
        ).astype(np.float32)
        rarity += 1
        blank = cls(vocabulary, rarity, np.zeros((0, 0)), np.zeros(0))
        rows = [blank._weights(one) for one in counted]
        matrix = csr_matrix(
            (
                np.concatenate([weights for _, weights in rows]),
                np.concatenate([at for at, _ in rows]),
                np.cumsum([0, *(len(at) for at, _ in rows)]),
            ),
            shape=(len(rows), len(vocabulary)),
        )
        slopes = np.zeros((len(vocabulary), topics), dtype=np.float32)
        base = np.full(topics, -1, dtype=np.float32)  # what a machine says of what it never saw
        present = np.unique(labels)
        if len(present) > 1:
            machine = LinearSVC(random_state=0).fit(matrix, labels)
            learnt, lead = machine.coef_, machine.intercept_
            if len(present) == 2:  # one row says how much it is the second
                learnt, lead = np.vstack([-learnt, learnt]), np.hstack([-lead, lead])
            slopes[:, present], base[present] = learnt.T, lead
        return cls(vocabulary, rarity, slopes, base)

    def _weights(self, counted: Counter[str]) -> tuple[np.ndarray, np.ndarray]:
        index = self._index
        known = [(index[gram], times) for gram, times in counted.items() if gram in index]
        if not known:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        at, times = np.array(known, dtype=np.int64).T
        weights = (1 + np.log(times)).astype(np.float32) * self._rarity[at]
        return at, weights / np.linalg.norm(weights)

    def scores(self, text: str) -> np.ndarray:
        """How far the text lies on each topic's side."""
        at, weights = self._weights(Counter(grams(text)))
        return weights @ self._slopes[at] + self._base

    def arrays(self) -> dict[str, np.ndarray]:
        """All that `from_arrays` needs."""
        return {
            "vocabulary": np.array("\n".join(self._index)),
            "rarity": self._rarity,
            "slopes": self._slopes.astype(np.float16),
            "base": self._base,
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> LexicalScorer:
        """The scorer that gave these arrays (its slopes rounded to half precision)."""
        return cls(
            str(arrays["vocabulary"]).split("\n"),
            arrays["rarity"],
            arrays["slopes"].astype(np.float32),
            arrays["base"],
        )
