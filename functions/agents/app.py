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
from heed.domain.privacy.disclosure import Disclosing
from heed.domain.privacy.erasure import Cause
from heed.domain.privacy.purge import is_id
from heed.entrypoints.http.api import certificates, changes, disclosures, lookups, reports
from heed.entrypoints.http.api.routes import Api, Call, Reply
from heed.entrypoints.observability import count, logger, observed
from heed.use_cases.identify import Mention, recipient_of
from heed.use_cases.preferences.record_changes import Voiced, record_changes
from heed.use_cases.privacy.lookup import lookup

heed = Heed.from_environment()
api = Api(lambda: heed.gate)


@api.route("POST", "/v1/changes", KeyScope.WRITE)
def change(call: Call) -> Mapping[str, object]:
    """What people said, written before the answer is given."""
    catalogue = heed.catalogue
    asked = changes.asked(call.body(), catalogue, call.key.id, call.at)
    identity = heed.identity_key.identity()
    voiced = [Voiced(recipient_of(one.mention, identity), one.wish) for one in asked]
    results = record_changes(voiced, call.at, heed.preferences, catalogue)
    for result in results:
        count(f"Change{result.outcome.value.title()}")
    return changes.written(asked, (one.recipient for one in voiced), results)


@api.route("POST", "/v1/recipients/lookup", KeyScope.READ)
def look_up(call: Call) -> Mapping[str, object]:
    """All that is held about a person. Who asked, and what for, goes to the log; about whom does not."""
    asked = lookups.asked(call.body())
    recipient = recipient_of(asked.mention, heed.identity_key.identity())
    stores = heed.preferences, heed.ledger
    found = lookup(recipient, call.at, *stores, heed.catalogue)
    count("RecipientLookedUp")
    logger.info("looked up", key_id=call.key.id, purpose=asked.purpose.value)
    heed.disclosures.append(Disclosing(call.at, "lookup", asked.purpose, 1, call.key.id))
    return lookups.written(recipient, found, heed.catalogue)


@api.route("POST", "/v1/minors", KeyScope.WRITE, KeyScope.PRIVACY)
def minor(call: Call) -> Reply:
    """Somebody is under 13: nothing is sent any more when this returns; the rest is cleared, or waits."""
    return _report(call, Cause.MINOR)


@api.route("POST", "/v1/erasures", KeyScope.PRIVACY)
def erase(call: Call) -> Reply:
    """An adult wants to be forgotten: the bare stop is kept, all else is cleared."""
    return _report(call, Cause.ERASURE)


@api.route("GET", "/v1/purges/{id}", KeyScope.PRIVACY)
def certificate(call: Call) -> Mapping[str, object]:
    """How far a purge is, and what it found."""
    asked = call.parts["id"]
    purge = heed.purges.find(asked) if is_id(asked) else None
    if purge is None:
        raise NotFound("no purge of that id")
    return certificates.written(purge)


@api.route("POST", "/v1/holds", KeyScope.PRIVACY)
def hold(call: Call) -> Mapping[str, object]:
    """Everything to an address stops, and what is on record is preserved."""
    mention, entry = reports.held(call, heed.catalogue)
    recipient = _recipient(mention)
    done = heed.place_hold(recipient, entry, call.at)
    count(f"Hold{done.outcome.value.title()}")
    return reports.written(recipient, done)


@api.route("POST", "/v1/lifts", KeyScope.PRIVACY)
def lift(call: Call) -> Mapping[str, object] | Reply:
    """What stands against an address is lifted by a person; a minor by two of different owners."""
    asked = reports.lifted(call, heed.catalogue)
    recipient = _recipient(asked.mention)
    done = heed.lift_stop(recipient, asked.what, asked.scope, asked.signature, asked.entry())
    count(f"Lift{done.outcome.value.title()}" if done else "LiftWaiting")
    return reports.lift_written(recipient, asked, done)


@api.route("GET", "/v1/disclosures", KeyScope.PRIVACY)
def disclosed(call: Call) -> Mapping[str, object]:
    """What was given out of people, for what, and by whose key; the newest first."""
    before, limit = disclosures.asked(call.event)
    return disclosures.written(heed.disclosures.latest(before, limit))


def _report(call: Call, cause: Cause) -> Reply:
    mention, report = reports.reported(call, cause, heed.catalogue)
    recipient = _recipient(mention)
    reported = heed.erase(recipient, report)
    return reports.accepted(reported, report, recipient)


def _recipient(mention: Mention) -> str:
    return recipient_of(mention, heed.identity_key.identity())


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """One HTTP request, payload format 2.0 (or 1.0)."""
    return api(event, context)


heed.warm_up(lambda: (heed.gate, heed.preferences, heed.identity_key.identity()))
