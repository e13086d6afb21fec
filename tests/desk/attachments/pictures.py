"""Photos as residents send them, and files that only pretend to be photos."""

from __future__ import annotations

import random
import struct
import zlib
from functools import cache
from io import BytesIO
from typing import Final

from PIL import Image

GPS_IFD: Final = 0x8825
ORIENTATION: Final = 0x0112
SECRET: Final = "Anna's phone"


def photo(kind: str = "JPEG", size: tuple[int, int] = (320, 200), colour: str = "navy") -> bytes:
    """A picture of one colour, its left half white."""
    image = Image.new("RGB", size, colour)
    image.paste("white", (0, 0, size[0] // 2, size[1]))
    out = BytesIO()
    image.save(out, kind)
    return out.getvalue()


def photo_that_tells(orientation: int = 1) -> bytes:
    """A JPEG that holds the place where it was taken, the phone's name, a comment and a profile."""
    image = Image.new("RGB", (320, 200), "navy")
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[0x010F] = SECRET
    exif.get_ifd(GPS_IFD).update({1: "N", 2: (37.0, 36.0, 1.0), 3: "W", 4: (120.0, 57.0, 0.0)})
    out = BytesIO()
    image.save(out, "JPEG", exif=exif, comment=SECRET.encode(), icc_profile=SECRET.encode())
    return out.getvalue()


def bomb(side: int = 30_000) -> bytes:
    """A PNG of a few kilobytes that unpacks to gigabytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        checked = name + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    packed = zlib.compress(b"\0" * 1_000_000, 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


@cache
def heavy(megabytes: int = 6) -> bytes:
    """A real PNG of about so many megabytes: noise does not pack."""
    noise = random.Random(7).randbytes(3 * 700 * 500 * megabytes)
    out = BytesIO()
    Image.frombytes("RGB", (700, 500 * megabytes), noise).save(out, "PNG", compress_level=0)
    return out.getvalue()


SCRIPT_AS_GIF: Final = b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert(document.cookie)//"
PAGE: Final = b"<!doctype html><script>alert(1)</script>"
PDF: Final = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF"
SVG: Final = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HEIC: Final = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 64
TIFF: Final = photo("TIFF")
ZIP_BEHIND: Final = b"PK\x03\x04<script>alert(1)</script>"
