"""POST /v1/minors, /v1/erasures, /v1/holds and /v1/lifts: their bodies, and the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from heed.domain import rfc3339
from heed.domain.api_key import KeyScope, normalise_owner
from heed.domain.preferences.catalogue import Catalogue, TopicKind
from heed.domain.preferences.evidence import MAX_EVIDENCE_TEXT, evidence, scrub_text
from heed.domain.preferences.reasons import Liftable
from heed.domain.preferences.register import ALL_SCOPES, Entry, ScopeNumber, Source
from heed.domain.privacy.erasure import ErasureCause, ErasureReport
from heed.domain.privacy.lift import SECOND_SIGNATURE_WITHIN, Signature
from heed.entrypoints.http.api import fields
from heed.entrypoints.http.api.json_body import JsonReader
from heed.entrypoints.http.api.routes import ApiRequest, ApiResponse
from heed.entrypoints.observability import count_metric, logger
from heed.use_cases.identify import Mention
from heed.use_cases.privacy.erase import ReportResult
from heed.use_cases.privacy.hold_and_lift import LiftResult


@dataclass(frozen=True, slots=True)
class LiftRequest:
    """What is to be lifted, and by whom; `policy` is the privacy policy of that time."""

    mention: Mention
    what: Liftable
    scope: ScopeNumber
    signature: Signature
    policy: str

    def entry(self) -> Entry:
        """What goes on record of it."""
        by = self.signature
        said = evidence(key=by.key, reason=by.reason, reference=by.reference)
        return Entry(by.at, Source.AGENT, said, self.policy)


def parse_report_request(
    call: ApiRequest, cause: ErasureCause, catalogue: Catalogue
) -> tuple[Mention, ErasureReport]:
    """Of whom a minor or an erasure is reported.

    Raises:
        InvalidRequest: it breaks the contract.
    """
    body = call.body()
    mention = fields.read_person(body)
    source = Source(body.one_of("source", Source.reportable()) or Source.API)
    reference = _reference(body)
    body.close()
    policy = catalogue.policy(call.at)
    by_officer = KeyScope.PRIVACY in call.key.scopes
    return mention, ErasureReport(cause, call.at, source, reference, call.key.id, policy, by_officer)


def parse_hold_request(call: ApiRequest, catalogue: Catalogue) -> tuple[Mention, Entry]:
    """On whom a hold is put.

    Raises:
        InvalidRequest: it breaks the contract.
    """
    body = call.body()
    mention = fields.read_person(body)
    source = Source(body.one_of("source", Source.reportable()) or Source.API)
    reason, reference = _filled(body, "reason"), _reference(body)
    body.close()
    said = evidence(key=call.key.id, reason=reason, reference=reference)
    return mention, Entry(call.at, source, said, catalogue.policy(call.at))


def parse_lift_request(call: ApiRequest, catalogue: Catalogue) -> LiftRequest:
    """What is to be lifted. A complaint needs the scope that the person asked for.

    Raises:
        InvalidRequest: it breaks the contract.
    """
    body = call.body()
    mention = fields.read_person(body)
    what = Liftable(body.one_of("register", [each.value for each in Liftable]) or Liftable.HOLD)
    scope = _scope(body, what, catalogue)
    reason, reference = _filled(body, "reason"), _reference(body)
    body.close()
    signature = Signature(call.key.id, normalise_owner(call.key.owner), call.at, reason, reference)
    return LiftRequest(mention, what, scope, signature, catalogue.policy(call.at))


def report_to_json(reported: ReportResult, report: ErasureReport, recipient: str) -> ApiResponse:
    """The answer to a report: the person is stopped; the rest follows, or an officer decides first."""
    count_metric("MinorReported" if report.cause is ErasureCause.MINOR else "ErasureAccepted")
    if reported.purge:
        return ApiResponse({"purge": reported.purge, "recipient": recipient}, HTTPStatus.ACCEPTED)
    count_metric("MinorReportWaiting")
    # The words are what the alarm's filter looks for (template.yaml, MinorReportsWaitingFilter).
    logger.warning("report of a minor waits", key_id=report.key)
    return ApiResponse({"state": "waiting", "recipient": recipient}, HTTPStatus.ACCEPTED)


def hold_to_json(recipient: str, done: LiftResult) -> dict[str, object]:
    """The answer to a hold or a lift."""
    return {
        "recipient": recipient,
        "outcome": done.outcome.value,
        "blocked_by": [reason.value for reason in done.blocked_by],
        "sendable": done.sendable,
        **({"purge": done.purge} if done.purge else {}),
    }


def lift_to_json(
    recipient: str, lift: LiftRequest, done: LiftResult | None
) -> Mapping[str, object] | ApiResponse:
    """The answer to a lift; to the first of the two that lift a minor, that it waits."""
    if done is not None:
        return hold_to_json(recipient, done)
    at = lift.signature.at
    waiting = {
        "recipient": recipient,
        "outcome": "waiting",
        "until": rfc3339.format_time(at + SECOND_SIGNATURE_WITHIN),
    }
    return ApiResponse(waiting, HTTPStatus.ACCEPTED)


def _reference(body: JsonReader) -> str:
    return _filled(body, "reference")


def _filled(body: JsonReader, name: str) -> str:
    """A text that says something; what must not be on record is taken out of it."""
    text = body.text(name, longest=MAX_EVIDENCE_TEXT)
    if text and not text.strip():
        body.fault(name, "must not be blank")
    return scrub_text(text)


def _scope(body: JsonReader, what: Liftable, catalogue: Catalogue) -> ScopeNumber:
    if what is not Liftable.COMPLAINT:
        if body.has("scope"):
            body.optional_text("scope")
            body.fault("scope", "belongs to a complaint alone")
        return ALL_SCOPES
    number = fields.read_scope(body, catalogue)
    topic = catalogue.topics.get(number)
    if topic is not None and topic.kind is not TopicKind.MARKETING:
        body.fault("scope", "is nothing that a complaint stops")
    return number
