"""Tells from its bytes whether a file is a photo, and draws the small copy that is shown."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Final, Literal

from PIL import Image, ImageOps, UnidentifiedImageError

MOST_BYTES: Final = 5 * 1024 * 1024
"""The largest file that is kept."""

MOST_PIXELS: Final = 16_000_000
"""The largest picture that is drawn: unpacked, a small file may take 250 MB."""

MOST_JPEG_PIXELS: Final = 50_000_000
"""The largest JPEG that is drawn: it is made smaller while it is unpacked, in at most 150 MB."""

_SIDE: Final = 640  # the longer side of the small copy, in pixels
_TYPES: Final[Mapping[str | None, str]] = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # a JPEG with a second picture behind it, as many phones make them
    "PNG": "image/png",
    "GIF": "image/gif",
    "WEBP": "image/webp",
}
_FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP")


class NotAPhoto(ValueError):
    """The bytes are nothing we keep. `problem`: "type", "broken" or "large" (bytes or pixels)."""

    def __init__(self, problem: Literal["type", "broken", "large"]) -> None:
        super().__init__(problem)
        self.problem: Final = problem


@dataclass(frozen=True, slots=True)
class Photo:
    """What the bytes of a photo say. `thumbnail` is a JPEG drawn anew: it holds no metadata."""

    media_type: str
    thumbnail: bytes
    sha256: str


def read_photo(content: bytes) -> Photo:
    """Read a file of at most MOST_BYTES, whatever it is called. Raises NotAPhoto.

    Takes up to a second and 250 MB for the largest: run one at a time, off the event loop.
    """
    if len(content) > MOST_BYTES:
        raise NotAPhoto("large")
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as image:
            most = MOST_JPEG_PIXELS if _TYPES[image.format] == "image/jpeg" else MOST_PIXELS
            if image.width * image.height > most:
                raise NotAPhoto("large")
            digest = hashlib.sha256(content).hexdigest()
            return Photo(_TYPES[image.format], _drawn(image), digest)
    except NotAPhoto:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise NotAPhoto("large") from None
    except UnidentifiedImageError:
        raise NotAPhoto("type") from None
    except Exception:  # noqa: BLE001 - a file made to break a decoder may raise whatever it wants
        raise NotAPhoto("broken") from None


def _drawn(image: Image.Image) -> bytes:
    """The picture, small, the right way up, on a new canvas that never saw the original's data."""
    if image.mode in ("1", "P", "PA"):
        image = image.convert("RGBA")  # else it would be made smaller without smoothing
    image.thumbnail((_SIDE, _SIDE))
    turned = ImageOps.exif_transpose(image).convert("RGBA")
    canvas = Image.new("RGB", turned.size, "white")
    canvas.paste(turned, mask=turned)
    out = BytesIO()
    canvas.save(out, "JPEG", quality=82)
    return out.getvalue()
