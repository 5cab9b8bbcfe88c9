"""The request bodies and responses of reports, holds and lifts.

The routes are POST /v1/minors and /v1/erasures (reports), /v1/holds and /v1/lifts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from heed.domain import rfc3339
from heed.domain.api_key import KeyScope, normalise_owner
from heed.domain.preferences.catalogue import Catalogue, TopicKind
from heed.domain.preferences.evidence import make_evidence
from heed.domain.preferences.reasons import Liftable
from heed.domain.preferences.register import ALL_SCOPES, Entry, ScopeNumber, Source
from heed.domain.privacy.erasure import ErasureCause, ErasureRequest
from heed.domain.privacy.lift import Signature, entry_of_lift
from heed.entrypoints.http.api import fields
from heed.entrypoints.http.api.json_body import JsonReader
from heed.entrypoints.http.api.routes import ApiRequest, ApiResponse
from heed.entrypoints.report_counts import count_report
from heed.use_cases.identify import Mention
from heed.use_cases.privacy.erase import ReportResult
from heed.use_cases.privacy.hold_and_lift import SuppressionResult


@dataclass(frozen=True, slots=True)
class LiftRequest:
    """A request to lift a suppression.

    Attributes:
        mention: The person.
        liftable: The kind of suppression to lift.
        scope: The scope of a complaint; otherwise ALL_SCOPES.
        signature: Who lifts it, when and why.
        policy: The version of the privacy policy at that time.
    """

    mention: Mention
    liftable: Liftable
    scope: ScopeNumber
    signature: Signature
    policy: str

    def entry(self) -> Entry:
        """Returns the entry that records the lift."""
        return entry_of_lift(self.signature, self.policy)


def parse_report_request(
    call: ApiRequest, cause: ErasureCause, catalogue: Catalogue
) -> tuple[Mention, ErasureRequest]:
    """Returns the person and the report in a request about a minor or an erasure.

    Raises:
        InvalidRequest: A field is missing or not valid.
    """
    body = call.body()
    mention = fields.read_person(body)
    source = Source(body.read_choice("source", Source.reportable()) or Source.API)
    reference = _read_reference(body)
    body.close()
    policy = catalogue.policy_version_at(call.at)
    by_officer = KeyScope.PRIVACY in call.key.scopes
    return mention, ErasureRequest(cause, call.at, source, reference, call.key.id, policy, by_officer)


def parse_hold_request(call: ApiRequest, catalogue: Catalogue) -> tuple[Mention, Entry]:
    """Returns the person and the entry in a request for a hold.

    Raises:
        InvalidRequest: A field is missing or not valid.
    """
    body = call.body()
    mention = fields.read_person(body)
    source = Source(body.read_choice("source", Source.reportable()) or Source.API)
    reason, reference = fields.read_words(body, "reason"), _read_reference(body)
    body.close()
    proof = make_evidence(key=call.key.id, reason=reason, reference=reference)
    return mention, Entry(call.at, source, proof, catalogue.policy_version_at(call.at))


def parse_lift_request(call: ApiRequest, catalogue: Catalogue) -> LiftRequest:
    """Returns the request in a body. A complaint needs the scope that the person named.

    Raises:
        InvalidRequest: A field is missing or not valid.
    """
    body = call.body()
    mention = fields.read_person(body)
    what = Liftable(body.read_choice("register", [liftable.value for liftable in Liftable]) or Liftable.HOLD)
    scope = _read_scope(body, what, catalogue)
    reason, reference = fields.read_words(body, "reason"), _read_reference(body)
    body.close()
    signature = Signature(call.key.id, normalise_owner(call.key.owner), call.at, reason, reference)
    return LiftRequest(mention, what, scope, signature, catalogue.policy_version_at(call.at))


def report_to_json(result: ReportResult, report: ErasureRequest, recipient: str) -> ApiResponse:
    """Returns the answer to a report.

    The person is already suppressed. Without a purge in the result, an officer has to decide first.
    """
    count_report(result, report)
    if result.purge_id:
        return ApiResponse({"purge": result.purge_id, "recipient": recipient}, HTTPStatus.ACCEPTED)
    return ApiResponse({"state": "waiting", "recipient": recipient}, HTTPStatus.ACCEPTED)


def suppression_result_to_json(recipient: str, result: SuppressionResult) -> dict[str, object]:
    """Returns the answer to a hold or a lift."""
    return {
        "recipient": recipient,
        "outcome": result.outcome.value,
        "blocked_by": [reason.value for reason in result.blocked_by],
        "sendable": result.sendable,
        **({"purge": result.purge_id} if result.purge_id else {}),
    }


def lift_to_json(
    recipient: str, lift: LiftRequest, result: SuppressionResult | None
) -> Mapping[str, object] | ApiResponse:
    """Returns the answer to a lift. `result` is None if a minor's lift still needs a second person."""
    if result is not None:
        return suppression_result_to_json(recipient, result)
    waiting = {
        "recipient": recipient,
        "outcome": "waiting",
        "until": rfc3339.format_time(lift.signature.ends_at),
    }
    return ApiResponse(waiting, HTTPStatus.ACCEPTED)


def _read_reference(body: JsonReader) -> str:
    return fields.read_words(body, "reference")


def _read_scope(body: JsonReader, what: Liftable, catalogue: Catalogue) -> ScopeNumber:
    if what is not Liftable.COMPLAINT:
        if body.has("scope"):
            body.read_optional_text("scope")
            body.add_fault("scope", "is valid only for a complaint")
        return ALL_SCOPES
    number = fields.read_scope(body, catalogue)
    topic = catalogue.topics.get(number)
    if topic is not None and topic.kind is not TopicKind.MARKETING:
        body.add_fault("scope", "is not a marketing scope; a complaint stops marketing only")
    return number
