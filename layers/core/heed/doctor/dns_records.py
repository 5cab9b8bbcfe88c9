"""TXT records of the DNS, and what they say of mail: DKIM keys (RFC 6376) and DMARC records (RFC 9989)."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from heed.domain.errors import DependencyUnavailable

_MAX_SECONDS = 5.0  # for one name, with all attempts
_MAX_SECONDS_IN_ALL = 60.0  # for all names: a message may name a hundred of them
_MAX_RECORDS = 20  # of one name
_MAX_RECORD = 4_096  # characters
_MAX_TAGS = 50
_MAX_LABELS = 8  # of a name in a tree walk, RFC 9989 §4.10
_NAME = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}")


class TxtRecords(Protocol):
    """The TXT records of names."""

    def __call__(self, name: str) -> list[str]:
        """Returns the TXT records of a name; none if there is no such name.

        Raises:
            DependencyUnavailable: The DNS did not answer.
        """
        ...


class DnsClient(TxtRecords):
    """Asks the DNS servers of this machine, or another one. All answers together may take a minute.

    Args:
        server: The IP address of a DNS server, or "" for those of this machine.
        port: The port of that server.
    """

    def __init__(self, server: str = "", port: int = 53) -> None:
        self._server, self._port = server, port
        self._left = _MAX_SECONDS_IN_ALL

    def __call__(self, name: str) -> list[str]:
        """Returns the TXT records of a name, as `TxtRecords` says."""
        from dns.exception import DNSException
        from dns.resolver import NXDOMAIN, NoAnswer, Resolver

        if not _NAME.fullmatch(name):
            return []
        start = time.monotonic()
        try:
            resolver = Resolver(configure=not self._server)
            if self._server:
                resolver.nameservers, resolver.port = [self._server], self._port
            answer = resolver.resolve(f"{name}.", "TXT", lifetime=min(_MAX_SECONDS, self._left))
        except (NXDOMAIN, NoAnswer):
            return []
        except (DNSException, OSError, ValueError) as error:
            raise DependencyUnavailable(f"the DNS does not answer ({type(error).__name__})") from error
        finally:
            self._left -= time.monotonic() - start
        records = [b"".join(record.strings).decode(errors="replace") for record in answer]
        return [record[:_MAX_RECORD] for record in records[:_MAX_RECORDS]]


def is_domain(text: str) -> bool:
    """Returns whether a text is the name of a domain in lower case."""
    return _NAME.fullmatch(text) is not None


def parse_tags(text: str) -> dict[str, str]:
    """Returns the tags of a list such as `v=DKIM1; p=…` (RFC 6376 §3.2). Of equal names the first counts."""
    tags: dict[str, str] = {}
    for part in text.split(";", _MAX_TAGS)[:_MAX_TAGS]:
        name, equals, value = part.partition("=")
        if equals:
            tags.setdefault(name.strip().lower(), "".join(value.split()))
    return tags


def find_dkim_key(domain: str, selector: str, txt: TxtRecords) -> bool:
    """Returns whether the DNS has the key of a selector. A key whose `p` is empty is revoked.

    Raises:
        DependencyUnavailable: The DNS did not answer.
    """
    return any(parse_tags(record).get("p") for record in txt(f"{selector}._domainkey.{domain}"))


@dataclass(frozen=True, slots=True)
class DmarcWalk:
    """The DMARC records of a domain and of those above it (the tree walk of RFC 9989 §4.10).

    Attributes:
        domain: the domain.
        records: the tags of the record of each domain of the walk that has one, the lowest first.
    """

    domain: str
    records: Mapping[str, Mapping[str, str]]

    @property
    def organizational_domain(self) -> str:
        """The organizational domain, within which names count as aligned."""
        highest = self.domain
        for name, tags in self.records.items():
            if tags.get("psd") == "y" and name != self.domain:  # a registry: the domain below it
                return ".".join(self.domain.split(".")[-name.count(".") - 2 :])
            highest = name
        return highest

    @property
    def policy(self) -> Mapping[str, str] | None:
        """The tags of the record that applies to the domain, or None if there is none."""
        return self.records.get(self.domain) or self.records.get(self.organizational_domain)


def walk_dmarc(domain: str, txt: TxtRecords) -> DmarcWalk:
    """Asks the DNS for the DMARC records of a domain and of those above it: at most eight questions.

    Raises:
        DependencyUnavailable: The DNS did not answer.
    """
    records: dict[str, Mapping[str, str]] = {}
    labels = domain.split(".")
    while labels:
        name = ".".join(labels)
        found = [
            tags for record in txt(f"_dmarc.{name}") if (tags := parse_tags(record)).get("v") == "DMARC1"
        ]
        if len(found) == 1:
            records[name] = found[0]
            if found[0].get("psd") in ("n", "y"):
                break
        labels = labels[1 - _MAX_LABELS :] if len(labels) >= _MAX_LABELS else labels[1:]
    return DmarcWalk(domain, records)
