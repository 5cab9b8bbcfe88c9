"""Address normalisation: one spelling of each mailbox, so that one person has one id.

All entry points use it. tests/vectors/addresses.json contains published test vectors: an implementation in
another language that gets one case wrong misses a suppression silently.
"""

from __future__ import annotations

import re
import unicodedata

from heed.domain.errors import InvalidAddress

MAX_LOCAL = 64  # octets; RFC 5321 §4.5.3.1.1
MAX_ADDRESS = 254  # octets; RFC 5321 §4.5.3.1.3 less the angle brackets, erratum 1690
MAX_INPUT = 1000  # characters, with display name and brackets; a longer text is invalid

# A plain address. Only its case needs normalising. Nearly all addresses are plain.
_PLAIN = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_ATEXT = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')  # one quoted string, RFC 5322 §3.2.4
_RFC822 = re.compile(r"\s*rfc822\s*;", re.IGNORECASE)
# A local part that looks like an encoded word (RFC 2047 §2). Decoding on its way would change the address.
_ENCODED = re.compile(r"=\?[^?]*\?[^?]*\?.*\?=")
_JOINERS = "\u200c\u200d"  # invisible, but Persian and Hindi words need them


def normalise_address(address: str) -> str:
    """Returns the one spelling of a mailbox: `Name <John.SMITH@EXAMPLE.COM>` → `john.smith@example.com`.

    It removes white space, angle brackets, a display name and DSN's `rfc822;` (RFC 3464 §2.3.1). It lowers
    the case of the local part in any script: hardly any mailbox is case-sensitive, and a wrong guess
    suppresses one mailbox more, never one less. It turns the domain into IDNA A-labels (UTS 46) and removes
    needless quotes.

    It keeps dots and `+tags`, because at all but one provider they are different mailboxes. It uses NFC,
    never NFKC, which would merge different people. The result is idempotent and the same in all versions of
    Python (docs/decisions/0040-case-of-local-parts.md).

    Raises:
        InvalidAddress: the text is not a valid address.
    """
    if len(address) <= MAX_ADDRESS and _PLAIN.fullmatch(address) and address.index("@") <= MAX_LOCAL:
        return address.lower()
    if len(address) > MAX_INPUT:
        raise InvalidAddress("too long")
    text = _unwrap(address)
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text):
        raise InvalidAddress("holds a control character")
    local, domain = _split_at_sign(text)
    return _check_length(f"{_local(local)}@{_domain(domain)}")


def is_mailable(mailbox: str) -> bool:
    """Whether SES can deliver mail to a normalised address.

    SES accepts only ASCII local parts, so none with a replacement character (U+FFFD). A local part that looks
    like an encoded word may become another address on its way, and an empty one (`""`) may be lost.
    """
    return mailbox.isascii() and not mailbox.startswith('""@') and not _ENCODED.search(mailbox)


def address_spellings(address: str) -> tuple[str, ...]:
    """Returns the spellings that a case-sensitive list may contain, the most likely first.

    They are the original spelling, the original local part with the normalised domain, and the normalised
    address. Only ASCII spellings that differ in case alone are returned, because a mail service writes no
    other.

    Raises:
        InvalidAddress: the text is not a valid address.
    """
    mailbox = normalise_address(address)
    original = _unwrap(address)
    local, domain = original.rpartition("@")[0], mailbox.rpartition("@")[2]
    spellings = (original, f"{local}@{domain}", mailbox)
    alike = (spelling for spelling in spellings if spelling.isascii() and spelling.lower() == mailbox)
    return tuple(dict.fromkeys(alike))


def _unwrap(text: str) -> str:
    """Returns the text between the angle brackets, or the whole text, without prefix and white space."""
    text = text.strip()
    if prefix := _RFC822.match(text):
        text = text[prefix.end() :].strip()
    if not text.endswith(">"):
        return text
    opening = text.rfind("<")
    while opening >= 0 and text.count('"', opening) % 2:  # the bracket is inside a quoted local part
        opening = text.rfind("<", 0, opening)
    if opening < 0:
        raise InvalidAddress("has a closing bracket without an opening one")
    _check_name(text[:opening])
    inner = text[opening + 1 : -1].strip()
    if inner.endswith(">"):
        raise InvalidAddress("has brackets within brackets")
    prefix = _RFC822.match(inner)
    return inner[prefix.end() :].strip() if prefix else inner


def _check_name(name: str) -> None:
    """Refuses a display name that may be another address: `a@example.com, Other <b@example.com>`."""
    for character in "@,":
        if character in name and _positions_outside_quotes(name, character):
            raise InvalidAddress("names more than one address")


def _positions_outside_quotes(text: str, character: str) -> list[int]:
    """Returns the positions of a character outside of quoted strings (RFC 5322 §3.2.4)."""
    positions, quoted, escaped = [], False, False
    for position, current in enumerate(text):
        if escaped:
            escaped = False
        elif quoted and current == "\\":
            escaped = True
        elif current == '"':
            quoted = not quoted
        elif current == character and not quoted:
            positions.append(position)
    if quoted:
        raise InvalidAddress("has an open quote")
    return positions


def _split_at_sign(text: str) -> tuple[str, str]:
    ats = _positions_outside_quotes(text, "@")
    if len(ats) != 1:
        raise InvalidAddress("needs exactly one @")
    return text[: ats[0]], text[ats[0] + 1 :]


def _local(local: str) -> str:
    """Returns the local part in lower case, without quotes if it needs none."""
    if not local.isascii():
        _check_characters(local)
    if quoted := _QUOTED.fullmatch(local):
        # Folding follows, because without backslashes a letter and its accent may combine.
        content = _fold_case(re.sub(r"\\(.)", r"\1", quoted[1]))
        local = content if _is_dot_atom(content) else _quoted(content)
    else:
        local = _fold_case(local)
        if not _is_dot_atom(local):
            raise InvalidAddress("has a local part that needs quotes")
    if not all(_is_valid_joiner(local, position) for position, c in enumerate(local) if c in _JOINERS):
        raise InvalidAddress("holds a joiner that joins nothing")
    return local


def _check_characters(local: str) -> None:
    """Refuses invisible characters (such as a pasted zero-width space) and characters that are no text.

    The id would belong to a mailbox that does not exist, and Heed would miss the suppression silently.
    """
    from heed.domain.recipients.unicode_table import is_invisible, is_no_text  # few addresses need it

    if any(is_no_text(c) or (is_invisible(c) and c not in _JOINERS) for c in local):
        raise InvalidAddress("holds an invisible character")


def _fold_case(text: str) -> str:
    """Returns the text in lower case and NFC.

    NFC is applied before and after, because a composed text may be decomposed in the other case.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())


def _is_valid_joiner(text: str, position: int) -> bool:
    """Whether a script needs the joiner at this position, as Persian or Hindi does (RFC 5892 A.1, A.2)."""
    import idna

    try:
        return idna.valid_contextj(text, position)
    except ValueError:  # next to a character without a name, such as a Tangut ideograph
        return False


def _quoted(content: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", content) + '"'


def _is_dot_atom(text: str) -> bool:
    return all(_ATEXT.fullmatch(atom) for atom in text.split(".")) and not any(c.isspace() for c in text)


def _domain(domain: str) -> str:
    """Returns the domain in lower-case A-labels, without the final dot of the root."""
    if not domain.isascii():
        import idna  # few domains need it

        from heed.domain.recipients.unicode_table import is_no_text

        if any(is_no_text(c) for c in domain):
            raise InvalidAddress("holds a character that is no text")
        try:
            domain = idna.encode(domain, uts46=True).decode()
        except (idna.IDNAError, UnicodeError) as error:
            raise InvalidAddress("has a domain that IDNA refuses") from error
    domain = domain.lower().removesuffix(".")
    if "." not in domain or not all(_LABEL.fullmatch(label) for label in domain.split(".")):
        raise InvalidAddress("has an invalid domain")
    return domain


def _check_length(address: str) -> str:
    """Returns the address unchanged.

    Raises:
        InvalidAddress: the local part or the address is too long.
    """
    local = address.rpartition("@")[0]
    if len(local.encode()) > MAX_LOCAL or len(address.encode()) > MAX_ADDRESS:
        raise InvalidAddress("too long")
    return address
