"""One conversation: what was said by whom, what is known, and what the holder may do."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from console.access import TALKERS, Caller, Desk, desk_of, is_confidant, role, same_form
from console.queue_page import frame
from desk import attachments, people, queue
from desk.attachments import Attached
from desk.conversations import once, transcript
from desk.database.models import Conversation, Report, Staff, utc_now
from desk.reports import document, is_private
from desk.settings import new_secret

router = APIRouter(prefix="/conversations/{conversation_id}")

SEERS: Final = (*TALKERS, "records")
"""Who may see photos: those who talk with residents, and those who decide on their reports."""

_FILE_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
}
_UNKEPT: Final = {
    "type": "not a photo that can be opened",
    "broken": "not a photo that can be opened",
    "large": "too large",
    "many": "more photos than are taken at once",
    "lost": "could not be fetched from the provider",
}


def _conversation(session: Session, conversation_id: str) -> Conversation:
    found = session.get(Conversation, conversation_id)
    if found is None:
        raise HTTPException(404, "There is no such conversation.")
    return found


def _log(session: Session, desk: Desk, conversation_id: str, staff: Staff) -> dict[str, Any]:
    conversation = _conversation(session, conversation_id)
    entries = transcript(session, conversation_id)
    ids = {entry.staff_id for entry in entries} | {conversation.held_by}
    names = {
        one.id: one.name for one in session.scalars(select(Staff).where(Staff.id.in_(ids - {None})))
    }
    reports = session.scalars(
        select(Report)
        .where(Report.conversation_id == conversation_id, Report.state != "deleted")
        .order_by(Report.id.desc())
    ).all()
    photos: dict[int, list[tuple[int, Attached]]] = {}
    for number, one in enumerate(attachments.of_conversation(session, conversation_id), start=1):
        photos.setdefault(one.inbox_id, []).append((number, one))
    return {
        "conversation": conversation,
        "entries": entries,
        "photos": photos,
        "unkept": _UNKEPT,
        "names": names,
        "item": queue.open_item(session, conversation_id),
        "holder_name": names.get(conversation.held_by) if conversation.held_by else None,
        "in_page_inbox": queue.held_in_page_inbox(conversation),
        "i_hold": conversation.holder == "human" and conversation.held_by == staff.id,
        "reports": [
            (one, document.shown_fields(one, desk.view.department, "en"))
            for one in reports
            if is_confidant(staff) or not is_private(one)
        ],
    }


@router.get("")
def page(
    conversation_id: str,
    problem: Literal["", "taken", "not_holder", "empty"] = "",
    by: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
    caller: Caller = role(*TALKERS),
    desk: Desk = Depends(desk_of),
) -> Response:
    """The whole page."""
    with desk.database.transaction() as session:
        values = _log(session, desk, conversation_id, caller.staff)
        people.audit(session, caller.staff, "conversation.view", f"conversation:{conversation_id}")
        other = session.get(Staff, by) if by else None
        return desk.view.page(
            "conversation.html",
            **frame(session, caller, "conversation"),
            **values,
            problem=problem,
            other=other.name if other else None,
            outcomes=queue.OUTCOMES,
            nonce=new_secret(),
        )


@router.get("/log")
def log(
    conversation_id: str, caller: Caller = role(*TALKERS), desk: Desk = Depends(desk_of)
) -> Response:
    """The part of the page that changes."""
    with desk.database.reading() as session:
        values = _log(session, desk, conversation_id, caller.staff)
        return desk.view.page("conversation_log.html", me=caller.staff, **values)


@router.get("/photos/{photo_id}/small", dependencies=[role(*SEERS)])
def small_photo(conversation_id: str, photo_id: str, desk: Desk = Depends(desk_of)) -> Response:
    """The small copy of a photo, drawn by us: it holds no place and nothing else but a picture."""
    with desk.database.reading() as session:
        drawn = attachments.thumbnail(session, conversation_id, photo_id)
    if drawn is None:
        raise HTTPException(404, "There is no such photo.")
    return Response(drawn, media_type="image/jpeg", headers=_FILE_HEADERS)


@router.get("/photos/{photo_id}/original")
def original_photo(
    conversation_id: str,
    photo_id: str,
    caller: Caller = role(*SEERS),
    desk: Desk = Depends(desk_of),
) -> Response:
    """A photo as it was sent, to be kept as a file, never drawn as part of a page."""
    with desk.database.transaction() as session:
        found = attachments.original(session, conversation_id, photo_id)
        if found is None:
            raise HTTPException(404, "There is no such photo.")
        people.audit(
            session,
            caller.staff,
            "photo.download",
            f"conversation:{conversation_id}",
            photo=photo_id,
        )
    headers = {"content-disposition": f'attachment; filename="{found.name}"'} | _FILE_HEADERS
    return Response(found.content, media_type=found.media_type, headers=headers)


@router.post("/claim", dependencies=[Depends(same_form)])
def claim(
    conversation_id: str, caller: Caller = role(*TALKERS), desk: Desk = Depends(desk_of)
) -> RedirectResponse:
    """Take the conversation, from the queue or from the bot."""
    with desk.database.transaction() as session:
        conversation = _conversation(session, conversation_id)
        item = queue.open_item(session, conversation_id)
        try:
            if item is None:
                queue.take(session, conversation, caller.staff, utc_now())
            else:
                queue.claim(session, item.id, caller.staff, utc_now())
        except queue.AlreadyClaimed as lost:
            return _back(conversation_id, "taken", lost.by)
        people.audit(session, caller.staff, "queue.claim", f"conversation:{conversation_id}")
    return _back(conversation_id)


@router.post("/reply", dependencies=[Depends(same_form)])
def reply(
    conversation_id: str,
    text: str = Form(""),
    nonce: str = Form(min_length=16, max_length=64),
    caller: Caller = role(*TALKERS),
    desk: Desk = Depends(desk_of),
) -> RedirectResponse:
    """Write to the resident; the same form sent twice says it once."""
    with desk.database.transaction() as session:
        conversation = _conversation(session, conversation_id)

        def say_it() -> dict[str, Any]:
            said = queue.reply(session, conversation, caller.staff, text, utc_now())
            people.audit(
                session,
                caller.staff,
                "conversation.reply",
                f"conversation:{conversation_id}",
                outbox_id=said.id,
            )
            return {"outbox_id": said.id}

        try:
            once(session, conversation_id, nonce, "staff_reply", say_it)
        except queue.NotHolder as refused:
            return _back(conversation_id, "not_holder", refused.by)
        except queue.NothingToSay:
            return _back(conversation_id, "empty")
    return _back(conversation_id)


@router.post("/hand-back", dependencies=[Depends(same_form)])
def hand_back(
    conversation_id: str,
    outcome: queue.Outcome = Form(),
    caller: Caller = role(*TALKERS),
    desk: Desk = Depends(desk_of),
) -> RedirectResponse:
    """End the talk; the bot goes on."""
    with desk.database.transaction() as session:
        conversation = _conversation(session, conversation_id)
        try:
            queue.hand_back(session, conversation, caller.staff, outcome, utc_now())
        except queue.NotHolder as refused:
            return _back(conversation_id, "not_holder", refused.by)
        people.audit(
            session,
            caller.staff,
            "conversation.hand_back",
            f"conversation:{conversation_id}",
            outcome=outcome,
        )
    return RedirectResponse("/queue", 303)


@router.post("/transfer", dependencies=[Depends(same_form)])
def transfer(
    conversation_id: str, caller: Caller = role(*TALKERS), desk: Desk = Depends(desk_of)
) -> RedirectResponse:
    """Put the conversation back into the queue, for a colleague."""
    with desk.database.transaction() as session:
        conversation = _conversation(session, conversation_id)
        try:
            queue.transfer(session, conversation, caller.staff, utc_now())
        except queue.NotHolder as refused:
            return _back(conversation_id, "not_holder", refused.by)
        people.audit(
            session, caller.staff, "conversation.transfer", f"conversation:{conversation_id}"
        )
    return RedirectResponse("/queue", 303)


def _back(conversation_id: str, problem: str = "", by: Staff | None = None) -> RedirectResponse:
    query = f"?problem={problem}" + (f"&by={by.id}" if by else "") if problem else ""
    return RedirectResponse(f"/conversations/{conversation_id}{query}#answer", 303)
