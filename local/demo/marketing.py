"""The sample brand's mailings, and what their readers do."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from local.demo.agenda import DAY, HOUR, MINUTE, WEEK, to_working_hours
from local.feedback import make_bounce_event, make_complaint_event, make_full_mailbox_event
from local.inbound_mail import make_apple_mail, make_reply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from local.demo.agenda import Agenda
    from local.demo.doors import KeyHolder, Reader
    from local.demo.people import InventedPerson
    from local.sample import SampleMail
    from local.stack_client import LocalStackClient

_TOPICS = ("offers", "news", "offers", "events")  # of the mailings, week by week
_READERS_PER_REACTION, _FEWEST_REACTIONS = 40, 4
_RETURNS_AFTER = 5 * WEEK
_SHARE_OF_RETURNS, _SHARE_OF_CONFIRMATIONS = 0.2, 0.85
_OLD_LIST_SHARE, _NEWCOMER_SHARE = 12, 5  # one of so many people


class Marketing:
    """Sends a mailing each week, and lets readers react to it.

    Args:
        client: Sends what SES sends.
        platform: The marketing platform.
        reader: The readers.
        agenda: What happens when.
        people: All people.
        random: Decides who reacts, and how.
    """

    def __init__(
        self,
        client: LocalStackClient,
        platform: KeyHolder,
        reader: Reader,
        agenda: Agenda,
        people: Sequence[InventedPerson],
        random: Random,
    ) -> None:
        self._client = client
        self._platform = platform
        self._reader = reader
        self._agenda = agenda
        self._random = random
        self._newcomers = list(people[: len(people) // _NEWCOMER_SHARE])
        self._contacts = list(people[len(self._newcomers) :])
        self._by_address = {person.address: person for person in people}
        self.counts: Counter[str] = Counter()
        """How often what happened since the last report."""

    def list_old_opt_outs(self) -> list[InventedPerson]:
        """Returns the people who opted out before the demo begins, in another system."""
        return self._contacts[::_OLD_LIST_SHARE]

    def plan(self, start: int, weeks: int) -> None:
        """Enters a mailing for each week, and the newcomers between them."""
        for week in range(weeks):
            at = to_working_hours(start + week * WEEK + 2 * DAY + 9 * HOUR)
            self._agenda.add(at, partial(self._send_mailing, _TOPICS[week % len(_TOPICS)]))
        step = weeks * WEEK // (len(self._newcomers) + 1)
        for number, person in enumerate(self._newcomers, 1):
            at = start + number * step + self._random.randrange(10 * HOUR)
            self._agenda.add(at, partial(self._subscribe, person))

    def _send_mailing(self, topic: str) -> None:
        sent = self._now()
        addresses = self._platform.list_sendable(topic, self._contacts)
        mails = self._platform.make_mails(topic, f"{topic}-{sent:%Y-%m-%d}", addresses, sent)
        self.counts["mails sent"] += len(mails)
        number = min(len(mails), max(_FEWEST_REACTIONS, len(mails) // _READERS_PER_REACTION))
        weights, reactions = zip(*self._reactions(topic), strict=True)
        for mail, react in zip(
            self._random.sample(mails, number),
            self._random.choices(reactions, weights, k=number),
            strict=True,
        ):
            delay = 20 * MINUTE + int(self._random.expovariate(1 / (14 * HOUR)))
            self._agenda.add(self._agenda.now + min(delay, 6 * DAY), partial(react, mail))

    def _reactions(self, topic: str) -> list[tuple[int, Callable[[SampleMail], object]]]:
        """Returns what readers do: how often, and the function that does it."""
        reader, client = self._reader, self._client
        return [
            (20, self._stop(reader.press_one_click)),
            (10, self._stop(lambda mail: reader.stop_on_page(mail, "this"))),
            (6, self._stop(lambda mail: reader.stop_on_page(mail, "all"))),
            (4, reader.stop_and_undo),
            (8, self._stop(lambda mail: reader.choose(mail, topic))),
            (6, lambda mail: reader.pause(mail, self._random.choice((30, 60, 90)))),
            (6, reader.open_with_signal),
            (6, self._stop(lambda mail: client.hand_in(make_apple_mail(mail)))),
            (6, self._stop(lambda mail: client.hand_in(make_reply(mail)))),
            (8, lambda mail: client.report(make_bounce_event(mail, self._now()))),
            (14, lambda mail: client.report(make_full_mailbox_event(mail, self._now()))),
            (5, self._stop(lambda mail: client.report(make_complaint_event(mail, self._now())))),
        ]

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._agenda.now / 1000, UTC)

    def _stop(self, do: Callable[[SampleMail], object]) -> Callable[[SampleMail], None]:
        """Returns a reaction that stops mail. Now and then a reader comes back some weeks later."""

        def stop(mail: SampleMail) -> None:
            do(mail)
            self.counts["opt-outs"] += 1
            if self._random.random() < _SHARE_OF_RETURNS:
                person = self._by_address[dict(mail.headers)["To"]]
                self._agenda.add(self._agenda.now + _RETURNS_AFTER, partial(self._subscribe, person))

        return stop

    def _subscribe(self, person: InventedPerson) -> None:
        """Lets a person fill in the form of the website. Most of them confirm it, an hour later."""
        self._reader.subscribe(person, ["offers", "news"])
        if self._random.random() < _SHARE_OF_CONFIRMATIONS:
            self._agenda.add(self._agenda.now + HOUR, partial(self._confirm, person))

    def _confirm(self, person: InventedPerson) -> None:
        if self._reader.confirm(person):
            self.counts["opt-ins"] += 1
        if person not in self._contacts:
            self._contacts.append(person)
