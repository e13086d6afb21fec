"""The pipeline component that names a message's topic."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import (
    ENTITIES,
    INTENT,
    INTENT_RANKING_KEY,
    METADATA,
    METADATA_INTENT,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from threadpoolctl import threadpool_limits

from bot.nlu.clauses import clauses
from bot.nlu.encoders import ENCODERS
from bot.nlu.spelling import WORD_LISTS
from bot.nlu.topic_model import TopicModel

Ranking = list[tuple[str, float]]
"""Topics with their confidence, the best first."""

_INTENTS_FILE = "intents.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TopicClassifier(IntentClassifier, GraphComponent):
    """Classifies by sentence encoders and letter groups, after mending the spelling.

    Settings: `encoders` and `spelling` (languages) by name; `ranking_length`; `remembered`, how
    many different messages are answered from memory; `together`, topics whose likelihoods add up:
    when their sum reaches `at_least`, the likeliest of them wins; `second_topic`, the least
    confidence of another topic in one clause of a message, which is then put on it as an entity
    of that name (absent: not looked for).

    Examples of an intent may be told apart further: those with `metadata: {topic: …}` are learnt
    as that topic. A message like them gets the intent, and the topic as the entity `topic`.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The settings and what they are when config.yml does not say."""
        return {
            "encoders": ["use_multilingual", "minilm"],
            "spelling": ["en", "es"],
            "ranking_length": 10,
            "remembered": 10_000,
            "together": {"topics": [], "at_least": 1.0},
            "second_topic": None,
        }

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Refuse settings that mean nothing. Raises InvalidConfigException."""
        for key, known in (("encoders", ENCODERS), ("spelling", WORD_LISTS)):
            wrong = set(config.get(key) or ()) - set(known)
            if wrong:
                raise InvalidConfigException(
                    f"{key}: {', '.join(sorted(wrong))} is not one of {', '.join(known)}."
                )
        together = config.get("together") or {}
        if set(together) - {"topics", "at_least"}:
            raise InvalidConfigException("together: has `topics` and `at_least`, nothing else.")
        for name, share in (
            ("together: at_least", together.get("at_least", 1.0)),
            ("second_topic", config.get("second_topic") or 1.0),
        ):
            if not isinstance(share, (int, float)) or not 0 < share <= 1:
                raise InvalidConfigException(f"{name} must be above 0 and at most 1.")

    def __init__(
        self,
        config: dict[str, Any],
        storage: ModelStorage,
        resource: Resource,
        model: TopicModel | None = None,
        intents: Mapping[str, str] | None = None,
    ) -> None:
        self._config = {**self.get_default_config(), **config}
        self._storage = storage
        self._resource = resource
        self._model = model
        self._intents = dict(intents or {})  # of topics that are not intents themselves
        self._remembered: OrderedDict[str, Ranking] = OrderedDict()
        self.asked = {"remembered": 0, "by_words": 0, "by_encoders": 0}
        self._together = np.array(
            [
                at
                for at, topic in enumerate(model.topics if model else ())
                if topic in self._config["together"]["topics"]
            ],
            dtype=int,
        )
        threadpool_limits(limits=1, user_api="blas")  # a message is too small for more

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003
    ) -> TopicClassifier:
        """A classifier that has learnt nothing yet."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003
        **kwargs: Any,  # noqa: ARG003
    ) -> TopicClassifier:
        """The classifier that was trained, warmed up."""
        try:
            with model_storage.read_from(resource) as folder:
                model = TopicModel.load(folder)
                intents = json.loads((folder / _INTENTS_FILE).read_text("utf-8"))
        except ValueError:  # nothing was stored: there were no examples
            return cls(config, model_storage, resource)
        for text in ("is there a statoin near the corner", "hay una estasion cerca"):
            model.verdict(text)
        return cls(config, model_storage, resource, model, intents)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the examples and store what was learnt."""
        examples = [one for one in training_data.intent_examples if one.get(TEXT)]
        labels = [_topic_of(one) for one in examples]
        intents = {
            topic: one.get(INTENT)
            for topic, one in zip(labels, examples, strict=True)
            if topic != one.get(INTENT)
        }
        if len(set(labels)) > 1:
            model = TopicModel.fit(
                [one.get(TEXT) for one in examples],
                labels,
                encoders=self._config["encoders"],
                languages=self._config["spelling"],
            )
            with self._storage.write_to(self._resource) as folder:
                model.save(folder)
                (folder / _INTENTS_FILE).write_text(json.dumps(intents), "utf-8")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Put the likeliest topic, the ranking and a second topic on each message."""
        for message in messages:
            text = message.get(TEXT) or ""
            topics = self.ranking(text)
            best = topics[0] if topics else (None, 0.0)
            ranking = self._of_intents(topics)[: self._config["ranking_length"]]
            first = ranking[0] if ranking else {"name": None, "confidence": 0.0}
            message.set(INTENT, first, add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
            found = self._second_topic(text, first["name"])
            if best[0] in self._intents:
                found = [_entity("topic", best, 0, len(text)), *found]
            if found:
                entities = [*(message.get(ENTITIES) or []), *found]
                message.set(ENTITIES, entities, add_to_output=True)
        return messages

    def _of_intents(self, topics: Ranking) -> list[dict[str, Any]]:
        """The ranking as Rasa knows it: each intent once, with its likeliest topic's confidence."""
        best: dict[str, float] = {}
        for topic, confidence in topics:
            best.setdefault(self._intents.get(topic, topic), confidence)
        return [{"name": intent, "confidence": sure} for intent, sure in best.items()]

    def ranking(self, text: str) -> Ranking:
        """All topics by confidence; nothing for a message without words, or before training."""
        key = re.sub(r"\s+", " ", text).strip().lower()
        if self._model is None or not key or key.startswith("/"):
            return []
        known = self._remembered.get(key)
        if known is not None:
            self._remembered.move_to_end(key)
            self.asked["remembered"] += 1
            return known
        made = self._judge(text, self._model)
        if self._config["remembered"]:
            self._remembered[key] = made
            if len(self._remembered) > self._config["remembered"]:
                self._remembered.popitem(last=False)
        return made

    def _judge(self, text: str, model: TopicModel) -> Ranking:
        verdict = model.verdict(text, careful=self._together)
        self.asked["by_words" if verdict.by_words else "by_encoders"] += 1
        shares = verdict.shares
        order = shares.argsort()[::-1]
        confidences = np.minimum(1.0, shares * (verdict.trust / shares[order[0]]))
        total = float(shares[self._together].sum())
        if total >= self._config["together"]["at_least"]:
            winner = self._together[shares[self._together].argmax()]
            order = np.array([winner, *(at for at in order if at != winner)])
            confidences[winner] = max(total, float(confidences.max()))
        return [(model.topics[at], float(confidences[at])) for at in order]

    def _second_topic(self, text: str, first: str | None) -> list[dict[str, Any]]:
        least = self._config["second_topic"]
        parts = clauses(text) if least else []
        for start, end in parts:
            for topic, confidence in self.ranking(text[start:end])[:1]:
                intent = self._intents.get(topic, topic)
                if intent != first and confidence >= least:
                    return [_entity("second_topic", (intent, confidence), start, end)]
        return []


def _topic_of(example: Message) -> str:
    told = (example.get(METADATA) or {}).get(METADATA_INTENT) or {}
    return str(told.get("topic") or example.get(INTENT))


def _entity(name: str, found: tuple[str, float], start: int, end: int) -> dict[str, Any]:
    return {
        "entity": name,
        "start": start,
        "end": end,
        "value": found[0],
        "confidence_entity": found[1],
        "extractor": "TopicClassifier",
    }
