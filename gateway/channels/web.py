"""The web chat's paths: a page that works without scripts, a stream of what happens, the embed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import structlog
from anyio import CapacityLimiter, move_on_after, to_thread
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.exc import SQLAlchemyError

from desk import department, safety
from desk.attachments import MOST_BYTES, NotAPhoto, Photo, TooMany, read_photo
from desk.conversations import links
from desk.database.models import utc_now
from desk.wording import LANGUAGES, Language, as_language, say, sentences
from gateway.channels import web_log
from gateway.channels.web_forms import BadFormError, client_id_of, read_form, sent_by
from gateway.channels.web_pages import ASSETS, LONGEST_TEXT, Facts, Pages, Talk
from gateway.channels.web_session import (
    Cookies,
    WebSession,
    from_own_page,
    new_session,
    own_origins,
)
from gateway.channels.web_stream import EventTail
from gateway.channels.web_upload import Upload
from gateway.front import Gateway, gateway_of
from gateway.rates import Rates, network_of

log = structlog.get_logger(__name__)

_KEEP_ALIVE_SECONDS: Final = 15.0
_TYPING_LASTS: Final = timedelta(seconds=8)
_ASSET_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_DEMO_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


_PHOTO_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class WebSettings(BaseSettings):
    """Settings that only the web chat has."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    # sites that may show the chat in a frame, as a CSP source list; in local mode all may
    embed_origins: str = Field("'self'", validation_alias="FRONTDESK_EMBED_ORIGINS")
    quick_exit_url: str = Field(
        "https://www.weather.gov/", validation_alias="FRONTDESK_QUICK_EXIT_URL"
    )


class WebChat:
    """What the handlers share: one for each gateway."""

    def __init__(self, gateway: Gateway) -> None:
        settings = gateway.settings
        self.gateway = gateway
        self.web = WebSettings()  # type: ignore[call-arg]
        self.cookies = Cookies(settings)
        self.origins = own_origins(settings)
        self.pages = Pages()
        self.tail = EventTail(gateway.store, gateway.notices)
        self.rates = Rates()
        self._drawing = CapacityLimiter(1)  # one photo unpacked takes up to 250 MB
        way_out = urlsplit(self.web.quick_exit_url)
        self.policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            "connect-src 'self'; base-uri 'none'; "
            # a form's redirect is held to this too, so the way out must be in it
            f"form-action 'self' {way_out.scheme}://{way_out.netloc}; "
            f"frame-ancestors {'*' if settings.local else self.web.embed_origins}"
        )

    async def slow_down(self, request: Request, session: WebSession, text: str = "") -> None:
        """Refuse what is one message too many; never one that may speak of danger.

        Raises BadFormError.
        """
        if self.rates.allows(session.address, network_of(request)):
            return
        if not text or await to_thread.run_sync(safety.screen, text) is None:
            raise BadFormError("too_many", 429)

    async def read_photo(self, content: bytes) -> Photo:
        """A photo's type and small copy, one photo at a time. Raises NotAPhoto."""
        return await to_thread.run_sync(read_photo, content, limiter=self._drawing)

    def facts(self, language: Language) -> Facts:
        """The department's facts in a language."""
        return Facts.of(department.load(self.gateway.settings.department), language)

    async def talk(self, session: WebSession, language: Language | None) -> Talk:
        """The talk of a browser as it stands."""
        facts = self.facts(language or LANGUAGES[0])
        return await self.gateway.store.read(
            lambda rows: web_log.read_talk(rows, session.address, language, facts)
        )

    def page(
        self,
        session: WebSession,
        talk: Talk,
        language: Language,
        *,
        problem: str | None = None,
        kept_text: str = "",
        cleared: bool = False,
        start: str = "",
        status: int = 200,
    ) -> Response:
        """The chat page, with a session cookie that lasts a day from now."""
        body = self.pages.render(
            "chat.html",
            language,
            facts=self.facts(language),
            photo_bytes=MOST_BYTES,
            talk=talk,
            form_token=session.form_token,
            exit_url=self.web.quick_exit_url,
            problem=problem and self.problem(problem, language),
            own_window=problem == "no_cookies",
            kept_text=kept_text,
            cleared=cleared,
            start=start,
        )
        response = HTMLResponse(body, status, headers=self.headers(self.policy))
        self.cookies.set(response, session)
        return response

    def problem(self, key: str, language: Language) -> str:
        """What went wrong, in words."""
        number = self.facts(language).non_emergency
        return say(
            f"webchat.{key}",
            language,
            limit=LONGEST_TEXT,
            megabytes=MOST_BYTES // 1024**2,
            non_emergency=number,
        )

    @staticmethod
    def headers(policy: str) -> dict[str, str]:
        """The headers of a page. `same-origin`, because with `no-referrer` a browser's form says
        "Origin: null" and we could not tell our own page from another's."""
        return {
            "Content-Security-Policy": policy,
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
            "Cache-Control": "no-store",
        }


def _chat_of(request: Request) -> WebChat:
    state = request.app.state
    if not isinstance(getattr(state, "web_chat", None), WebChat):
        state.web_chat = WebChat(gateway_of(request))
    chat: WebChat = state.web_chat
    return chat


async def _chat(request: Request) -> WebChat:
    return _chat_of(request)  # on the event loop, so that there is never a second one


Chat = Annotated[WebChat, Depends(_chat)]
router = APIRouter(include_in_schema=False)


@router.get("/chat")
async def page(request: Request, chat: Chat) -> Response:
    """The chat page, with everything said so far."""
    session = chat.cookies.read(request) or new_session()
    talk = await chat.talk(session, language_asked(request))
    language = talk.language or accepted_language(request)
    start = request.query_params.get("start", "")[:64]
    over = start and not await chat.gateway.store.read(
        lambda rows: links.opens(rows, start, utc_now())
    )
    return chat.page(
        session,
        talk,
        language,
        cleared="cleared" in request.query_params,
        start="" if over else start,
        problem="link_over" if over else None,
    )


@router.post("/chat/messages")
async def send(request: Request, chat: Chat) -> Response:
    """Take a message: from the script as JSON (201, the message's key), else as a form (303)."""
    form: dict[str, str] = {}
    try:
        form = await read_form(request)
        session = _checked(chat, request, form)
        sent = sent_by(form)
        language = as_language(form.get("language"))
        if sent is None:
            return _stored(chat, request, session, language, None)
        await chat.slow_down(request, session, sent.text)
        receipt = await chat.gateway.store.acknowledged(
            lambda rows: web_log.store(rows, session.address, sent, language, utc_now())
        )
    except BadFormError as problem:
        return await _refused(chat, request, form, problem)
    except SQLAlchemyError as error:
        log.error("web_message_not_stored", error=type(error).__name__)
        return await _refused(chat, request, form, BadFormError("not_stored", 503))
    chat.gateway.came([receipt])
    return _stored(chat, request, session, language, receipt.inbox_id)


@router.post("/chat/photos")
async def send_photo(request: Request, chat: Chat) -> Response:
    """Take a photo, as a message of its own; answered like a message."""
    upload = Upload()
    try:
        await upload.read(request)
        session = _checked(chat, request, upload.form)
        client_id = client_id_of(upload.form)
        language = as_language(upload.form.get("language"))
        await chat.slow_down(request, session)
        photo = await chat.read_photo(upload.content)
        receipt = await chat.gateway.store.acknowledged(
            lambda rows: web_log.store_photo(
                rows, session.address, client_id, upload.content, photo, language, utc_now()
            )
        )
    except BadFormError as problem:
        return await _refused(chat, request, upload.form, problem)
    except NotAPhoto as other:
        large = other.problem == "large"
        refused = BadFormError("photo_large", 413) if large else BadFormError("photo_type", 415)
        return await _refused(chat, request, upload.form, refused)
    except TooMany:
        return await _refused(chat, request, upload.form, BadFormError("photo_many", 429))
    except SQLAlchemyError as error:
        log.error("web_photo_not_stored", error=type(error).__name__)
        return await _refused(chat, request, upload.form, BadFormError("not_stored", 503))
    chat.gateway.came([receipt])
    return _stored(chat, request, session, language, receipt.inbox_id)


@router.get("/chat/photos/{photo_id}")
async def photo(photo_id: str, request: Request, chat: Chat) -> Response:
    """The small copy of a photo, for the browser that sent it."""
    session = chat.cookies.read(request)
    found = None
    if session is not None:
        found = await chat.gateway.store.read(
            partial(web_log.photo_of, address=session.address, photo_id=photo_id)
        )
    if found is None:
        return Response(status_code=404)
    return Response(found, media_type="image/jpeg", headers=_PHOTO_HEADERS)


@router.post("/chat/language")
async def switch_language(request: Request, chat: Chat) -> Response:
    """Go on in another language."""
    form: dict[str, str] = {}
    try:
        form = await read_form(request)
        session = _checked(chat, request, form)
    except BadFormError as problem:
        return await _refused(chat, request, form, problem)
    language = as_language(form.get("language"))
    await chat.gateway.store.write(
        lambda rows: web_log.set_language(rows, session.address, language)
    )
    return RedirectResponse(f"/chat?language={language}", 303)


@router.post("/chat/clear")
async def clear(request: Request, chat: Chat) -> Response:
    """Let this browser forget the talk."""
    form: dict[str, str] = {}
    try:
        form = await read_form(request)
        _checked(chat, request, form)
    except BadFormError as problem:
        return await _refused(chat, request, form, problem)
    response = RedirectResponse(
        f"/chat?cleared=1&language={as_language(form.get('language'))}", 303
    )
    chat.cookies.clear(response)
    return response


@router.post("/chat/leave")
async def leave(request: Request, chat: Chat) -> Response:
    """Quick exit: forget the talk and go to a page that says nothing.

    Asks for no form token: leaving must never fail, and a stranger could at most clear.
    """
    response = RedirectResponse(chat.web.quick_exit_url, 303)
    if from_own_page(request, chat.origins):
        chat.cookies.clear(response)
    return response


@router.get("/chat/stream", response_class=EventSourceResponse)
async def stream(request: Request, chat: Chat) -> AsyncIterator[ServerSentEvent]:
    """What happens in this browser's conversation, from event `after` or Last-Event-ID on."""
    session = chat.cookies.read(request)
    store = chat.gateway.store
    conversation_id = None
    if session is not None:
        conversation_id = await store.read(
            partial(web_log.conversation_id_of, address=session.address)
        )
    if session is None or conversation_id is None:
        yield ServerSentEvent(event="nothing", data={})
        return
    language = language_asked(request) or LANGUAGES[0]
    facts = chat.facts(language)
    cursor = _cursor(request)
    yield ServerSentEvent(comment="hello", retry=1500)
    async with chat.tail.listen(conversation_id) as changed:
        while True:
            changed.clear()
            try:
                found = await store.read(
                    partial(
                        web_log.news,
                        conversation_id=conversation_id,
                        after=cursor,
                        language=language,
                        facts=facts,
                    )
                )
            except SQLAlchemyError as error:
                log.warning("web_stream_failed", error=type(error).__name__)
                return  # the browser comes back, and says meanwhile that it is not connected
            for one in found:
                cursor = one.id
                yield _as_sent(chat, one, session, language)
            if len(found) == web_log.BATCH:
                continue
            with move_on_after(_KEEP_ALIVE_SECONDS) as quiet:
                await changed.wait()
            if quiet.cancelled_caught:
                yield ServerSentEvent(comment="quiet")


@router.get("/chat/assets/{name}")
def asset(name: str) -> Response:
    """One of the page's own files; its address carries a digest, so it may be kept for ever."""
    path = _assets().get(name)
    if path is None:
        return Response(status_code=404)
    kept = {"Cache-Control": "public, max-age=31536000, immutable"}
    return FileResponse(path, media_type=_ASSET_TYPES[path.suffix], headers=kept)


@router.get("/embed.js")
def embed() -> Response:
    """The script another site loads to show the chat's button."""
    labels = {
        code: {key: say(f"webchat.{key}", code) for key in ("launcher", "close")}
        for code in LANGUAGES
    }
    script = (ASSETS / "embed.js").read_text("utf-8").replace("__LABELS__", json.dumps(labels))
    headers = {
        "Cache-Control": "public, max-age=300",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return Response(script, media_type="text/javascript", headers=headers)


@router.get("/")
async def demo(request: Request, chat: Chat) -> Response:
    """The website of a city that does not exist, with the chat on it; in local mode only."""
    if not chat.gateway.settings.local:
        return Response(status_code=404)
    language = language_asked(request) or LANGUAGES[0]
    profile = department.load(chat.gateway.settings.department).profile
    body = chat.pages.render(
        "demo.html",
        language,
        facts=chat.facts(language),
        address=profile.address,
        non_emergency_link=profile.nonemergency,
        d=sentences("demosite", language),
    )
    return HTMLResponse(body, headers=chat.headers(_DEMO_POLICY))


def language_asked(request: Request) -> Language | None:
    """The language the address asks for; None when it asks for none of ours."""
    asked = request.query_params.get("language", "")
    return as_language(asked) if asked[:2] in LANGUAGES else None


def accepted_language(request: Request) -> Language:
    """The first of the browser's languages that is ours."""
    for part in request.headers.get("accept-language", "").split(","):
        if part.strip()[:2] in LANGUAGES:
            return as_language(part.strip())
    return LANGUAGES[0]


def _assets() -> dict[str, Path]:
    return {path.name: path for path in ASSETS.rglob("*.*") if path.suffix in _ASSET_TYPES}


def _checked(chat: WebChat, request: Request, form: dict[str, str]) -> WebSession:
    """The session of a form that our own page sent for it. Raises BadFormError."""
    session = chat.cookies.read(request)
    if session is None:
        raise BadFormError("no_cookies", 403)
    if not (from_own_page(request, chat.origins) and session.owns(form.get("token", ""))):
        raise BadFormError("expired", 403)
    return session


def _wants_json(request: Request) -> bool:
    return request.headers.get("accept", "").startswith("application/json")


def _stored(
    chat: WebChat, request: Request, session: WebSession, language: Language, inbox_id: int | None
) -> Response:
    if _wants_json(request):
        response: Response = JSONResponse({"key": f"in-{inbox_id}"}, 201 if inbox_id else 422)
    else:
        response = RedirectResponse(f"/chat?language={language}#latest", 303)
    chat.cookies.set(response, session)
    return response


async def _refused(
    chat: WebChat, request: Request, form: dict[str, str], problem: BadFormError
) -> Response:
    """Say that nothing was sent, with the text kept for another try."""
    language = as_language(form["language"]) if "language" in form else accepted_language(request)
    if _wants_json(request):
        return JSONResponse({"problem": chat.problem(problem.key, language)}, problem.status)
    session = chat.cookies.read(request) or new_session()
    # at 503 the database is away, and the transcript with it
    talk = Talk() if problem.status == 503 else await chat.talk(session, language)
    return chat.page(
        session,
        talk,
        language,
        problem=problem.key,
        kept_text=form.get("text", ""),
        status=problem.status,
    )


def _cursor(request: Request) -> int:
    given = request.headers.get("last-event-id") or request.query_params.get("after", "0")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 18 else 0


def _as_sent(
    chat: WebChat, news: web_log.News, session: WebSession, language: Language
) -> ServerSentEvent:
    name, data = news.name, news.data or {}
    if news.bubble is not None:
        html = chat.pages.render(
            "message.html", language, bubble=news.bubble, form_token=session.form_token
        )
        data = {"key": news.bubble.key, "side": news.bubble.side, "html": html}
    elif news.at is not None:  # typing: only a person's, and only while it is fresh
        fresh = data.get("who") != "resident" and utc_now() - news.at < _TYPING_LASTS
        name, data = ("typing" if fresh else "seen"), {}
    return ServerSentEvent(event=name, id=str(news.id), data=data)
