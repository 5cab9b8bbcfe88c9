"""The mail headers that a mail client needs to show its own unsubscribe button.

The headers follow RFC 2369 (List-Unsubscribe), RFC 8058 (one-click) and RFC 2919 (List-Id). Each value is one
line of ASCII, much shorter than the 998 octets of RFC 5322 §2.1.1. A sender therefore does not need to fold a
header, which would break its DKIM signature.
"""

from __future__ import annotations

import re

from heed.domain.preferences.catalogue import Brand, Catalogue, Topic

_MAX_PHRASE = 200  # characters of the title, which is only for people
_ATOMS = re.compile(r"[A-Za-z0-9]+(?: [A-Za-z0-9]+)*")
_PRINTABLE = re.compile(r"[ -~]+")


def list_headers(unsubscribe_url: str, mailto: str, list_id: str) -> dict[str, str]:
    """Returns the headers by name. If `mailto` is "", the only way to unsubscribe is one-click by HTTPS."""
    targets = [f"<{unsubscribe_url}>"]
    if mailto:
        targets.append(f"<mailto:{mailto}?subject=unsubscribe>")
    return {
        "List-Unsubscribe": ", ".join(targets),
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": list_id,
    }


def list_id(topic: Topic, catalogue: Catalogue) -> str:
    """Returns the List-Id of a topic, such as `Offers <offers.meridian.example.com>`.

    It is the same for each mail of a topic, in any language. It contains the title of the topic in the
    default language, unless the title is not ASCII.
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
    """Returns the List-Id of confirmation mails, which have no topic."""
    return f"<confirmations.{brand.name}.{brand.domain}>"
