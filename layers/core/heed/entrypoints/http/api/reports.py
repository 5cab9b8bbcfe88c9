"""POST /v1/minors, /v1/erasures, /v1/holds and /v1/lifts: their bodies, and the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from heed.domain import rfc3339
from heed.domain.api_key import KeyScope, owner_of
from heed.domain.preferences.catalogue import Catalogue, Kind
from heed.domain.preferences.evidence import MAX_TEXT, evidence, scrub
from heed.domain.preferences.reasons import Liftable
from heed.domain.preferences.register import ALL, Entry, ScopeNumber, Source
from heed.domain.privacy.erasure import Cause, Report
from heed.domain.privacy.lift import BOTH_WITHIN, Signature
from heed.entrypoints.http.api import fields
from heed.entrypoints.http.api.json_body import Reader
from heed.entrypoints.http.api.routes import Call, Reply
from heed.entrypoints.observability import count, logger
from heed.use_cases.identify import Mention
from heed.use_cases.privacy.erase import Reported
from heed.use_cases.privacy.hold_and_lift import Done


@dataclass(frozen=True, slots=True)
class Lift:
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


def reported(call: Call, cause: Cause, catalogue: Catalogue) -> tuple[Mention, Report]:
    """Of whom a minor or an erasure is reported.

    Raises:
        InvalidRequest: it breaks the contract.
    """
    body = call.body()
    mention = fields.person(body)
    source = Source(body.one_of("source", Source.reportable()) or Source.API)
    reference = _reference(body)
    body.close()
    policy = catalogue.policy(call.at)
    by_officer = KeyScope.PRIVACY in call.key.scopes
    return mention, Report(cause, call.at, source, reference, call.key.id, policy, by_officer)


def held(call: Call, catalogue: Catalogue) -> tuple[Mention, Entry]:
    """On whom a hold is put.

    Raises:
        InvalidRequest: it breaks the contract.
    """
    body = call.body()
    mention = fields.person(body)
    source = Source(body.one_of("source", Source.reportable()) or Source.API)
    reason, reference = _filled(body, "reason"), _reference(body)
    body.close()
    said = evidence(key=call.key.id, reason=reason, reference=reference)
    return mention, Entry(call.at, source, said, catalogue.policy(call.at))


def lifted(call: Call, catalogue: Catalogue) -> Lift:
    """What is to be lifted. A complaint needs the scope that the person asked for.

    Raises:
        InvalidRequest: it breaks the contract.
    """
    body = call.body()
    mention = fields.person(body)
    what = Liftable(body.one_of("register", [each.value for each in Liftable]) or Liftable.HOLD)
    scope = _scope(body, what, catalogue)
    reason, reference = _filled(body, "reason"), _reference(body)
    body.close()
    signature = Signature(call.key.id, owner_of(call.key.owner), call.at, reason, reference)
    return Lift(mention, what, scope, signature, catalogue.policy(call.at))


def accepted(reported: Reported, report: Report, recipient: str) -> Reply:
    """The answer to a report: the person is stopped; the rest follows, or an officer decides first."""
    count("MinorReported" if report.cause is Cause.MINOR else "ErasureAccepted")
    if reported.purge:
        return Reply({"purge": reported.purge, "recipient": recipient}, HTTPStatus.ACCEPTED)
    count("MinorReportWaiting")
    # The words are what the alarm's filter looks for (template.yaml, MinorReportsWaitingFilter).
    logger.warning("report of a minor waits", key_id=report.key)
    return Reply({"state": "waiting", "recipient": recipient}, HTTPStatus.ACCEPTED)


def written(recipient: str, done: Done) -> dict[str, object]:
    """The answer to a hold or a lift."""
    return {
        "recipient": recipient,
        "outcome": done.outcome.value,
        "blocked_by": [reason.value for reason in done.blocked_by],
        "sendable": done.sendable,
        **({"purge": done.purge} if done.purge else {}),
    }


def lift_written(recipient: str, lift: Lift, done: Done | None) -> Mapping[str, object] | Reply:
    """The answer to a lift; to the first of the two that lift a minor, that it waits."""
    if done is not None:
        return written(recipient, done)
    at = lift.signature.at
    waiting = {
        "recipient": recipient,
        "outcome": "waiting",
        "until": rfc3339.write(at + BOTH_WITHIN),
    }
    return Reply(waiting, HTTPStatus.ACCEPTED)


def _reference(body: Reader) -> str:
    return _filled(body, "reference")


def _filled(body: Reader, name: str) -> str:
    """A text that says something; what must not be on record is taken out of it."""
    text = body.text(name, longest=MAX_TEXT)
    if text and not text.strip():
        body.fault(name, "must not be blank")
    return scrub(text)


def _scope(body: Reader, what: Liftable, catalogue: Catalogue) -> ScopeNumber:
    if what is not Liftable.COMPLAINT:
        if body.has("scope"):
            body.optional_text("scope")
            body.fault("scope", "belongs to a complaint alone")
        return ALL
    number = fields.scope(body, catalogue)
    topic = catalogue.topics.get(number)
    if topic is not None and topic.kind is not Kind.MARKETING:
        body.fault("scope", "is nothing that a complaint stops")
    return number
