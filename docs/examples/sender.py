"""What a sender in Python does with Heed. docs/clients.md shows each function.

As a program, it prints a mail for each person of standard input who may get it:
`HEED_API_KEY=… python sender.py https://preferences.example.com offers news@example.com < addresses`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import EmailPolicy
from pathlib import Path
from typing import TYPE_CHECKING

from heed.client import FeedEntry, Heed, NewChange, PersonLinks

if TYPE_CHECKING:
    from heed import Snapshot


class WholeListHeaders(EmailPolicy):
    """Writes each header of a list as one line. Headers that are encoded already stay as they are."""

    def fold(self, name: str, value: str) -> str:
        """Returns a header for a mail as text."""
        whole = name.lower().startswith("list-")
        return f"{name}: {value}{self.linesep}" if whole else super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        """Returns a header for a mail as bytes."""
        whole = name.lower().startswith("list-")
        return self.fold(name, value).encode("ascii") if whole else super().fold_binary(name, value)


POLICY = WholeListHeaders(linesep="\r\n", refold_source="none")


def make_mails(heed: Heed, topic: str, sender: str, addresses: Iterable[str]) -> Iterator[EmailMessage]:
    """Yields a mail to each person who may get it now. Send each of them before you read the next one."""
    permitted = (answer.person for answer in heed.check(topic, addresses) if answer.sendable)
    for links in heed.links(topic, permitted, campaign="winter-2026"):
        if isinstance(links, PersonLinks):
            yield make_mail(links, sender)


def make_mail(links: PersonLinks, sender: str) -> EmailMessage:
    """Returns a mail. POLICY keeps each header in one line, as mail clients need it."""
    if links.warning:
        raise SystemExit(links.warning)
    mail = EmailMessage(POLICY)
    mail["From"], mail["To"], mail["Subject"] = sender, links.person, "Our offers of the winter"
    for name, value in links.headers.items():
        mail[name] = value
    text = ("Hello!", f"Unsubscribe: {links.unsubscribe_url}", f"Preferences: {links.preferences_url}")
    mail.set_content("\n\n".join(text))
    return mail


def read_account_page(heed: Heed, address: str) -> dict[str, bool]:
    """Returns whether each topic is on, for the page of a person who is signed in."""
    return {topic: decision.sendable for topic, decision in heed.decisions(address).items()}


def save_account_page(heed: Heed, address: str, topic: str) -> bool:
    """Stops a topic. Returns whether it is on record: only then does the page say "saved"."""
    stop = NewChange(address=address, scope=topic, state="out", reference="account page, version 3")
    (answer,) = heed.record([stop])
    return answer.is_recorded


def update_own_list(heed: Heed, own: dict[tuple[str, str, str], FeedEntry], cursor: Path) -> None:
    """Brings a list of your own up to date. The file has the place where the next pass begins."""
    start = cursor.read_text() if cursor.exists() else None
    for page in heed.suppressions(cursor=start):
        for entry in page.suppressions:
            own[entry.recipient, entry.reason, entry.scope] = entry
        cursor.write_text(page.cursor)  # once everything before it is stored


def open_snapshot(path: str, url: str, heed: Heed) -> Snapshot:
    """Opens a snapshot, and reads what changed since. It answers `ask` about these people."""
    from heed import Snapshot  # needs the extra `snapshot`

    snapshot = Snapshot.open(path, keys=f"{url}/.well-known/heed-keys.json")
    as_of = datetime.fromtimestamp(snapshot.manifest.as_of / 1000, UTC)
    started_at = datetime.now(UTC)
    snapshot.follow((page.content for page in heed.suppressions(since=as_of)), started_at)
    return snapshot


def main() -> None:
    """Prints the mails. A program of yours sends them."""
    url, topic, sender = sys.argv[1:]
    heed = Heed(url, os.environ["HEED_API_KEY"])  # noqa: TID251 - a program of its own
    for mail in make_mails(heed, topic, sender, map(str.strip, sys.stdin)):
        print(mail.as_string())


if __name__ == "__main__":
    main()
