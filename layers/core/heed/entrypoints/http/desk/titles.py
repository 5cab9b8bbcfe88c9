"""The names of topics and scopes on the pages of the desk."""

from __future__ import annotations

from heed.domain.preferences.catalogue import Catalogue, Topic
from heed.domain.preferences.register import ALL_SCOPES


def topic_title(topic: Topic, catalogue: Catalogue, language: str) -> str:
    """Returns the name of a topic, with its brand if the deployment has several brands."""
    name = topic.names[language]
    several = len((catalogue.whole or catalogue).brands) > 1 and topic.brand
    return f"{name} ({catalogue.brands[topic.brand].title})" if several else name


def scope_title(scope: int, catalogue: Catalogue, language: str) -> str:
    """Returns the name of a brand or a topic; "" for all marketing, or for the whole address."""
    if scope == ALL_SCOPES:
        return ""
    topic = catalogue.topics.get(scope)
    if topic is not None:
        return topic_title(topic, catalogue, language)
    brands = {int(number): brand.title for number, brand in catalogue.brands.items()}
    return brands.get(scope, catalogue.scope_name(scope))
