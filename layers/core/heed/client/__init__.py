"""The client of the API for a sender in Python. It needs nothing of AWS, and no Lambda layer contains it.

`Heed` is the API, `verify_webhook` reads what Heed sends, and `heed.Snapshot` answers without a request.
docs/clients.md describes all of it.
"""

from heed.client.answers import ChangeAnswer, NoLinks, PersonCheck, PersonDecision, PersonLinks
from heed.client.api import Heed
from heed.client.failures import InvalidSetting, InvalidWebhook, NoAnswer, NotUnderstood, Refused
from heed.client.feed import FeedEntry, FeedPage
from heed.client.new_change import NewChange
from heed.client.topics import ListedBrand, ListedTopic, TopicsAnswer
from heed.client.transport import RetryRules
from heed.client.webhook import ImportWebhook, RecipientWebhook, WebhookEvent, verify_webhook
from heed.domain.errors import HeedError, RequestFault

__all__ = [
    "ChangeAnswer",
    "FeedEntry",
    "FeedPage",
    "Heed",
    "HeedError",
    "ImportWebhook",
    "InvalidSetting",
    "InvalidWebhook",
    "ListedBrand",
    "ListedTopic",
    "NewChange",
    "NoAnswer",
    "NoLinks",
    "NotUnderstood",
    "PersonCheck",
    "PersonDecision",
    "PersonLinks",
    "RecipientWebhook",
    "Refused",
    "RequestFault",
    "RetryRules",
    "TopicsAnswer",
    "WebhookEvent",
    "verify_webhook",
]
