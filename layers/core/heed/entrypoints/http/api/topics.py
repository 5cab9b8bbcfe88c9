"""GET /v1/topics: what there is to choose, for those who ask about it by name."""

from __future__ import annotations

from heed.domain.preferences.catalogue import Catalogue


def topics_to_json(catalogue: Catalogue) -> dict[str, object]:
    """The answer: brands and topics; a topic's name is the one that every request takes."""
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
                "name": catalogue.name(topic.number),
                "brand": catalogue.brands[topic.brand].name if topic.brand else None,
                "kind": topic.kind.value,
                "default": "in" if topic.default_in else "out",
                "retired": topic.retired,
                "names": dict(topic.names),
            }
            for topic in catalogue.topics.values()
        ],
    }
