"""The sample brand's mailings, and what their readers do."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
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
_READERS_PER_REACTION = 40
_RETURNS_AFTER = 5 * WEEK
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

    @property
    def contacts(self) -> Sequence[InventedPerson]:
        """The people who get mailings now, if they may."""
        return self._contacts

    def list_old_opt_outs(self) -> list[InventedPerson]:
        """Returns the people who opted out before the demo begins, in another system."""
        return self._contacts[::_OLD_LIST_SHARE]

    def plan(self, start: int, weeks: int) -> None:
        """Enters a mailing for each week, and the newcomers between them."""
        for week in range(weeks):
            at = to_working_hours(start + week * WEEK + 2 * DAY + 9 * HOUR)
            self._agenda.add(at, lambda week=week: self._send_mailing(week))  # type: ignore[misc]
        step = weeks * WEEK // (len(self._newcomers) + 1)
        for number, person in enumerate(self._newcomers, 1):
            at = start + number * step + self._random.randrange(10 * HOUR)
            self._agenda.add(at, lambda person=person: self._subscribe(person, ["news", "offers"]))  # type: ignore[misc]

    def _send_mailing(self, week: int) -> None:
        topic, sent = _TOPICS[week % len(_TOPICS)], datetime.fromtimestamp(self._agenda.now / 1000, UTC)
        addresses = self._platform.list_sendable(topic, self._contacts)
        mails = self._platform.make_mails(topic, f"{topic}-{sent:%Y-%m-%d}", addresses, sent)
        self.counts["mails sent"] += len(mails)
        reactions = self._reactions(topic)
        names = list(reactions)
        number = max(4, len(mails) // _READERS_PER_REACTION)
        weights = [weight for weight, _ in reactions.values()]
        for mail, name in zip(
            self._random.sample(mails, min(number, len(mails))),
            self._random.choices(names, weights, k=number),
            strict=False,
        ):
            delay = 20 * MINUTE + int(self._random.expovariate(1 / (14 * HOUR)))
            react = reactions[name][1]
            self._agenda.add(
                self._agenda.now + min(delay, 6 * DAY),
                lambda mail=mail, react=react: react(mail),  # type: ignore[misc]
            )

    def _reactions(self, topic: str) -> dict[str, tuple[int, Callable[[SampleMail], object]]]:
        """Returns what readers do, by its name: how often, and the function that does it."""
        reader, client = self._reader, self._client
        return {
            "one click": (20, self._stop(reader.press_one_click)),
            "page": (10, self._stop(lambda mail: reader.stop_on_page(mail, "this"))),
            "page, all": (6, self._stop(lambda mail: reader.stop_on_page(mail, "all"))),
            "undo": (4, reader.stop_and_undo),
            "centre": (8, self._stop(lambda mail: reader.choose(mail, topic))),
            "pause": (6, lambda mail: reader.pause(mail, self._random.choice((30, 60, 90)))),
            "signal": (6, reader.open_with_signal),
            "mail client": (6, self._stop(lambda mail: client.hand_in(make_apple_mail(mail)))),
            "reply": (6, self._stop(lambda mail: client.hand_in(make_reply(mail)))),
            "bounce": (8, lambda mail: client.report(make_bounce_event(mail, self._now()))),
            "full mailbox": (14, lambda mail: client.report(make_full_mailbox_event(mail, self._now()))),
            "spam": (5, self._stop(lambda mail: client.report(make_complaint_event(mail, self._now())))),
        }

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._agenda.now / 1000, UTC)

    def _stop(self, do: Callable[[SampleMail], object]) -> Callable[[SampleMail], None]:
        """Returns a reaction that stops mail. Now and then a reader comes back some weeks later."""

        def stop(mail: SampleMail) -> None:
            do(mail)
            self.counts["opt-outs"] += 1
            if self._random.random() < 0.2:
                person = self._by_address[dict(mail.headers)["To"]]
                at = self._agenda.now + _RETURNS_AFTER
                self._agenda.add(at, lambda: self._subscribe(person, ["offers", "news"]))

        return stop

    def _subscribe(self, person: InventedPerson, topics: list[str]) -> None:
        """Lets a person fill in the form of the website. Most of them confirm it, an hour later."""
        self._reader.subscribe(person, topics)
        if self._random.random() < 0.85:
            self._agenda.add(self._agenda.now + HOUR, lambda: self._confirm(person))

    def _confirm(self, person: InventedPerson) -> None:
        self._reader.confirm(person)
        self.counts["opt-ins"] += 1
        if person not in self._contacts:
            self._contacts.append(person)
