"""Every failure that is expected. Anything else is a bug, and is left to crash."""

from __future__ import annotations

from dataclasses import dataclass


class HeedError(Exception):
    """Base of all expected failures. No message of theirs names an address, a token or a key."""


class InvalidAddress(HeedError):
    """The text is not an e-mail address that can be kept a promise to."""


class InvalidRecipient(HeedError):
    """The text is not a recipient id: 26 base32 characters or 32 hex digits."""


class InvalidTime(HeedError):
    """The text is neither an RFC 3339 time with an offset nor a date."""


class InvalidCursor(HeedError):
    """The text is no cursor of ours."""


class InvalidToken(HeedError):
    """The link was altered, cut short, made for another purpose, or never ours."""


class UnknownScope(HeedError):
    """The catalogue has no brand or topic of that name or number."""


class InvalidCatalogue(HeedError):
    """The catalogue contradicts itself; the brand's build says where."""


class MalformedMessage(HeedError):
    """A message that can never be understood, however often it is delivered."""


class IncompleteForm(HeedError):
    """The form of a page was not read, or not whole: nothing of it was saved."""


class UnreadableRecord(HeedError):
    """A stored record is not of our form. It is never read as a yes."""


class InvalidEvidence(HeedError):
    """The ledger holds the entry, and nothing in it proves what the entry says."""


class NotAuthenticated(HeedError):
    """The API key is missing, malformed, unknown, revoked or past its end."""


class NotAuthorised(HeedError):
    """The API key is good, but lacks the scope that the route asks for."""


class PurposeRefused(HeedError):
    """The purpose is none for which anything may be disclosed."""


class OnHold(HeedError):
    """A hold stands: what is on record must be preserved until it is lifted."""


class NotJson(HeedError):
    """The request's body is not JSON."""


class NotFound(HeedError):
    """There is nothing at this path."""


class MethodNotAllowed(HeedError):
    """The path exists; this method on it does not."""


@dataclass(frozen=True, slots=True)
class RequestFault:
    """One thing wrong with a request: where (a JSON pointer, RFC 6901) and what."""

    pointer: str
    detail: str


class InvalidRequest(HeedError):
    """The body is JSON and breaks the contract; nothing of it was applied.

    Attributes:
        faults: every fault found, in the order of the body.
    """

    def __init__(self, faults: list[RequestFault]) -> None:
        super().__init__(f"{len(faults)} fault(s)")
        self.faults = faults


class InvalidQuery(InvalidRequest):
    """The query breaks the contract; nothing was done.

    A pointer names the parameter.
    """


class DependencyUnavailable(HeedError):
    """Something that Heed stands on does not answer; the same request may go through later."""


class StoreUnavailable(DependencyUnavailable):
    """The table refused, throttled or timed out. Whether a write was done is not known."""


class KeysUnavailable(DependencyUnavailable):
    """The key service gave no key; nothing can be verified or identified without it."""


class QueueUnavailable(DependencyUnavailable):
    """The queue took no message."""


class WaitingQueueFull(DependencyUnavailable):
    """More waits for a mail than can be sent in time; what is asked now is not accepted."""


class BusUnavailable(DependencyUnavailable):
    """The event bus did not take every event."""


class WriteConflict(DependencyUnavailable):
    """The record changed under each of several attempts to write it."""


class OptOutQueued(DependencyUnavailable):
    """The wish could not be written now; it waits in a queue, and will be."""


class StopNotEffective(DependencyUnavailable):
    """The write was done and yet the record does not stop what was to be stopped."""


class MailRefused(HeedError):
    """The mail service will never take this mail: nobody gets it, however often it is tried."""


class MailNotSent(DependencyUnavailable):
    """The mail service did not take the mail; it may later."""


class MailUncertain(DependencyUnavailable):
    """The mail service did not answer; whether the mail is on its way is not known."""


class SuppressionListRefused(HeedError):
    """The mail service refuses an address in a call about its suppression list, however often it is asked."""


class InvalidListPosition(HeedError):
    """The mail service does not know this place in its suppression list any more."""


class SuppressionListUnavailable(DependencyUnavailable):
    """The mail service's suppression list did not answer, or asked for patience."""
