"""Reads the form that brings a photo from the chat page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

from starlette.datastructures import FormData, Headers, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from desk.attachments import MOST_BYTES
from gateway.channels.web_forms import MAX_FIELDS, MAX_FORM_BYTES, BadFormError

_SECONDS: Final = 180  # for all of it, also on a slow phone


@dataclass(slots=True)
class Upload:
    """A form with a file, as far as it was read: its fields, and the file's bytes.

    What the file is called, and what the browser takes it for, is not kept.
    """

    form: dict[str, str] = field(default_factory=dict)
    content: bytes = b""

    async def read(self, request: Request) -> None:
        """Read it from a request. Raises BadFormError; what was read of the form is there then."""
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            raise BadFormError("photo_type", 415)
        try:
            async with asyncio.timeout(_SECONDS), aclosing(request.stream()) as body:
                try:
                    await self._parse(request.headers, _bounded(body))
                except BadFormError:
                    async for _ in body:
                        pass  # a browser that is not heard to its end shows no answer
                    raise
        except HTTPException as unheard:  # the guard's: more than we listen to
            raise BadFormError("photo_large", 413) from unheard
        except TimeoutError as slow:
            raise BadFormError("not_stored", 408) from slow

    async def _parse(self, headers: Headers, body: AsyncGenerator[bytes, None]) -> None:
        parser = MultiPartParser(
            headers, body, max_files=1, max_fields=MAX_FIELDS, max_part_size=MAX_FORM_BYTES
        )
        try:
            await self._take(await parser.parse())
        except MultiPartException as broken:
            raise BadFormError("expired", 400) from broken
        finally:
            self.form = {name: text for name, text in parser.items if isinstance(text, str)}
            await body.aclose()

    async def _take(self, read: FormData) -> None:
        try:
            for part in read.values():
                if isinstance(part, UploadFile):
                    self.content = await part.read()
        finally:
            await read.close()
        if not self.content:
            raise BadFormError("photo_missing")
        if len(self.content) > MOST_BYTES:
            raise BadFormError("photo_large", 413)


async def _bounded(body: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    read = 0
    async for part in body:
        read += len(part)
        if read > MOST_BYTES + MAX_FORM_BYTES:
            raise BadFormError("photo_large", 413)
        yield part
