"""Sends the mails of the requests that a cap held back, in turn, as far as the caps permit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from heed.domain.errors import HeedError, MalformedMessage
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.opt_in.mail_caps import mailbox_of
from heed.domain.opt_in.waiting_queue import WaitingRequest, has_waited_a_day, in_send_order, is_expired
from heed.use_cases.opt_in.send_confirmation import SendConfirmationNow, SendResult
from heed.use_cases.ports.opt_in import MailCaps, MailDelayed, ReceivedMessage, WaitingQueue
from heed.use_cases.ports.preferences import DeadLetterQueue

# Milliseconds that must be left to receive more messages, and to start another mail.
MIN_RECEIVE_TIME, MIN_SEND_TIME = 30_000, 15_000


@dataclass(slots=True)
class SendWaitingResult:
    """The result of a run.

    Attributes:
        results: how many requests were processed, by result.
        deferred: how many requests failed and wait for the next run, by kind of failure.
        malformed: how many messages were malformed. They are in the dead-letter queue.
        still_waiting: how many requests still wait.
        longest_wait: how long the oldest of them has waited, milliseconds.
        is_overdue: whether that is a day or more.
        sent_today: how many mails Heed sent since midnight UTC.
    """

    results: Counter[SendResult] = field(default_factory=Counter)
    deferred: Counter[str] = field(default_factory=Counter)
    malformed: int = 0
    still_waiting: int = 0
    longest_wait: int = 0
    is_overdue: bool = False
    sent_today: int = 0


@dataclass(frozen=True, slots=True)
class SendWaitingConfirmations:
    """Processes the waiting queue. It deletes a message after the mail is sent, is not needed, or expired."""

    waiting_queue: WaitingQueue
    send_now: SendConfirmationNow
    caps: MailCaps
    dead_letters: DeadLetterQueue

    def __call__(self, clock: Callable[[], Millis], left: Callable[[], int]) -> SendWaitingResult:
        """Sends the mails that the caps permit. All other requests wait for the next run.

        Args:
            clock: returns the time, milliseconds.
            left: returns how many milliseconds this run has left.

        Raises:
            DependencyUnavailable: The queue could not be read. No message is lost.
        """
        summary = SendWaitingResult()
        waiting = self._receive(lambda: left() > MIN_RECEIVE_TIME, summary)
        turns = in_send_order(waiting, clock())
        deleted, is_waiting = self._serve(turns, clock, lambda: left() > MIN_SEND_TIME, summary)
        others = [item.request for item in waiting if item.receipt not in deleted]
        now = clock()
        self.caps.save_waiting_state(now, is_waiting=is_waiting)
        summary.still_waiting = len(others)
        summary.longest_wait = max((now - request.at for request in others), default=0)
        summary.is_overdue = any(has_waited_a_day(request, now) for request in others)
        summary.sent_today = self.caps.sent_today(now)
        return summary

    def _receive(self, has_time: Callable[[], bool], summary: SendWaitingResult) -> list[WaitingRequest]:
        waiting = []
        for message in self.waiting_queue.receive(has_time):
            try:
                waiting.append(
                    WaitingRequest(ConfirmationRequest.from_message(message.body), message.receipt)
                )
            except MalformedMessage as error:
                self._move_to_dead_letters(message, error, summary)
        return waiting

    def _move_to_dead_letters(
        self, message: ReceivedMessage, reason: MalformedMessage, summary: SendWaitingResult
    ) -> bool:
        """Moves a malformed message to the dead-letter queue. Returns whether it left the waiting queue."""
        try:
            self.dead_letters.send(message.body, str(reason))
            self.waiting_queue.delete(message.receipt)
        except HeedError as error:
            summary.deferred[type(error).__name__] += 1
            return False
        summary.malformed += 1
        return True

    def _serve(
        self,
        turns: list[WaitingRequest],
        clock: Callable[[], Millis],
        has_time: Callable[[], bool],
        summary: SendWaitingResult,
    ) -> tuple[set[str], bool]:
        """Sends mails until the time is over or the cap of the day is reached.

        Returns:
            The receipts of the deleted messages, and whether requests wait for time or the cap of the day.
        """
        deleted: set[str] = set()
        full: set[tuple[str, Intent]] = set()  # mailboxes at their cap; they do not delay other mailboxes
        for item in turns:
            if not has_time():
                return deleted, True
            try:
                result = self._send_in_turn(item.request, clock(), full)
                if isinstance(result, MailDelayed):
                    if result.due is None:  # the cap of the day is reached, for all mailboxes
                        return deleted, True
                    continue
                self.waiting_queue.delete(item.receipt)
            except MalformedMessage as error:
                message = ReceivedMessage(item.request.to_message(), item.receipt)
                if self._move_to_dead_letters(message, error, summary):
                    deleted.add(item.receipt)
                continue
            except HeedError as error:
                summary.deferred[type(error).__name__] += 1
                continue
            summary.results[result] += 1
            deleted.add(item.receipt)
        return deleted, False

    def _send_in_turn(
        self, request: ConfirmationRequest, now: Millis, full: set[tuple[str, Intent]]
    ) -> SendResult | MailDelayed:
        """Sends the mail of a request, unless its mailbox is in `full`. Adds a mailbox at its cap to that."""
        mailbox = mailbox_of(request.address), request.intent
        result = MailDelayed(now) if mailbox in full else self.send_now(request, now, in_turn=True)
        if not isinstance(result, MailDelayed) or result.due is None:
            return result
        full.add(mailbox)
        return SendResult.EXPIRED if is_expired(request, now) else result
