"""What agents and privacy officers do: changes that came by phone or letter, and looking a person up."""

from __future__ import annotations

import heed.cold_start  # noqa: F401 - first, by what it does

from collections.abc import Mapping
from typing import Any

from heed import wiring
from heed.actions.identify import recipient_of
from heed.actions.lookup import lookup
from heed.actions.record_changes import Voiced, record_changes
from heed.domain.api_key import KeyScope
from heed.edge import changes, lookups
from heed.edge.api import Api, Call
from heed.edge.observability import count, logger, observed

api = Api(wiring.gate)


@api.route("POST", "/v1/changes", KeyScope.WRITE)
def change(call: Call) -> Mapping[str, object]:
    """What people said, written before the answer is given."""
    catalogue = wiring.catalogue()
    asked = changes.asked(call.body(), catalogue, call.key.id, call.at)
    identity = wiring.keys().identity()
    voiced = [Voiced(recipient_of(one.mention, identity), one.wish) for one in asked]
    results = record_changes(voiced, call.at, wiring.preferences(), catalogue)
    for result in results:
        count(f"Change{result.outcome.value.title()}")
    return changes.written(asked, (one.recipient for one in voiced), results)


@api.route("POST", "/v1/recipients/lookup", KeyScope.READ)
def look_up(call: Call) -> Mapping[str, object]:
    """All that is held about a person. Who asked, and what for, goes to the log; about whom does not."""
    asked = lookups.asked(call.body())
    recipient = recipient_of(asked.mention, wiring.keys().identity())
    found = lookup(recipient, call.at, wiring.preferences(), wiring.catalogue())
    count("RecipientLookedUp")
    logger.info("looked up", key_id=call.key.id, purpose=asked.purpose.value)
    return lookups.written(recipient, found, wiring.catalogue())


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """One HTTP request, payload format 2.0 (or 1.0)."""
    return api(event, context)


wiring.warm_up(wiring.gate, wiring.preferences, lambda: wiring.keys().identity())
