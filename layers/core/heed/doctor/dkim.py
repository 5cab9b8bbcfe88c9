"""The checks of a message's DKIM signature and of the DNS records behind it.

They do not verify the signature itself: a message that somebody saved is seldom the same to the byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from heed.doctor.dns_records import TxtRecords, find_dkim_key, is_domain, parse_tags, walk_dmarc
from heed.doctor.findings import CheckName, DoctorFinding, failed, not_checked, passed, quote_foreign, warned
from heed.doctor.message_header import MessageHeader
from heed.domain.errors import DependencyUnavailable

_MAX_SIGNATURES = 10
_MUST_COVER = ("List-Unsubscribe", "List-Unsubscribe-Post")
_CHECK_DNS = "check the network, or name a DNS server (--dns)"
_SIGN = "sign with the domain of the From field, both fields in h= (RFC 8058 §4)"


@dataclass(frozen=True, slots=True)
class DkimSignature:
    """A signature of a message.

    Attributes:
        domain: the domain that signed.
        selector: the name of its key.
        covered: the names of the fields that it covers, in lower case.
    """

    domain: str
    selector: str
    covered: frozenset[str]

    @property
    def omitted(self) -> list[str]:
        """The list fields that it should cover and does not."""
        return [name for name in _MUST_COVER if name.lower() not in self.covered]


def read_signatures(header: MessageHeader) -> list[DkimSignature]:
    """Returns the signatures of a message that name a domain."""
    found = []
    for field in header.all("dkim-signature")[:_MAX_SIGNATURES]:
        tags = parse_tags(field.value)
        domain, selector = tags.get("d", "").lower(), tags.get("s", "").lower()
        if is_domain(domain) and is_domain(f"{selector}.{domain}"):
            covered = frozenset(name.lower() for name in tags.get("h", "").split(":"))
            found.append(DkimSignature(domain, selector, covered))
    return found


def check_signature(header: MessageHeader, sender: str | None, txt: TxtRecords) -> Iterator[DoctorFinding]:
    """Checks the signatures of a message.

    Args:
        header: the header of the message.
        sender: the domain of its From field, or None if it has not exactly one.
        txt: asks the DNS.
    """
    signatures = read_signatures(header)
    yield _check_coverage(signatures)
    if sender is None:
        mend = "send from one address"
        yield failed(CheckName.DKIM_ALIGNMENT, "the From field does not have exactly one address", mend)
    elif signatures:
        check = partial(_check_alignment, signatures, sender, txt)
        yield _or_not_checked(CheckName.DKIM_ALIGNMENT, check)
    if signatures:
        yield _or_not_checked(CheckName.DKIM_KEY, partial(_check_keys, signatures, txt))
    if sender is not None:
        yield _or_not_checked(CheckName.DMARC, partial(check_dmarc, sender, txt))


def _or_not_checked(name: CheckName, check: Callable[[], DoctorFinding]) -> DoctorFinding:
    try:
        return check()
    except DependencyUnavailable as error:
        return not_checked(name, str(error), _CHECK_DNS)


def _check_coverage(signatures: list[DkimSignature]) -> DoctorFinding:
    name = CheckName.DKIM_COVERAGE
    if not signatures:
        return failed(name, "no DKIM signature", f"{_SIGN}; save the message after it arrived")
    best = min(signatures, key=lambda signature: len(signature.omitted))
    if best.omitted:
        return failed(name, f"no signature covers {' and '.join(best.omitted)}", _SIGN)
    return passed(name, f"a signature of {best.domain} covers both fields")


def _check_alignment(signatures: list[DkimSignature], sender: str, txt: TxtRecords) -> DoctorFinding:
    name = CheckName.DKIM_ALIGNMENT
    domains = dict.fromkeys(signature.domain for signature in signatures)
    if sender in domains:
        return passed(name, f"signed by {sender}, as the From field")
    walk = walk_dmarc(sender, txt)
    is_strict = (walk.policy or {}).get("adkim", "r").lower() == "s"
    organization = walk.organizational_domain
    for domain in domains:
        if not is_strict and walk_dmarc(domain, txt).organizational_domain == organization:
            return passed(name, f"signed by {domain}, of the same organization as the From field")
    return failed(name, f"signed by {', '.join(domains)}, but the From field has {sender}", _SIGN)


def _check_keys(signatures: list[DkimSignature], txt: TxtRecords) -> DoctorFinding:
    name = CheckName.DKIM_KEY
    for signature in signatures:
        if not find_dkim_key(signature.domain, signature.selector, txt):
            place = f"{signature.selector}._domainkey.{signature.domain}"
            return failed(name, f"no key at {place}", "publish the record, or sign with a key that has one")
    return passed(name, f"keys published: {len(signatures)}")


def check_dmarc(domain: str, txt: TxtRecords) -> DoctorFinding:
    """Checks the DMARC record of a domain that sends.

    Raises:
        DependencyUnavailable: The DNS did not answer.
    """
    name, policy = CheckName.DMARC, walk_dmarc(domain, txt).policy
    if policy is None:
        mend = "publish at least v=DMARC1; p=none; Gmail and Yahoo require it of each sender in bulk"
        return failed(name, f"no DMARC record for {domain}", mend)
    wanted = quote_foreign(policy.get("p", ""))
    if wanted not in ("none", "quarantine", "reject"):
        return warned(
            name, f"the DMARC record of {domain} has no valid p", "set p=none, quarantine or reject"
        )
    return passed(name, f"p={wanted} for {domain}")
