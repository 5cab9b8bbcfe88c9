"""All expected failures. Any other exception is a bug, and nothing catches it."""

from __future__ import annotations

from dataclasses import dataclass


class HeedError(Exception):
    """Base class of all expected failures. Its messages never contain an address, a token or a key."""


class InvalidAddress(HeedError):
    """The text is not a valid e-mail address."""


class InvalidRecipient(HeedError):
    """The text is not a recipient id: 26 base32 characters or 32 hex digits."""


class InvalidTime(HeedError):
    """The text is neither an RFC 3339 time with an offset nor a date."""


class FutureTime(InvalidTime):
    """The time is later than it can be."""


class InvalidCursor(HeedError):
    """The cursor is invalid: Heed did not issue it."""


class InvalidToken(HeedError):
    """The link is invalid: it was changed, truncated, made for another purpose, or not issued by Heed."""


class UnknownScope(HeedError):
    """The catalogue has no brand or topic with this name or number."""


class ScopeNotAllowed(UnknownScope):
    """The scope exists, but it is not of the brands to which the caller is limited."""


class MalformedMessage(HeedError):
    """The message cannot be understood. A retry does not help."""


class OutOfTime(HeedError):
    """The function has too little time left for this work. A later try has more."""


class IncompleteForm(HeedError):
    """The form of a page was not read completely. None of its fields was saved."""


class UnreadableRecord(HeedError):
    """The stored record does not have the format that Heed writes. It never counts as an opt-in."""


class InvalidEvidence(HeedError):
    """The ledger has the entry, but the evidence does not prove it."""


class InvalidSnapshot(HeedError):
    """The file is no snapshot that a known key signed, it is damaged, or it is too old."""


class SortFailed(HeedError):
    """The disk of this machine did not take the records to sort."""


class NotAuthenticated(HeedError):
    """The API key is missing, malformed, unknown, revoked or expired."""


class NotAuthorised(HeedError):
    """The API key is valid, but it lacks the scope that the route requires."""


class PurposeRefused(HeedError):
    """Heed discloses nothing for this purpose."""


class OnHold(HeedError):
    """A hold is active. The record must be preserved until the hold is lifted."""


class NotJson(HeedError):
    """The request's body is not JSON."""


class NotFound(HeedError):
    """There is nothing at this path."""


class NoConfirmationMail(NotFound):
    """The deployment has no sender address, so it sends no confirmation mail."""


class MethodNotAllowed(HeedError):
    """The path exists, but it does not support this method."""


@dataclass(frozen=True, slots=True)
class RequestFault:
    """One fault of a request: its place (a JSON pointer, RFC 6901) and a description."""

    pointer: str
    detail: str
    is_brand_refused: bool = False  # the caller may not use the brand of what the request names


class InvalidRequest(HeedError):
    """The body is JSON but breaks the contract. Nothing was applied. `faults` has all faults in order."""

    def __init__(self, faults: list[RequestFault]) -> None:
        super().__init__(f"{len(faults)} fault(s)")
        self.faults = faults


class InvalidQuery(InvalidRequest):
    """The query breaks the contract. Nothing was done. The pointer of a fault is the name of a parameter."""


class BrandNotAllowed(InvalidRequest):
    """The request is about more than the brands to which the caller is limited. Nothing was done."""


class DependencyUnavailable(HeedError):
    """A service that Heed depends on does not answer. A retry of the same request may succeed."""


class StoreUnavailable(DependencyUnavailable):
    """The table refused, throttled or timed out. It is not known whether the write was done."""


class KeysUnavailable(DependencyUnavailable):
    """The key service returned no key. Without it Heed cannot verify tokens or compute recipient ids."""


class QueueUnavailable(DependencyUnavailable):
    """The queue did not accept the message."""


class WaitingQueueFull(DependencyUnavailable):
    """The waiting queue is full: Heed cannot send more mails in time. The request is refused."""


class BusUnavailable(DependencyUnavailable):
    """The event bus did not accept every event."""


class WriteConflict(DependencyUnavailable):
    """Another write changed the record during each of several attempts."""


class OptOutQueued(DependencyUnavailable):
    """The opt-out could not be stored now. It waits in a queue and will be stored later."""


class SuppressionNotEffective(DependencyUnavailable):
    """The write was done, but mail that it should stop may still be sent."""


class MailRefused(HeedError):
    """The mail service rejects this mail permanently. A retry does not help."""


class MailNotSent(DependencyUnavailable):
    """The mail service did not accept the mail. A retry may succeed."""


class MailUncertain(DependencyUnavailable):
    """The mail service did not answer. It is not known whether the mail was sent."""


class SuppressionListRefused(HeedError):
    """The mail service rejects the address in a call to its suppression list. A retry does not help."""


class InvalidListPosition(HeedError):
    """The mail service no longer knows this position in its suppression list."""


class SuppressionListUnavailable(DependencyUnavailable):
    """The suppression list of the mail service did not answer, or it throttled the call."""


class SignInRefused(HeedError):
    """The sign-in to the desk failed. The text names the check that failed, and nothing of the token."""


class NoDeskRole(SignInRefused):
    """The issuer knows the person, but the person is in no group of the desk."""


class IssuerUnavailable(DependencyUnavailable):
    """The issuer, at which people sign in to the desk, does not answer, or its answer is not usable."""


class CaseDecided(HeedError):
    """The case has another decision. The first one counts."""


class JobConflict(HeedError):
    """The state of the job does not permit this step."""


class TooManyJobs(HeedError):
    """The owner of the API key has too many jobs. Nothing was created. A later request may succeed."""


class ImportTooLong(HeedError):
    """The commit of the import would take longer than its file is kept."""


class SecondOwnerNeeded(NotAuthorised):
    """The step needs an API key of another owner."""


class DecisionNotPossible(InvalidRequest):
    """The case lacks what the decision needs. Nothing was done."""

    def __init__(self, detail: str) -> None:
        super().__init__([RequestFault("/decision", detail)])


class WorkImpossible(HeedError):
    """The work on a job cannot succeed. No retry helps. `detail` has no text of a file but column names."""

    def __init__(self, detail: str, line: int | None = None) -> None:
        super().__init__(detail if line is None else f"line {line}: {detail}")
        self.detail = detail
        self.line = line  # a physical line, 1 being the first; None if the fault is in no line


class UnbuildableFilter(WorkImpossible):
    """A filter of a snapshot cannot be built: somebody has chosen recipient ids that make it fail."""


class CatalogueChanged(WorkImpossible):
    """The topics of the brand changed while a snapshot was made."""


class FileRefused(WorkImpossible):
    """A file that a caller brought cannot be used. Its subclasses say why."""


class EmptyFile(FileRefused):
    """The file has no row."""


class FileTooLarge(FileRefused):
    """The file is larger than Heed reads, as sent or expanded, or it expands suspiciously far."""


class DamagedFile(FileRefused):
    """The compressed file or its text is truncated or damaged."""


class UnsupportedArchive(FileRefused):
    """The zip archive does not have exactly one file, or uses something that Heed does not read."""


class MalformedJson(FileRefused):
    """The file is JSON, and one of its values is malformed or too long."""


class MalformedHeader(FileRefused):
    """The first row is no header: it is missing, malformed or too long, or it has too many columns."""


class UnknownHeader(FileRefused):
    """The header is not the one of a known format, or not the one of the format that the caller named."""


class AmbiguousFormat(FileRefused):
    """The header fits several formats, and the file name does not tell them apart."""


class UnknownFormat(FileRefused):
    """Heed has no format with this name."""


class ExportTimeNeeded(FileRefused):
    """A row has no date, so Heed needs the time of the export."""


class ScopeNeeded(FileRefused):
    """A file of this format is about one stream or list, so Heed needs the scope of it."""


class RecordsWithoutMembers(FileRefused):
    """The file is JSON, and a record is no object, so it cannot get the members of a scrub."""


class TooManyUnreadable(FileRefused):
    """Heed cannot read the records of more than 1 % of the people in the file."""
