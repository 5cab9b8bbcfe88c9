"""What agents and privacy officers do.

Changes that came by phone or letter, looking a person up; minors, erasures, holds and lifts; what was
disclosed.
"""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first, by what it does

from collections.abc import Mapping
from typing import Any

from heed.bootstrap import Heed
from heed.domain.api_key import KeyScope
from heed.domain.errors import NotFound
from heed.domain.privacy.disclosure import DisclosureDetails
from heed.domain.privacy.erasure import ErasureCause
from heed.domain.privacy.purge import is_purge_id
from heed.entrypoints.http.api import certificates, changes, disclosures, lookups, reports
from heed.entrypoints.http.api.routes import ApiRequest, ApiResponse, ApiRoutes
from heed.entrypoints.observability import count_metric, logger, observed
from heed.use_cases.identify import Mention, recipient_of
from heed.use_cases.preferences.record_changes import RequestedChange, record_changes
from heed.use_cases.privacy.lookup import look_up

heed = Heed.from_environment()
api = ApiRoutes(lambda: heed.authenticator)


@api.route("POST", "/v1/changes", KeyScope.WRITE)
def change(call: ApiRequest) -> Mapping[str, object]:
    """What people said, written before the answer is given."""
    catalogue = heed.catalogue
    asked = changes.parse_change_requests(call.body(), catalogue, call.key.id, call.at)
    identity = heed.identity_key.identity_key()
    voiced = [RequestedChange(recipient_of(one.mention, identity), one.wish) for one in asked]
    results = record_changes(voiced, call.at, heed.preferences, catalogue)
    for result in results:
        count_metric(f"Change{result.outcome.value.title()}")
    return changes.changes_to_json(asked, (one.recipient for one in voiced), results)


@api.route("POST", "/v1/recipients/lookup", KeyScope.READ)
def look_up_recipient(call: ApiRequest) -> Mapping[str, object]:
    """All that is held about a person. Who asked, and what for, goes to the log; about whom does not."""
    asked = lookups.parse_lookup_request(call.body())
    recipient = recipient_of(asked.mention, heed.identity_key.identity_key())
    stores = heed.preferences, heed.ledger
    found = look_up(recipient, call.at, *stores, heed.catalogue)
    count_metric("RecipientLookedUp")
    logger.info("looked up", key_id=call.key.id, purpose=asked.purpose.value)
    heed.disclosures.append(DisclosureDetails(call.at, "lookup", asked.purpose, 1, call.key.id))
    return lookups.lookup_to_json(recipient, found, heed.catalogue)


@api.route("POST", "/v1/minors", KeyScope.WRITE, KeyScope.PRIVACY)
def minor(call: ApiRequest) -> ApiResponse:
    """Somebody is under 13: nothing is sent any more when this returns; the rest is cleared, or waits."""
    return _report(call, ErasureCause.MINOR)


@api.route("POST", "/v1/erasures", KeyScope.PRIVACY)
def erase(call: ApiRequest) -> ApiResponse:
    """An adult wants to be forgotten: the bare stop is kept, all else is cleared."""
    return _report(call, ErasureCause.ERASURE)


@api.route("GET", "/v1/purges/{id}", KeyScope.PRIVACY)
def certificate(call: ApiRequest) -> Mapping[str, object]:
    """How far a purge is, and what it found."""
    asked = call.parts["id"]
    purge = heed.purges.find(asked) if is_purge_id(asked) else None
    if purge is None:
        raise NotFound("no purge of that id")
    return certificates.certificate_to_json(purge)


@api.route("POST", "/v1/holds", KeyScope.PRIVACY)
def hold(call: ApiRequest) -> Mapping[str, object]:
    """Everything to an address stops, and what is on record is preserved."""
    mention, entry = reports.parse_hold_request(call, heed.catalogue)
    recipient = _recipient(mention)
    done = heed.place_hold(recipient, entry, call.at)
    count_metric(f"Hold{done.outcome.value.title()}")
    return reports.hold_to_json(recipient, done)


@api.route("POST", "/v1/lifts", KeyScope.PRIVACY)
def lift(call: ApiRequest) -> Mapping[str, object] | ApiResponse:
    """What stands against an address is lifted by a person; a minor by two of different owners."""
    asked = reports.parse_lift_request(call, heed.catalogue)
    recipient = _recipient(asked.mention)
    done = heed.lift_stop(recipient, asked.what, asked.scope, asked.signature, asked.entry())
    count_metric(f"Lift{done.outcome.value.title()}" if done else "LiftWaiting")
    return reports.lift_to_json(recipient, asked, done)


@api.route("GET", "/v1/disclosures", KeyScope.PRIVACY)
def disclosed(call: ApiRequest) -> Mapping[str, object]:
    """What was given out of people, for what, and by whose key; the newest first."""
    before, limit = disclosures.parse_disclosures_query(call.event)
    return disclosures.disclosures_to_json(heed.disclosures.latest(before, limit))


def _report(call: ApiRequest, cause: ErasureCause) -> ApiResponse:
    mention, report = reports.parse_report_request(call, cause, heed.catalogue)
    recipient = _recipient(mention)
    reported = heed.erase(recipient, report)
    return reports.report_to_json(reported, report, recipient)


def _recipient(mention: Mention) -> str:
    return recipient_of(mention, heed.identity_key.identity_key())


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """One HTTP request, payload format 2.0 (or 1.0)."""
    return api(event, context)


heed.warm_up(lambda: (heed.authenticator, heed.preferences, heed.identity_key.identity_key()))
