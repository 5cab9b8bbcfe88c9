"""Which adapter serves which port. Made when first needed, so that importing never needs AWS.

Each function imports what it makes: a Lambda loads what it serves and nothing else, which is half of
what its cold start costs beyond the AWS client.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from heed import cold_start
from heed.adapters import aws
from heed.domain.errors import Unavailable
from heed.settings import Settings

if TYPE_CHECKING:
    from heed.actions.manage_preferences import ManagePreferences
    from heed.actions.record_feedback import RecordFeedback
    from heed.actions.unsubscribe import Unsubscribe
    from heed.adapters.api_keys import ApiKeys
    from heed.adapters.change_feed import ChangesIndex
    from heed.adapters.kms_keys import KmsKeys
    from heed.adapters.preferences_table import PreferencesTable
    from heed.adapters.sqs_queue import SqsQueue
    from heed.domain.catalogue import Catalogue
    from heed.edge.api_keys import Gate
    from heed.edge.pages import Pages


@cache
def settings() -> Settings:
    """What the deployment says."""
    return Settings()


@cache
def catalogue() -> Catalogue:
    """The brands and topics of the compiled brand."""
    from heed.domain.catalogue import Catalogue

    return Catalogue.of(json.loads((settings().brand_dir / "catalogue.json").read_bytes()))


@cache
def pages() -> Pages:
    """The pages of the compiled brand."""
    from heed.edge.pages import Pages

    return Pages(settings().brand_dir)


@cache
def preferences() -> PreferencesTable:
    """The registers of every recipient."""
    from heed.adapters.preferences_table import PreferencesTable

    return PreferencesTable(aws.client("dynamodb"), settings().preferences_table)


@cache
def change_feed() -> ChangesIndex:
    """Who was ever stopped, in the order of change."""
    from heed.adapters.change_feed import ChangesIndex

    return ChangesIndex(aws.client("dynamodb"), settings().preferences_table)


@cache
def keys() -> KmsKeys:
    """The derived keys."""
    from heed.adapters.kms_keys import KmsKeys

    return KmsKeys(
        aws.client("kms"),
        lambda: settings().identity_key,
        lambda: settings().links_key,
        settings().link_key_ids,
    )


@cache
def api_keys() -> ApiKeys:
    """The keys of the API under /v1."""
    from heed.adapters.api_keys import ApiKeys

    return ApiKeys(aws.client("dynamodb"), settings().control_table)


@cache
def gate() -> Gate:
    """Who is let in under /v1; remembers for a minute."""
    from heed.edge.api_keys import Gate

    return Gate(api_keys())


@cache
def later() -> SqsQueue:
    """The queue of opt-outs whose write failed."""
    from heed.adapters.sqs_queue import SqsQueue

    return SqsQueue(aws.client("sqs"), settings().later_queue_url)


@cache
def unsubscribe() -> Unsubscribe:
    """What happens to a link."""
    from heed.actions.unsubscribe import Unsubscribe

    return Unsubscribe(keys(), preferences(), catalogue(), later)


@cache
def manage_preferences() -> ManagePreferences:
    """What happens to a link to the preference centre."""
    from heed.actions.manage_preferences import ManagePreferences

    return ManagePreferences(keys(), preferences(), catalogue())


@cache
def record_feedback() -> RecordFeedback:
    """What happens to a bounce or a complaint."""
    from heed.actions.record_feedback import RecordFeedback
    from heed.adapters import ses_events

    return RecordFeedback(ses_events.read, keys(), preferences(), catalogue())


@cache
def feedback_dead_letters() -> SqsQueue:
    """Where feedback that nobody can make out is kept."""
    from heed.adapters.sqs_queue import SqsQueue

    return SqsQueue(aws.client("sqs"), settings().feedback_dlq_url)


def preferences_key() -> bytes:
    """The key of links to the preference centre."""
    from heed.domain.token import Purpose

    return keys().link(Purpose.PREFERENCES, keys().newest())


def unsubscribe_key() -> bytes:
    """The key that most links in the mail of today are signed with."""
    from heed.domain.token import Purpose

    return keys().link(Purpose.UNSUBSCRIBE, keys().newest())


def warm_up(*needs: Callable[[], object]) -> None:
    """End the start of a function; in a deployed one make first what its requests will need.

    What AWS refuses now is tried again at the request: a function never dies at import.
    """
    if settings().deployed:
        for make in needs:
            with suppress(Unavailable):
                make()
    cold_start.end()


_CACHED = (
    record_feedback,
    feedback_dead_letters,
    settings,
    catalogue,
    pages,
    preferences,
    change_feed,
    keys,
    api_keys,
    gate,
    later,
    unsubscribe,
    manage_preferences,
    aws.client,
)


def reset() -> None:
    """Forget everything that was made; for tests, which change what the deployment says."""
    for made in _CACHED:
        made.cache_clear()
