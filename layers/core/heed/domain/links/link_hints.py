"""The hints of a link: its campaign, and the sending platform's own id of the person.

They are not signed, so anybody who has the link can edit them. A hint is stored only as a part of the
evidence of a change, and it decides nothing.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from heed.domain.preferences.evidence import scrub_text

REF_TAG = "heed-ref"
"""The SES message tag with the ref of the recipient of a mail."""

_REF = re.compile(r"[A-Za-z0-9._-]{1,64}")
_DIGEST = re.compile(r"[0-9a-f]{40,64}")


class LinkHints(NamedTuple):
    """The hints of a link.

    Attributes:
        campaign: The campaign, or "".
        ref: The platform's own id of the person, or "".
    """

    campaign: str = ""
    ref: str = ""


def parse_ref(text: str) -> str:
    """Returns the ref; "" if the text is not one.

    A text that looks like a token is no ref, because tokens are never stored. A digest in hexadecimal is one:
    no token of Heed looks like it.
    """
    is_ref = _REF.fullmatch(text) and (_DIGEST.fullmatch(text) or scrub_text(text) == text)
    return text if is_ref else ""
