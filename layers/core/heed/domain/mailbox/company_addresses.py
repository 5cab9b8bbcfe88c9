"""The company's own addresses. Mail from one of them is nobody's request: web forms send such mail."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CompanyAddresses:
    """The addresses of the company.

    Attributes:
        mailboxes: its mailboxes and the sender of its mails, normalised.
        mail_domain: the domain of inbound mail, or "".
    """

    mailboxes: frozenset[str]
    mail_domain: str

    def include(self, address: str) -> bool:
        """Whether a normalised address is the company's: a mailbox, or within the domain of inbound mail."""
        return address in self.mailboxes or self.lead_to_heed(address)

    def lead_to_heed(self, address: str) -> bool:
        """Whether mail to an address comes back: it is in the domain of inbound mail, or in one below it."""
        host = address.rpartition("@")[2]
        return bool(self.mail_domain) and f".{host}".endswith(f".{self.mail_domain}")
