"""Limits the cases that mails cause in a day, so that a flood of mails pushes out few honest ones."""

from __future__ import annotations

from dataclasses import dataclass

from heed.domain.milliseconds import Millis
from heed.use_cases.mailbox.mail_requests import count_name
from heed.use_cases.ports.daily_counts import DailyCounts
from heed.use_cases.ports.keys import IdentityKey


@dataclass(frozen=True, slots=True)
class PermitCase:
    """Counts a case within the caps.

    Everybody can forge a sender, so mails whose sender is not proven share a cap of their own.

    Attributes:
        identity_key: gives the key of recipient ids.
        sender_counts: limits the cases of each proven sender.
        domain_counts: limits the cases of each domain of proven senders. Who has a domain has many senders.
        proven_counts: limits the cases of all proven senders.
        other_counts: limits the cases of all other mails.
    """

    identity_key: IdentityKey
    sender_counts: DailyCounts
    domain_counts: DailyCounts
    proven_counts: DailyCounts
    other_counts: DailyCounts

    def __call__(self, sender: str, now: Millis) -> bool:
        """Counts a case. Returns whether it is within the caps. A retry counts again.

        Args:
            sender: the proven sender: an address, the recipient id of a signed link, or the key of a person
                at the desk; otherwise "".
            now: milliseconds.

        Raises:
            StoreUnavailable: It is unknown whether the case was counted.
        """
        if not sender:
            return self.other_counts.count("other", now)
        key = self.identity_key.identity_key()
        domain = sender.rpartition("@")[2]
        # The smallest cap is first: a sender above it must use nothing of the caps that others share.
        return (
            self.sender_counts.count(count_name(key, "case", sender), now)
            and self.domain_counts.count(count_name(key, "cases of", domain), now)
            and self.proven_counts.count("proven", now)
        )
