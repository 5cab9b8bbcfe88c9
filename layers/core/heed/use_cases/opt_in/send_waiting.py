"""Those whom a cap has held back get their mails, turn by turn, as there is room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from heed.domain.errors import HeedError, MalformedMessage
from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.opt_in.mail_caps import mailbox_of
from heed.domain.opt_in.waiting_queue import WaitingRequest, has_waited_a_day, in_send_order
from heed.use_cases.opt_in.send_confirmation import SendConfirmationNow, SendResult
from heed.use_cases.ports.opt_in import MailCaps, MailDelayed, ReceivedMessage, WaitingQueue
from heed.use_cases.ports.preferences import DeadLetterQueue

# Milliseconds that must be left: to go on reading the line, so that it can be served; to begin a mail.
READING, SENDING = 30_000, 15_000


@dataclass(slots=True)
class SendWaitingResult:
    """What a look at the line came to.

    Attributes:
        results: what became of those whose turn it was.
        deferred: the kinds of failures for which some wait for the next look.
        aside: how many nobody can make out; they are in the dead-letter queue.
        left: how many wait on.
        longest: how long the first of them has waited, milliseconds.
        is_overdue: whether that is a day or more.
        sent_today: mails since midnight UTC, of everybody.
    """

    results: Counter[SendResult] = field(default_factory=Counter)
    deferred: Counter[str] = field(default_factory=Counter)
    aside: int = 0
    left: int = 0
    longest: int = 0
    is_overdue: bool = False
    sent_today: int = 0


@dataclass(frozen=True, slots=True)
class SendWaiting:
    """A look at the line. A message leaves it when its mail is sent, or is not to be sent."""

    line: WaitingQueue
    send_now: SendConfirmationNow
    caps: MailCaps
    dead_letters: DeadLetterQueue

    def __call__(self, clock: Callable[[], int], left: Callable[[], int]) -> SendWaitingResult:
        """Send what there is room for. What is left, or fails, waits for the next look.

        `left` says how many milliseconds there are until the look is cut off.

        Raises:
            Unavailable: the line could not be read; nothing of it is lost.
        """
        swept = SendWaitingResult()
        waiting = self._read(lambda: left() > READING, swept)
        gone, stands = self._serve(in_send_order(waiting, clock()), clock, lambda: left() > SENDING, swept)
        others = [one.request for one in waiting if one.receipt not in gone]
        now = clock()
        self.caps.note_line(now, stands=stands)
        swept.left = len(others)
        swept.longest = max((now - request.at for request in others), default=0)
        swept.is_overdue = any(has_waited_a_day(request, now) for request in others)
        swept.sent_today = self.caps.sent_today(now)
        return swept

    def _read(self, has_time: Callable[[], bool], swept: SendWaitingResult) -> list[WaitingRequest]:
        waiting = []
        for received in self.line.receive(has_time):
            try:
                waiting.append(
                    WaitingRequest(ConfirmationRequest.from_message(received.body), received.receipt)
                )
            except MalformedMessage as error:
                self._put_aside(received, error, swept)
        return waiting

    def _put_aside(
        self, received: ReceivedMessage, reason: MalformedMessage, swept: SendWaitingResult
    ) -> bool:
        """Take what never can be sent out of the line; whether it is out."""
        try:
            self.dead_letters.send(received.body, str(reason))
            self.line.delete(received.receipt)
        except HeedError as error:
            swept.deferred[type(error).__name__] += 1
            return False
        swept.aside += 1
        return True

    def _serve(
        self,
        turns: list[WaitingRequest],
        clock: Callable[[], int],
        has_time: Callable[[], bool],
        swept: SendWaitingResult,
    ) -> tuple[set[str], bool]:
        """Serve as many as there are room and time for.

        Returns:
            The receipts of those who are out of the line, and whether others wait for time or the day.
        """
        gone: set[str] = set()
        full: set[tuple[str, Intent]] = set()  # mailboxes; who waits for one holds nobody else up
        for one in turns:
            where = mailbox_of(one.request.address), one.request.intent
            if where in full:
                continue
            if not has_time():
                return gone, True
            try:
                result = self.send_now(one.request, clock(), in_turn=True)
                if isinstance(result, MailDelayed):
                    if result.due is None:  # the day is full, for everybody
                        return gone, True
                    full.add(where)
                    continue
                self.line.delete(one.receipt)
            except MalformedMessage as error:
                as_it_came = ReceivedMessage(one.request.to_message(), one.receipt)
                if self._put_aside(as_it_came, error, swept):
                    gone.add(one.receipt)
                continue
            except HeedError as error:
                swept.deferred[type(error).__name__] += 1
                continue
            swept.results[result] += 1
            gone.add(one.receipt)
        return gone, False
