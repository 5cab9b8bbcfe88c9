"""The API for agents and privacy officers.

Agents record changes that arrived by phone or letter, and look people up. Privacy officers report minors,
erase people, place and lift holds, and read certificates of purges and the register of disclosures.
"""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first: it pauses the garbage collector

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
api = ApiRoutes(lambda: heed)


@api.route("POST", "/v1/changes", KeyScope.WRITE, by_brand=True)
def post_changes(call: ApiRequest) -> Mapping[str, object]:
    """Records preference requests; they are stored before the answer is sent."""
    catalogue = call.catalogue
    items = changes.parse_change_requests(call.body(), catalogue, call.key.id, call.at)
    identity = heed.identity_key.identity_key()
    requested = [
        RequestedChange(recipient_of(item.mention, identity), item.preference_request) for item in items
    ]
    results = record_changes(requested, call.at, heed.preferences, catalogue)
    for result in results:
        count_metric(f"Change{result.outcome.value.title()}")
    return changes.changes_to_json(items, (change.recipient for change in requested), results)


@api.route("POST", "/v1/recipients/lookup", KeyScope.READ, by_brand=True)
def look_up_recipient(call: ApiRequest) -> Mapping[str, object]:
    """Returns all that is stored about a person.

    The log names the key and the purpose, but not the person.
    """
    lookup_request = lookups.parse_lookup_request(call.body())
    recipient = recipient_of(lookup_request.mention, heed.identity_key.identity_key())
    stores = heed.preferences, heed.ledger
    result = look_up(recipient, call.at, *stores, call.catalogue)
    count_metric("RecipientLookedUp")
    logger.info("looked up", key_id=call.key.id, purpose=lookup_request.purpose.value)
    heed.disclosures.append(DisclosureDetails(call.at, "lookup", lookup_request.purpose, 1, call.key.id))
    return lookups.lookup_to_json(recipient, result, call.catalogue)


@api.route("POST", "/v1/minors", KeyScope.WRITE, KeyScope.PRIVACY)
def report_minor(call: ApiRequest) -> ApiResponse:
    """Records that a person is under 13.

    Nothing is sent to the person from the moment this returns. The data is erased at once, or, above the
    key's limit, when a privacy officer confirms the report.
    """
    return _report_and_answer(call, ErasureCause.MINOR)


@api.route("POST", "/v1/erasures", KeyScope.PRIVACY)
def erase(call: ApiRequest) -> ApiResponse:
    """Erases the data of an adult at the person's request. Opt-outs remain."""
    return _report_and_answer(call, ErasureCause.ERASURE)


@api.route("GET", "/v1/purges/{id}", KeyScope.PRIVACY)
def get_purge(call: ApiRequest) -> Mapping[str, object]:
    """Returns the state of a purge, and its certificate when it is complete."""
    purge_id = call.parts["id"]
    purge = heed.purges.find(purge_id) if is_purge_id(purge_id) else None
    if purge is None:
        raise NotFound("no purge has this id")
    return certificates.certificate_to_json(purge)


@api.route("POST", "/v1/holds", KeyScope.PRIVACY)
def place_hold(call: ApiRequest) -> Mapping[str, object]:
    """Places a legal hold: nothing is sent to the address, and its record is preserved."""
    mention, entry = reports.parse_hold_request(call, call.catalogue)
    recipient = _identify(mention)
    result = heed.place_hold(recipient, entry, call.at)
    count_metric(f"Hold{result.outcome.value.title()}")
    return reports.suppression_result_to_json(recipient, result)


@api.route("POST", "/v1/lifts", KeyScope.PRIVACY)
def lift_suppression(call: ApiRequest) -> Mapping[str, object] | ApiResponse:
    """Lifts a suppression; a report of a minor needs two keys of different owners."""
    lift = reports.parse_lift_request(call, call.catalogue)
    recipient = _identify(lift.mention)
    result = heed.lift_suppression(recipient, lift.liftable, lift.scope, lift.signature, lift.entry())
    count_metric(f"Lift{result.outcome.value.title()}" if result else "LiftWaiting")
    return reports.lift_to_json(recipient, lift, result)


@api.route("GET", "/v1/disclosures", KeyScope.PRIVACY)
def list_disclosures(call: ApiRequest) -> Mapping[str, object]:
    """Lists disclosures with their purpose and the key that made them, newest first."""
    before, limit = disclosures.parse_disclosures_query(call.event)
    return disclosures.disclosures_to_json(heed.disclosures.latest(before, limit))


def _report_and_answer(call: ApiRequest, cause: ErasureCause) -> ApiResponse:
    mention, report = reports.parse_report_request(call, cause, call.catalogue)
    recipient = _identify(mention)
    result = heed.erase(recipient, report)
    return reports.report_to_json(result, report, recipient)


def _identify(mention: Mention) -> str:
    return recipient_of(mention, heed.identity_key.identity_key())


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """Answers one HTTP request, in payload format 2.0 or 1.0."""
    return api(event, context)


heed.warm_up(lambda: (heed.authenticator, heed.preferences, heed.identity_key.identity_key()))
