"""Learns topics from examples and says of a message how likely each of them is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from bot.nlu.blend import blended, fit_weights, folds, log_shares
from bot.nlu.dense import DenseScorer
from bot.nlu.encoders import Views, encode_all, one_thread
from bot.nlu.lexical import LexicalScorer
from bot.nlu.network import NetworkScorer
from bot.nlu.spelling import Speller
from bot.nlu.trust import fit_sure, fit_trust, nearest_others, trust_in

_PARTS: Final = 5
_ENOUGH: Final = 3_000
"""Examples from which a hidden layer learns more than it learns by heart, and from which one
fifth of them is enough to weigh scorers by."""
_PENALTY: Final = 1.0
_LENGTH: Final = 4.0  # what each view's vectors are scaled to, on average
_SEED: Final = 0

Scorer = DenseScorer | NetworkScorer
_SCORERS: Final[dict[str, type[Scorer]]] = {"dense": DenseScorer, "network": NetworkScorer}


@dataclass(frozen=True)
class Verdict:
    """The share of each topic, how far to trust the likeliest, and whether words alone told it."""

    shares: np.ndarray
    trust: float
    by_words: bool


@dataclass(frozen=True)
class _Space:
    """Where messages lie: views side by side, centred and scaled alike."""

    centre: np.ndarray
    factor: np.ndarray

    @classmethod
    def of(cls, views: Sequence[np.ndarray]) -> _Space:
        centre = np.concatenate([view.mean(axis=0) for view in views])
        factors = []
        for view in views:
            length = float(np.linalg.norm(view - view.mean(axis=0), axis=1).mean())
            factors.append(np.full(view.shape[1], _LENGTH / max(length, 1e-9)))
        return cls(centre.astype(np.float32), np.concatenate(factors).astype(np.float32))

    def place(self, views: Sequence[np.ndarray]) -> np.ndarray:
        return (np.concatenate(views, axis=-1) - self.centre) * self.factor


@dataclass
class TopicModel:
    """Sentence encoders, letter groups and a speller, weighed against each other.

    `examples` are the trained messages' sentence vectors, sorted by topic; `starts` says where
    each topic's begin. `sure` is the share from which words alone decide (above 1: never).
    """

    topics: list[str]
    encoders: list[str]
    languages: list[str]
    speller: Speller
    lexical: LexicalScorer
    space: _Space
    scorers: dict[str, Scorer]
    weights: np.ndarray
    alone: float
    sure: float
    trust: np.ndarray
    examples: np.ndarray
    starts: np.ndarray
    asked: dict[str, int] = field(default_factory=lambda: {"by_words": 0, "by_encoders": 0})

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        labels: Sequence[str],
        *,
        encoders: Sequence[str],
        languages: Sequence[str],
    ) -> TopicModel:
        """Learn from texts and their topics, of which there are at least two."""
        topics = sorted(set(labels))
        number = {topic: at for at, topic in enumerate(topics)}
        order = np.argsort([number[label] for label in labels], kind="stable")
        texts = [texts[at] for at in order]
        wanted = np.array([number[labels[at]] for at in order])
        with one_thread():
            encoded = encode_all(encoders, texts)
            views = [view for of_one in encoded for view in of_one]
            space = _Space.of(views)
            placed = np.ascontiguousarray(space.place(views))

            def learn(rows: np.ndarray) -> tuple[LexicalScorer, dict[str, Scorer]]:
                count = len(topics)
                vectors, of_rows = placed[rows], wanted[rows]
                lexical = LexicalScorer.fit([texts[at] for at in rows], of_rows, count)
                if not views:
                    return lexical, {}
                if len(texts) >= _ENOUGH:
                    return lexical, {"network": NetworkScorer.fit(vectors, of_rows, count, _SEED)}
                return lexical, {
                    "dense": DenseScorer.fit(vectors, of_rows, count, penalty=_PENALTY)
                }

            parts = folds(wanted, _PARTS, _SEED)
            if len(texts) >= _ENOUGH:
                parts = parts[:1]
            everything = np.arange(len(texts))
            with ThreadPoolExecutor(2) as pool:
                (lexical, scorers), *tries = pool.map(
                    learn, [everything, *(np.setdiff1d(everything, part) for part in parts)]
                )
            tried = np.concatenate(parts)
            unseen = np.concatenate(
                [
                    [
                        [one.scores(texts[at]) for at in part],
                        *(scorer.scores(placed[part]) for scorer in others.values()),
                    ]
                    for part, (one, others) in zip(parts, tries, strict=True)
                ],
                axis=1,
            )
            weights = fit_weights(unseen, wanted[tried])
            alone = float(fit_weights(unseen[:1], wanted[tried])[0])
            starts = np.searchsorted(wanted, np.arange(len(topics)))
            examples = _sentences(encoded) if encoded else np.zeros((len(texts), 0))
            together = blended(unseen, weights)
            nearest = nearest_others(examples, starts, tried)
            return cls(
                topics=topics,
                encoders=list(encoders),
                languages=list(languages),
                speller=Speller.learnt(texts, languages),
                lexical=lexical,
                space=space,
                scorers=scorers,
                weights=weights,
                alone=alone,
                sure=fit_sure(log_shares(alone * unseen[0]), together, wanted[tried]),
                trust=fit_trust(together, nearest, wanted[tried]),
                examples=examples.astype(np.float32),
                starts=starts,
            )

    def verdict(self, text: str, careful: np.ndarray | None = None) -> Verdict:
        """What a message is about. One without a single known word is about nothing for sure.

        `careful` are the numbers of topics that words alone may not rule out.
        """
        mended = self.speller(text)
        words = self.lexical.scores(mended)
        if not self.speller.knows_any(mended):
            return Verdict(np.exp(log_shares(self.alone * words)), trust=0.0, by_words=True)
        quick = np.exp(log_shares(self.alone * words))
        best = int(quick.argmax())
        if quick[best] >= self.sure and (
            careful is None or best in careful or quick[careful].sum() < 0.01
        ):
            self.asked["by_words"] += 1
            return Verdict(quick, float(quick[best]), by_words=True)
        self.asked["by_encoders"] += 1
        encoded = encode_all(self.encoders, [mended])
        views = [view[0] for of_one in encoded for view in of_one]
        place = self.space.place(views)
        scores = [words, *(scorer.scores(place) for scorer in self.scorers.values())]
        logged = blended(scores, self.weights)
        best = int(logged.argmax())
        end = self.starts[best + 1] if best + 1 < len(self.starts) else len(self.examples)
        cosines = self.examples[self.starts[best] : end] @ _sentences(encoded)[0]
        trust = trust_in(logged[None, :], cosines.max(keepdims=True), self.trust)[0]
        return Verdict(np.exp(logged), float(trust), by_words=False)

    def save(self, folder: Path) -> None:
        """Write the model into a folder: arrays and JSON, no pickles."""
        parts = {"lexical": self.lexical.arrays()}
        parts |= {name: scorer.arrays() for name, scorer in self.scorers.items()}
        np.savez(
            folder / "topics.npz",
            centre=self.space.centre,
            factor=self.space.factor,
            weights=self.weights,
            trust=self.trust,
            examples=self.examples.astype(np.float16),
            starts=self.starts,
            **{f"{part}.{key}": array for part, of in parts.items() for key, array in of.items()},
        )
        told = {
            "topics": self.topics,
            "encoders": self.encoders,
            "languages": self.languages,
            "alone": self.alone,
            "sure": self.sure,
            "words": self.speller.trained,
        }
        (folder / "topics.json").write_text(json.dumps(told, ensure_ascii=False), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> TopicModel:
        """The model that was saved into a folder."""
        told = json.loads((folder / "topics.json").read_text("utf-8"))
        with np.load(folder / "topics.npz", allow_pickle=False) as opened:
            arrays = {key: opened[key] for key in opened.files}

        def part(name: str) -> dict[str, np.ndarray]:
            lead = name + "."
            return {key[len(lead) :]: one for key, one in arrays.items() if key.startswith(lead)}

        words = told.pop("words")
        return cls(
            **told,
            speller=Speller(words, told["languages"]),
            lexical=LexicalScorer.from_arrays(part("lexical")),
            space=_Space(arrays["centre"], arrays["factor"]),
            scorers={
                name: kind.from_arrays(part(name)) for name, kind in _SCORERS.items() if part(name)
            },
            weights=arrays["weights"],
            trust=arrays["trust"],
            examples=arrays["examples"].astype(np.float32),
            starts=arrays["starts"],
        )


def _sentences(encoded: Sequence[Views]) -> np.ndarray:
    """The sentence vectors of all encoders as one of length 1."""
    return np.concatenate([views[0] for views in encoded], axis=-1) / len(encoded) ** 0.5
