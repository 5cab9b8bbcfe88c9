"""GET /v1/topics: the response, with the names that all other requests use."""

from __future__ import annotations

from heed.domain.preferences.catalogue import Catalogue


def topics_to_json(catalogue: Catalogue) -> dict[str, object]:
    """Returns all brands and topics. Other requests use the `name` of a topic."""
    return {
        "brands": [
            {
                "number": brand.number,
                "name": brand.name,
                "title": brand.title,
                "domain": brand.domain,
                "default": brand.number == catalogue.default_brand,
            }
            for brand in catalogue.brands.values()
        ],
        "topics": [
            {
                "number": topic.number,
                "name": catalogue.scope_name(topic.number),
                "brand": catalogue.brands[topic.brand].name if topic.brand else None,
                "kind": topic.kind.value,
                "default": "in" if topic.default_in else "out",
                "retired": topic.retired,
                "names": dict(topic.names),
            }
            for topic in catalogue.topics.values()
        ],
    }
