"""One spelling for each mailbox, so that one person has one id.

Used by every entrance. Published vectors stand in tests/vectors/addresses.json: a port that gets one
case wrong misses a suppression silently.
"""

from __future__ import annotations

import re
import unicodedata

from heed.domain.errors import InvalidAddress

MAX_LOCAL = 64  # octets; RFC 5321 §4.5.3.1.1
MAX_ADDRESS = 254  # octets; RFC 5321 §4.5.3.1.3 less the angle brackets, erratum 1690
MAX_INPUT = 1000  # characters, with display name and brackets; a longer text is no address

# A plain address, and nothing to normalise but its case: nearly all that ever come.
_PLAIN = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_ATEXT = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')  # one quoted string, RFC 5322 §3.2.4
_RFC822 = re.compile(r"\s*rfc822\s*;", re.IGNORECASE)
# A local part may look like an encoded word (RFC 2047 §2), and be decoded on its way to another address.
_ENCODED = re.compile(r"=\?[^?]*\?[^?]*\?.*\?=")
_JOINERS = "\u200c\u200d"  # invisible, but part of how Persian or Hindi words are spelt


def normalise_address(address: str) -> str:
    """The one spelling of a mailbox: `Name <John.SMITH@EXAMPLE.COM>` → `john.smith@example.com`.

    Strips white space, angle brackets, a display name and DSN's `rfc822;` (RFC 3464 §2.3.1); folds the
    case of the local part, whatever its script (case-sensitive mailboxes exist only on paper, and the
    wrong guess suppresses one more, never one less); turns the domain into IDNA A-labels (UTS 46);
    drops needless quotes. Keeps dots and `+tags`: for all but one provider they are different
    mailboxes. NFC, never NFKC, which merges different people. Idempotent, and the same under every
    version of Python (docs/decisions/0040-case-of-local-parts.md).

    Raises:
        InvalidAddress: no mailbox can be meant by it.
    """
    if len(address) <= MAX_ADDRESS and _PLAIN.fullmatch(address):
        return _checked(address.lower())
    if len(address) > MAX_INPUT:
        raise InvalidAddress("too long")
    text = _bare(address)
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text):
        raise InvalidAddress("holds a control character")
    local, domain = _split(text)
    return _checked(f"{_local(local)}@{_domain(domain)}")


def is_mailable(mailbox: str) -> bool:
    """Whether a mail of ours can reach a normalised address.

    The mail service takes no local part beyond ASCII, which one with a sign for lost bytes (U+FFFD) is
    too; and one that looks like an encoded word may be taken for another on its way.
    """
    return mailbox.isascii() and not _ENCODED.search(mailbox)


def address_spellings(address: str) -> tuple[str, ...]:
    """The spellings under which a list that keeps case may hold an address, most likely first.

    As it was given, with the domain normalised, and normalised; only what differs in case alone, and
    what a mail service writes: ASCII.

    Raises:
        InvalidAddress: no mailbox can be meant by it.
    """
    mailbox = normalise_address(address)
    given = _bare(address)
    local, domain = given.rpartition("@")[0], mailbox.rpartition("@")[2]
    found = (given, f"{local}@{domain}", mailbox)
    alike = (one for one in found if one.isascii() and one.lower() == mailbox)
    return tuple(dict.fromkeys(alike))


def _bare(text: str) -> str:
    """What stands between the angle brackets, or the whole; no prefix, no white space around."""
    text = text.strip()
    if prefix := _RFC822.match(text):
        text = text[prefix.end() :].strip()
    if not text.endswith(">"):
        return text
    opening = text.rfind("<")
    while opening >= 0 and text.count('"', opening) % 2:  # a bracket inside a quoted local part
        opening = text.rfind("<", 0, opening)
    if opening < 0:
        raise InvalidAddress("has a closing bracket alone")
    _check_name(text[:opening])
    inner = text[opening + 1 : -1].strip()
    if inner.endswith(">"):
        raise InvalidAddress("has brackets within brackets")
    prefix = _RFC822.match(inner)
    return inner[prefix.end() :].strip() if prefix else inner


def _check_name(name: str) -> None:
    """Refuse a display name that may be another address: `a@example.com, Other <b@example.com>`."""
    for sign in "@,":
        if sign in name and _unquoted(name, sign):
            raise InvalidAddress("names more than one address")


def _unquoted(text: str, wanted: str) -> list[int]:
    """The places of a character outside of quoted strings (RFC 5322 §3.2.4)."""
    places, quoted, escaped = [], False, False
    for place, character in enumerate(text):
        if escaped:
            escaped = False
        elif quoted and character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == wanted and not quoted:
            places.append(place)
    if quoted:
        raise InvalidAddress("has an open quote")
    return places


def _split(text: str) -> tuple[str, str]:
    ats = _unquoted(text, "@")
    if len(ats) != 1:
        raise InvalidAddress("needs exactly one @")
    return text[: ats[0]], text[ats[0] + 1 :]


def _local(local: str) -> str:
    """The local part in lower case, unquoted where it can be."""
    if not local.isascii():
        _check_text(local)
    if quoted := _QUOTED.fullmatch(local):
        # Without its backslashes a letter may meet its accent.
        content = _folded(re.sub(r"\\(.)", r"\1", quoted[1]))
        local = content if _is_dot_atom(content) else _quoted(content)
    else:
        local = _folded(local)
        if not _is_dot_atom(local):
            raise InvalidAddress("has a local part that needs quotes")
    if not all(_is_joined(local, place) for place, c in enumerate(local) if c in _JOINERS):
        raise InvalidAddress("holds a joiner that joins nothing")
    return local


def _check_text(local: str) -> None:
    """Refuse what nobody sees (pasted along, a zero-width space say) and what is no text.

    The id would be that of a mailbox that nobody has, and the suppression missed in silence.
    """
    from heed.domain.recipients.unicode_table import is_invisible, is_no_text  # only for the few

    if any(is_no_text(c) or (is_invisible(c) and c not in _JOINERS) for c in local):
        raise InvalidAddress("holds an invisible character")


def _folded(text: str) -> str:
    """In lower case and NFC, before and after: what is composed is no more so in the other case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())


def _is_joined(text: str, place: int) -> bool:
    """Whether a joiner stands where a script needs it, as in Persian or Hindi (RFC 5892 A.1, A.2)."""
    import idna

    try:
        return idna.valid_contextj(text, place)
    except ValueError:  # beside a character without a name, an ideograph of Tangut say
        return False


def _quoted(content: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", content) + '"'


def _is_dot_atom(text: str) -> bool:
    return all(_ATEXT.fullmatch(atom) for atom in text.split(".")) and not any(c.isspace() for c in text)


def _domain(domain: str) -> str:
    """The domain in lower-case A-labels, without the dot of the root."""
    if not domain.isascii():
        import idna  # only for the few whose domain is not plain ASCII

        from heed.domain.recipients.unicode_table import is_no_text

        if any(is_no_text(c) for c in domain):
            raise InvalidAddress("holds what is no text")
        try:
            domain = idna.encode(domain, uts46=True).decode()
        except (idna.IDNAError, UnicodeError) as error:
            raise InvalidAddress("has a domain that IDNA refuses") from error
    domain = domain.lower().removesuffix(".")
    if "." not in domain or not all(_LABEL.fullmatch(label) for label in domain.split(".")):
        raise InvalidAddress("has a domain that is none")
    return domain


def _checked(address: str) -> str:
    local = address.rpartition("@")[0]
    if len(local.encode()) > MAX_LOCAL or len(address.encode()) > MAX_ADDRESS:
        raise InvalidAddress("too long")
    return address
