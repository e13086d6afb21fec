"""Answers what residents wrote: danger at once, everything else one turn at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Final

import anyio
import structlog
from sqlalchemy import exists, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from desk import department as departments
from desk import queue, safety
from desk.conversations import add_outbound, change_holder, kept, record, turns
from desk.conversations.loops import is_loop
from desk.conversations.outbox import was_spoken_to
from desk.conversations.turns import Turn, Unscreened
from desk.database.models import Conversation, InboxMessage, Report, utc_now
from desk.department import Department
from desk.reply import Choice, Reply
from desk.safety.screen import warm_up as warm_up_screen
from desk.settings import Settings
from desk.wording import Language, as_language
from desk.wording.detect import guess_language
from desk.wording.detect import warm_up as warm_up_detector
from gateway.load import Load
from gateway.metrics import DANGERS, TURNS
from gateway.rasa import Rasa, RasaFailed, TurnAnswer, TurnReply
from gateway.store import Store
from gateway.waking import POLL_SECONDS, Signal
from gateway.wording import fixed_text, in_one, introduction, last_resort

log = structlog.get_logger(__name__)

AT_ONCE: Final = 32
"""Conversations that are in a turn at the same time."""

FEW_AT_ONCE: Final = 1
"""The same in a rush."""

MAX_ATTEMPTS: Final = 3
"""After so many turns that ended with us and not with an answer, a message gets the fixed text."""

_MACHINES_WRITE: Final = frozenset({"sms", "messenger"})  # our own page is for people
INTRODUCED_FOR: Final = timedelta(days=30)
_CLAIM_AT_MOST: Final = 8  # a longer transaction would keep webhooks waiting for their answer
_SLACK: Final = timedelta(seconds=6)
_TROUBLE_SECONDS: Final = 0.5


class Dispatcher:
    """Two loops over the inbox.

    The first screens every new message for danger, whatever its conversation is doing, and answers
    danger itself. The second takes conversations under a lease, asks Rasa, and stores what it
    answered, if the conversation is still the bot's. `outbound` is called when there is something
    to send, with whether it is urgent; `screened` when new messages are known to be danger or not.
    A process that dies in the middle loses nothing: after `lease` the message is taken up again,
    under the same message id.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        rasa: Rasa,
        outbound: Callable[[bool], None],
        screened: Callable[[], None],
        load: Load,
        lease: timedelta | None = None,
        poll: Callable[[], float] = lambda: POLL_SECONDS,
    ) -> None:
        self._settings = settings
        self._store = store
        self._rasa = rasa
        self._outbound = outbound
        self._screened = screened
        self._load = load
        self._lease = lease or timedelta(seconds=settings.rasa_timeout) + _SLACK
        self._poll = poll
        self._new = Signal()
        self._ready = Signal()
        self._stopping = False
        self._claiming = asyncio.Lock()
        self._in_hand: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """A message has come: look at once."""
        self._new.set()

    def look(self) -> None:
        """Another process may have left something: look at once, for turns too."""
        self._new.set()
        self._ready.set()

    async def run(self) -> None:
        """Work until `stop`, then finish the turns in hand."""
        async with asyncio.TaskGroup() as loops:
            loops.create_task(self._screen_loop())
            loops.create_task(self._turn_loop())
        if self._in_hand:
            await asyncio.wait(self._in_hand)

    def stop(self) -> None:
        """Take up nothing new."""
        self._stopping = True
        self._new.set()
        self._ready.set()

    def _department(self) -> Department:
        return departments.load(self._settings.department)

    def warm_up(self) -> None:
        """Load what is slow the first time, before somebody in danger has to wait for it.

        Raises desk.department.DepartmentBroken: better not to start than to answer without facts.
        """
        self._department()
        warm_up_screen()
        warm_up_detector()

    # stage one: danger

    async def _screen_loop(self) -> None:
        while not self._stopping:
            try:
                found = await self._store.read(turns.unscreened)
                if found:
                    await self._screen(found)
                    self._screened()
                if len(found) == turns.UNSCREENED_AT_ONCE:
                    continue
            except SQLAlchemyError:
                log.exception("screening_failed")
                await asyncio.sleep(_TROUBLE_SECONDS)
            await self._new.wait(self._poll())

    async def _screen(self, messages: list[Unscreened]) -> None:
        kinds, clear = await anyio.to_thread.run_sync(_screen_all, messages)
        for message, kind in kinds:
            try:
                answer = await anyio.to_thread.run_sync(self._prepare_danger, message, kind)
                await self._store.write(answer, first=True)
            except SQLAlchemyError:
                raise
            except Exception:
                log.exception("danger_answer_failed", inbox_id=message.inbox_id)
                await self._store.write(partial(self._bare_answer, message), first=True)
            self._outbound(True)
        if clear:
            await self._clear(clear)

    async def _clear(self, inbox_ids: list[int]) -> None:
        """Note that messages are no danger, and take up their turns in the same transaction."""

        def work(session: Session) -> list[Turn]:
            turns.screened(session, inbox_ids, utc_now())
            return self._claim(session, free) if free else []

        async with self._claiming:
            free = self._free()
            claimed = await self._store.write(work, first=True)  # the next danger waits for it
            self._start(claimed)
        if len(claimed) == free:  # there may be more
            self._ready.set()

    def _prepare_danger(self, message: Unscreened, kind: str) -> Callable[[Session], None]:
        language = _language(message.text, message.language)
        department = self._department()
        return lambda session: _answer_danger(session, message, kind, language, department)

    def _bare_answer(self, message: Unscreened, session: Session) -> None:
        """The emergency number, when even the answer to danger cannot be made."""
        now = utc_now()
        conversation = turns.found_danger(session, message.inbox_id, "unknown", now)
        if conversation is not None:
            reply = Reply(last_resort(as_language(message.language)), urgent=True)
            add_outbound(session, conversation, reply, "desk", message.inbox_id, now=now)
            record(
                session,
                "danger",
                conversation.id,
                now=now,
                danger="unknown",
                inbox_id=message.inbox_id,
            )

    # stage two: turns

    async def _turn_loop(self) -> None:
        while not self._stopping:
            try:
                await self._take_up()
            except SQLAlchemyError:
                log.exception("claiming_failed")
                await asyncio.sleep(_TROUBLE_SECONDS)
            await self._ready.wait(self._poll())

    async def _take_up(self) -> None:
        """Start the turns that wait, as far as there is room. When one ends, we are woken."""
        while not self._stopping:
            async with self._claiming:
                free = self._free()
                if not free or not await self._store.read(
                    lambda session: turns.turn_waits(session, utc_now())
                ):
                    return
                self._start(
                    await self._store.write(lambda session: self._claim(session, free))  # noqa: B023
                )

    def _free(self) -> int:
        most = FEW_AT_ONCE if self._load.high else AT_ONCE
        return min(max(most - len(self._in_hand), 0), _CLAIM_AT_MOST)

    def _claim(self, session: Session, limit: int) -> list[Turn]:
        return turns.claim_turns(session, now=utc_now(), lease=self._lease, limit=limit)

    def _start(self, claimed: list[Turn]) -> None:
        for turn in claimed:
            task = asyncio.create_task(self._take(turn))
            self._in_hand.add(task)
            task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._in_hand.discard(task)
        self._ready.set()

    async def _take(self, turn: Turn) -> None:
        try:
            await self._answer(turn)
            self._outbound(False)
        except Exception:
            log.exception("turn_broke", inbox_id=turn.inbox_id, attempt=turn.attempts)

    async def _answer(self, turn: Turn) -> None:
        if turn.attempts > MAX_ATTEMPTS:
            await self._store.write(partial(_give_up, turn))
        elif turn.opted_out:
            await self._store.write(partial(_keep_quiet, turn))
        elif turn.holder == "closed":
            await self._store.write(partial(_reopen, turn))
        elif turn.holder != "bot":
            await self._store.write(partial(_keep_for_staff, turn))
        elif turn.channel in _MACHINES_WRITE and await self._store.read(self._loops(turn)):
            department = await anyio.to_thread.run_sync(self._department)
            await self._store.write(partial(_end_loop, turn, department))
        else:
            await self._bot_turn(turn)

    def _loops(self, turn: Turn) -> Callable[[Session], bool]:
        most = self._settings.loop_limit
        return lambda session: is_loop(session, turn.conversation_id, most, utc_now())

    async def _bot_turn(self, turn: Turn) -> None:
        language, department = await anyio.to_thread.run_sync(self._circumstances, turn)
        began, outcome = time.perf_counter(), "answered"
        try:
            answer: TurnAnswer | str = await self._rasa.turn(turn, language)
        except RasaFailed as failure:
            log.warning("rasa_failed", inbox_id=turn.inbox_id, reason=failure.reason)
            answer = outcome = failure.reason
        TURNS.labels(outcome).observe(time.perf_counter() - began)
        await self._store.write(partial(_finish, turn, answer, language, department))

    def _circumstances(self, turn: Turn) -> tuple[Language, Department]:
        """What a turn needs besides its message: the language to answer in, the department."""
        if turn.choice is not None:
            return as_language(turn.language), self._department()
        return _language(turn.text, turn.language), self._department()


def _screen_all(messages: list[Unscreened]) -> tuple[list[tuple[Unscreened, str]], list[int]]:
    dangers, clear = [], []
    for message in messages:
        try:
            danger = safety.screen(message.text)
        except Exception:
            log.exception("screen_broke", inbox_id=message.inbox_id)
            dangers.append((message, "unknown"))
            continue
        if danger is None:
            clear.append(message.inbox_id)
        else:
            dangers.append((message, danger.kind))
    return dangers, clear


def _language(text: str, current: str) -> Language:
    """The language to answer in: another than so far only when the text leaves no doubt."""
    now = as_language(current)
    if not text:
        return now
    guess = guess_language(text, now)
    return guess.language if guess.clear else now


def _answer_danger(
    session: Session,
    message: Unscreened,
    kind: str,
    language: Language,
    department: Department,
) -> None:
    now = utc_now()
    conversation = turns.found_danger(session, message.inbox_id, kind, now)
    if conversation is not None:
        conversation.language = language
        _raise_danger(session, conversation, message.inbox_id, kind, department)


def _raise_danger(
    session: Session,
    conversation: Conversation,
    inbox_id: int,
    kind: str,
    department: Department,
) -> None:
    now = utc_now()
    reply = safety.danger_reply(
        kind,
        department,
        as_language(conversation.language),
        conversation.channel,
        draft_kept=_has_draft(session, conversation.id),
    )
    add_outbound(session, conversation, reply, "desk", inbox_id, now=now)
    DANGERS.labels(kind).inc()
    record(session, "danger", conversation.id, now=now, danger=kind, inbox_id=inbox_id)
    queue.raise_alert(session, conversation, kind, now)


def _has_draft(session: Session, conversation_id: str) -> bool:
    draft = exists().where(Report.conversation_id == conversation_id, Report.state == "draft")
    return bool(session.scalar(select(draft)))


def _keep_quiet(turn: Turn, session: Session) -> None:
    """Somebody who opted out: kept and seen, but not answered."""
    if turns.end_turn(session, turn) is not None:
        turns.done(session, turn.inbox_id, utc_now())


def _reopen(turn: Turn, session: Session) -> None:
    """A closed conversation is the bot's again; the message is taken up anew."""
    conversation = turns.end_turn(session, turn)
    if conversation is not None and conversation.holder == "closed":
        change_holder(session, conversation, "bot", now=utc_now())


def _keep_for_staff(turn: Turn, session: Session) -> None:
    """While a person holds the conversation or is waited for, the bot says nothing."""
    now = utc_now()
    conversation = turns.end_turn(session, turn)
    if conversation is None or conversation.holder in ("bot", "closed"):
        return  # handed back in between: the message is taken up anew
    if conversation.holder == "queue" and turn.text.strip() == "0":
        reply = queue.leave(session, conversation, now)
        add_outbound(session, conversation, reply, "desk", turn.inbox_id, now=now)
    turns.done(session, turn.inbox_id, now)


def _end_loop(turn: Turn, department: Department, session: Session) -> None:
    """A machine answers our answers: a person looks, and nothing more is said than that."""
    now = utc_now()
    conversation = turns.end_turn(session, turn)
    if conversation is None or conversation.holder != "bot":
        return  # somebody took over in between: the message is taken up anew
    log.warning("loop_ended", inbox_id=turn.inbox_id)
    record(session, "loop", conversation.id, now=now, inbox_id=turn.inbox_id)
    entry = queue.enter(session, conversation, reason="loop", now=now)
    notice = queue.notice(session, entry, conversation, department, now)
    add_outbound(session, conversation, notice, "desk", turn.inbox_id, now=now)
    turns.done(session, turn.inbox_id, now)


def _give_up(turn: Turn, session: Session) -> None:
    """What broke us again and again is not tried once more, but is not left unanswered either."""
    now = utc_now()
    conversation = turns.end_turn(session, turn)
    if conversation is None:
        return
    reply = Reply(last_resort(as_language(turn.language)))
    add_outbound(session, conversation, reply, "desk", turn.inbox_id, now=now)
    record(session, "fallback", conversation.id, now=now, inbox_id=turn.inbox_id, reason="broke")
    turns.done(session, turn.inbox_id, now)


def _finish(
    turn: Turn,
    answer: TurnAnswer | str,
    language: Language,
    department: Department,
    session: Session,
) -> None:
    """Store what came of a turn in one go, or nothing where somebody else has taken over."""
    now = utc_now()
    conversation = turns.end_turn(session, turn)
    if conversation is None:
        log.info("turn_lost", inbox_id=turn.inbox_id)
        return
    if conversation.holder == "bot" and conversation.epoch != turn.epoch:
        return  # a person came and went meanwhile: the message is taken up anew
    turns.done(session, turn.inbox_id, now)
    if conversation.holder != "bot":
        log.info("reply_dropped", inbox_id=turn.inbox_id, holder=conversation.holder)
        return
    conversation.language = language
    if isinstance(answer, str):
        answer = _kept(session, turn) or answer
    if isinstance(answer, str):
        replies = [_failed(session, conversation, turn, answer, department)]
    else:
        replies = _said(session, conversation, turn, answer, department)
    if not replies:
        return
    if not _introduced(answer) and not was_spoken_to(
        session, conversation.id, now - INTRODUCED_FOR
    ):
        hello = introduction(as_language(conversation.language), department)
        replies = [Reply(hello), *replies]
    for reply in in_one(replies) if conversation.channel == "sms" else replies:
        add_outbound(session, conversation, reply, "bot", turn.inbox_id, now=now)


def _introduced(answer: TurnAnswer | str) -> bool:
    """Whether the bot itself said that it is automated and not 911, as its greeting does."""
    return not isinstance(answer, str) and any(
        (one.command or {}).get("command") == "introduced" for one in answer.replies
    )


def _kept(session: Session, turn: Turn) -> TurnAnswer | None:
    """What an action has stored and answered before Rasa failed: it holds, so it is what is said.

    Rasa's own memory lacks the turn then. Interviews are led by the desk, and go on all the same.
    """
    message_id = str(turn.inbox_id)
    spoken = [
        TurnReply(command=one) if "command" in one else TurnReply.model_validate(one)
        for result in kept(session, turn.conversation_id, message_id)
        for one in result["spoken"]
    ]
    return TurnAnswer(message_id=message_id, replies=spoken) if spoken else None


def _failed(
    session: Session, conversation: Conversation, turn: Turn, reason: str, department: Department
) -> Reply:
    """The text that is always there, and a place in the queue."""
    now = utc_now()
    record(session, "fallback", conversation.id, now=now, inbox_id=turn.inbox_id, reason=reason)
    entry = queue.enter(session, conversation, reason="failed", now=now)
    notice = queue.notice(session, entry, conversation, department, now)
    text = fixed_text(as_language(conversation.language), department)
    return Reply(f"{text}\n{notice.text}", notice.choices)


def _said(
    session: Session,
    conversation: Conversation,
    turn: Turn,
    answer: TurnAnswer,
    department: Department,
) -> list[Reply]:
    """What Rasa said, its commands carried out."""
    now = utc_now()
    replies: list[Reply] = []
    answered = False
    for said in answer.replies:
        if said.text:
            choices = tuple(Choice(one.title, one.value) for one in said.choices)
            replies.append(Reply(said.text, choices))
        order = said.command or {}
        match order.get("command"):
            case "language":
                conversation.language = as_language(order.get("language"))
            case "danger":
                kind = str(order.get("kind"))
                message = session.get_one(InboxMessage, turn.inbox_id)
                message.danger = conversation.danger = kind
                conversation.danger_at = now
                _raise_danger(session, conversation, turn.inbox_id, kind, department)
                answered = True
            case "handoff":
                entry = queue.enter(
                    session,
                    conversation,
                    reason=str(order.get("reason") or "asked"),
                    topic=order.get("topic"),
                    report_id=order.get("report_id"),
                    now=now,
                )
                replies.append(queue.notice(session, entry, conversation, department, now))
            case None | "introduced":
                pass
            case other:
                log.warning("command_unknown", inbox_id=turn.inbox_id, command=str(other)[:32])
    if not replies and not answered:
        return [_failed(session, conversation, turn, "empty", department)]
    return replies
