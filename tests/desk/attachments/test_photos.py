"""What is a photo is seen in its bytes; what is shown of it is drawn anew."""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO

import pytest
from PIL import Image

from desk.attachments import NotAPhoto, read_photo
from tests.desk.attachments import pictures
from tests.desk.attachments.pictures import GPS_IFD, SECRET, photo, photo_that_tells


def opened(drawn: bytes) -> Image.Image:
    image = Image.open(BytesIO(drawn))
    image.load()
    return image


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_the_type_comes_from_the_bytes(kind: str) -> None:
    found = read_photo(photo(kind))
    assert found.media_type == f"image/{kind.lower()}"
    assert opened(found.thumbnail).format == "JPEG"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_pixels_is_drawn(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    out = BytesIO()
    Image.new(mode, (900, 300)).save(out, kind)
    drawn = opened(read_photo(out.getvalue()).thumbnail)
    assert (drawn.mode, drawn.size) == ("RGB", (640, 213))


@pytest.mark.parametrize(("kind", "refused"), [("JPEG", False), ("PNG", True)])
def test_a_jpeg_may_be_larger_because_it_is_drawn_in_less_memory(kind: str, refused: bool) -> None:
    out = BytesIO()
    Image.new("L", (5000, 5000)).save(out, kind)
    if refused:
        with pytest.raises(NotAPhoto, match="large"):
            read_photo(out.getvalue())
    else:
        assert opened(read_photo(out.getvalue()).thumbnail).size == (640, 640)


def test_two_pictures_in_one_file_as_phones_make_them_are_a_jpeg() -> None:
    out = BytesIO()
    first, second = Image.new("RGB", (64, 48)), Image.new("RGB", (32, 24))
    first.save(out, "MPO", save_all=True, append_images=[second])
    assert read_photo(out.getvalue()).media_type == "image/jpeg"


def test_what_is_shown_holds_no_place_no_name_and_no_comment() -> None:
    original = photo_that_tells()
    assert SECRET.encode() in original
    assert opened(original).getexif().get_ifd(GPS_IFD)
    drawn = read_photo(original).thumbnail
    assert SECRET.encode() not in drawn
    shown = opened(drawn)
    assert not shown.getexif()
    assert not {"exif", "comment", "icc_profile", "xmp"} & shown.info.keys()


def test_a_photo_taken_upright_is_shown_upright() -> None:
    assert opened(read_photo(photo_that_tells(orientation=6)).thumbnail).size == (200, 320)


def test_a_file_behind_a_photo_is_not_in_what_is_shown() -> None:
    found = read_photo(photo() + pictures.ZIP_BEHIND)
    assert found.media_type == "image/jpeg"
    assert b"script" not in found.thumbnail


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (pictures.PAGE, "type"),
        (pictures.PDF, "type"),
        (pictures.SVG, "type"),
        (pictures.HEIC, "type"),
        (pictures.TIFF, "type"),
        (b"", "type"),
        (pictures.SCRIPT_AS_GIF, "type"),
        (photo()[:-200], "broken"),
        (pictures.bomb(), "large"),
        (pictures.bomb(8_000), "large"),
        (pictures.heavy(), "large"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_is_no_photo_is_refused_and_why(content: bytes, problem: str) -> None:
    with pytest.raises(NotAPhoto) as refused:
        read_photo(content)
    assert refused.value.problem == problem


@pytest.mark.parametrize("cut", range(1, 40))
def test_no_damage_gets_out_as_another_error(cut: int) -> None:
    whole = bytearray(photo("PNG" if cut % 2 else "WEBP"))
    whole[cut * 3 : cut * 3 + 4] = b"\xff\x00\xff\x7f"
    with suppress(NotAPhoto):
        read_photo(bytes(whole))
