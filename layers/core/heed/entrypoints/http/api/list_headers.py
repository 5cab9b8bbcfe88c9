"""The headers of a mail that a mail client's own unsubscribe button stands on.

RFC 2369 (List-Unsubscribe), RFC 8058 (one-click), RFC 2919 (List-Id). Values are one line each, ASCII,
far below the 998 octets of RFC 5322 §2.1.1: a sender who must fold a header breaks its DKIM signature.
"""

from __future__ import annotations

import re

from heed.domain.preferences.catalogue import Brand, Catalogue, Topic

_MAX_PHRASE = 200  # characters; a title for people, and not needed to tell lists apart
_ATOMS = re.compile(r"[A-Za-z0-9]+(?: [A-Za-z0-9]+)*")
_PRINTABLE = re.compile(r"[ -~]+")


def list_headers(unsubscribe_url: str, mailto: str, list_id: str) -> dict[str, str]:
    """The headers by name; without a mailto address, one-click by https alone."""
    ways = [f"<{unsubscribe_url}>"]
    if mailto:
        ways.append(f"<mailto:{mailto}?subject=unsubscribe>")
    return {
        "List-Unsubscribe": ", ".join(ways),
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": list_id,
    }


def list_id(topic: Topic, catalogue: Catalogue) -> str:
    """`Offers <offers.meridian.example.com>`: the same for every mail of a topic, in any language.

    The title is the topic's in the default language; one that is not ASCII is left out.
    """
    brand = catalogue.brands[topic.brand]
    name = f"<{topic.name}.{brand.name}.{brand.domain}>"
    title = topic.names[catalogue.default_language]
    if len(title) > _MAX_PHRASE or not _PRINTABLE.fullmatch(title):
        return name
    if not _ATOMS.fullmatch(title):
        title = '"' + re.sub(r'(["\\])', r"\\\1", title) + '"'
    return f"{title} {name}"


def brand_list_id(brand: Brand) -> str:
    """The same for mail that is about no topic: a confirmation."""
    return f"<confirmations.{brand.name}.{brand.domain}>"
