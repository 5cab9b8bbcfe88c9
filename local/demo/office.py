"""The sample brand's people at work: the call centre, and the privacy office."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING

from heed.domain import rfc3339
from heed.domain.mailbox.case import CaseDecision
from heed.domain.milliseconds import Millis
from local.demo import mails
from local.demo.agenda import DAY, HOUR, WEEK, to_working_hours
from local.demo.mails import write_mail

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from local.demo.agenda import Agenda
    from local.demo.doors import KeyHolder
    from local.demo.mails import MailTemplate
    from local.demo.people import InventedPerson
    from local.stack_client import LocalStackClient

_AGENTS = ("Kim", "Sasha", "Robin")
_DECIDED = (
    mails.QUESTION,
    mails.DOUBTFUL_STOP,
    mails.ACCESS,
    mails.CHILD,
    mails.COMPLAINT,
    mails.ERASURE,
)
# The mails that nobody has decided at the end, with the time since their arrival. The stop is overdue, and
# the request for erasure is due within a day.
_WAITING = (
    (mails.ERASURE, 30 * DAY - 9 * HOUR),
    (mails.ACCESS, 12 * DAY),
    (mails.DOUBTFUL_STOP, 6 * DAY),
    (mails.COMPLAINT, 2 * DAY),
    (mails.QUESTION, 30 * HOUR),
    (mails.CHILD, 20 * HOUR),
)


class Office:
    """Records what people say, decides cases, and keeps the records.

    Args:
        client: Delivers mails, as SES does.
        call_centre: The call centre.
        privacy_office: The privacy office.
        agenda: What happens when.
        people: All people.
        random: Decides who phones, writes and decides.
    """

    def __init__(
        self,
        client: LocalStackClient,
        call_centre: KeyHolder,
        privacy_office: KeyHolder,
        agenda: Agenda,
        people: Sequence[InventedPerson],
        random: Random,
    ) -> None:
        self._client = client
        self._call_centre = call_centre
        self._privacy_office = privacy_office
        self._agenda = agenda
        self._random = random
        self._people = people
        shuffled, split = random.sample(people, len(people)), len(people) // 4
        self._callers, self._special = shuffled[:split], itertools.cycle(shuffled[split:])
        self._numbers = itertools.count(1)
        self._held: list[InventedPerson] = []
        self.counts: Counter[str] = Counter()
        """How often what happened since the last report."""

    def plan(self, start: int, end: int) -> None:
        """Enters the work of some weeks. At the end some cases wait: one is overdue, one is nearly due."""
        length = end - start
        for week in range(weeks := length // WEEK):
            for task in (self._take_call, self._take_call, self._look_up, self._enter_letter)[: 3 + week % 2]:
                at = start + week * WEEK + self._random.randrange(5) * DAY
                self._agenda.add(to_working_hours(at) + self._random.randrange(8 * HOUR, 17 * HOUR), task)
            at = start + (week + 1) * (length - 6 * DAY) // (weeks + 1)
            self._add_mail(at, _DECIDED[week % len(_DECIDED)], decide=True)
        for template, age in _WAITING:
            self._add_mail(end - age, template, decide=False)
        rare = (
            self._place_hold,
            self._erase,
            self._report_minor,
            self._lift_undeliverable,
            self._lift_hold,
            self._place_hold,
            self._erase,
            self._lift_complaint,
        )
        for number, task in enumerate(rare, 1):
            day = to_working_hours(start + number * length // (len(rare) + 1) // DAY * DAY)
            self._agenda.add(day + self._random.randrange(8 * HOUR, 17 * HOUR), task)

    def _add_mail(self, at: int, template: MailTemplate, *, decide: bool) -> None:
        at += self._random.randrange(HOUR)
        self._agenda.add(at, lambda: self._receive_mail(template, decide=decide))

    def _receive_mail(self, template: MailTemplate, *, decide: bool) -> None:
        """Lets a person write a mail. It becomes a case, which is decided some days later, or waits."""
        number = next(self._numbers)
        text = template.text.format(child=f"kid{number}@example.net")
        self._client.hand_in(write_mail(next(self._special), template.subject, text))
        self.counts["cases opened"] += 1
        if decide:
            day = to_working_hours(self._agenda.now // DAY * DAY + self._random.choice((1, 1, 2)) * DAY)
            at = day + self._random.randrange(8 * HOUR, 17 * HOUR)
            arrived = rfc3339.format_time(Millis(self._agenda.now))
            self._agenda.add(at, lambda: self._decide(template, arrived))

    def _decide(self, template: MailTemplate, arrived: str) -> None:
        """Reads and decides the case of a mail, unless its sender was erased and the case is closed."""
        cases = [case for case in self._client.cases() if case["received_at"] >= arrived]
        case = min(cases, key=lambda case: str(case["received_at"]), default=None)
        if case is None or case["kind"] != template.kind:
            return
        self._privacy_office.get(f"/v1/cases/{case['id']}")
        decision = {"decision": template.decision, "reason": template.reason}
        self._privacy_office.post(f"/v1/cases/{case['id']}", decision)
        self.counts["cases decided"] += 1
        if template.decision in (CaseDecision.ERASE, CaseDecision.MINOR):
            self._certify_purge()

    def _take_call(self) -> None:
        """Answers the phone: looks the person up, and records what the person wants."""
        person = self._random.choice(self._callers)
        self._call_centre.post("/v1/recipients/lookup", {"address": person.address})
        scope = self._random.choice(("*", "*", "offers", "events"))
        change = {"scope": scope, "state": "out", "source": "phone", "agent": self._random.choice(_AGENTS)}
        self._change(person, **change, reference=self._refer_to("call"))
        self.counts["calls"] += 1

    def _enter_letter(self) -> None:
        """Enters a letter. Most arrive the day before; now and then one lies longer."""
        person = self._random.choice(self._callers)
        state = self._random.choice(("out", "out", "in"))
        days = self._random.choice((1, 1, 1, 4))
        change = {
            "scope": "*" if state == "out" else "events",
            "state": state,
            "source": "letter",
            "occurred_at": rfc3339.format_day(self._agenda.now // DAY - days),
        }
        self._change(person, **change, reference=self._refer_to("letter"))
        self.counts["letters"] += 1

    def _change(self, person: InventedPerson, **change: str) -> None:
        self._call_centre.post("/v1/changes", {"address": person.address, **change})

    def _look_up(self) -> None:
        """Looks up what is on record about a person, who requested it."""
        person = self._random.choice(self._people)
        self._privacy_office.post("/v1/recipients/lookup", {"address": person.address})

    def _place_hold(self) -> None:
        """Places a legal hold, for a lawyer's letter."""
        person = next(self._special)
        self._held.append(person)
        facts = {"source": "letter", "reason": "a claim about a watch", "reference": self._refer_to("letter")}
        self._privacy_office.post("/v1/holds", {"address": person.address, **facts})

    def _lift_hold(self) -> None:
        """Lifts the oldest hold."""
        self._lift(self._held.pop(0).address, {"register": "hold", "reason": "the claim is settled"})

    def _erase(self) -> None:
        """Erases a person, who requested it in a letter."""
        facts = {"source": "letter", "reference": self._refer_to("letter")}
        self._privacy_office.post("/v1/erasures", {"address": next(self._special).address, **facts})
        self._certify_purge()

    def _report_minor(self) -> None:
        """Lets a parent phone. The call centre may report some children a day itself."""
        address = f"kid{next(self._numbers)}@example.net"
        facts = {"source": "phone", "reference": self._refer_to("call")}
        self._call_centre.post("/v1/minors", {"address": address, **facts})
        self._certify_purge()

    def _certify_purge(self) -> None:
        """Lets the hourly sweep certify a purge, which waits for its walk over the SES list."""
        self._agenda.add(self._agenda.now + HOUR, self._client.run_schedules)

    def _lift_undeliverable(self) -> None:
        """Lifts a bounce, because the person phoned: the mailbox works again."""
        for address in self._find_stopped("service", "undeliverable")[:1]:
            self._lift(address, {"register": "undeliverable", "reason": "the mailbox works again"})

    def _lift_complaint(self) -> None:
        """Lifts a complaint, because the person wants the offers after all."""
        for address in self._find_stopped("offers", "complained")[:1]:
            self._lift(address, {"register": "complaint", "scope": "offers", "reason": "pressed by mistake"})

    def _lift(self, address: str, facts: Mapping[str, str]) -> None:
        body = {"address": address, "reference": self._refer_to("letter"), **facts}
        self._privacy_office.post("/v1/lifts", body)

    def _find_stopped(self, topic: str, reason: str) -> list[str]:
        """Returns the addresses to which a topic may not be sent for a reason."""
        results = self._privacy_office.check(topic, self._people)
        return [result["address"] for result in results if result["reason"] == reason]

    def _refer_to(self, what: str) -> str:
        return f"{what} {4000 + next(self._numbers)}"
