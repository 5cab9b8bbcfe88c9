"""The files of the sample brand's marketing platform: an old list, scrubs, and its copy of suppressions."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from heed.domain import rfc3339
from local.demo.agenda import DAY, HOUR, MINUTE, WEEK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.demo.agenda import Agenda
    from local.demo.doors import KeyHolder
    from local.demo.people import InventedPerson


class PlatformFiles:
    """Imports the opt-outs of an old system, copies suppressions each week, and scrubs a list of addresses.

    Args:
        platform: The marketing platform.
        privacy_office: The privacy office, which commits the import: it stops many people.
        agenda: What happens when.
    """

    def __init__(self, platform: KeyHolder, privacy_office: KeyHolder, agenda: Agenda) -> None:
        self._platform = platform
        self._privacy_office = privacy_office
        self._agenda = agenda

    def plan(
        self,
        start: int,
        weeks: int,
        old_opt_outs: Sequence[InventedPerson],
        people: Sequence[InventedPerson],
    ) -> None:
        """Enters the import on the first day, a copy of suppressions each week, and a scrub near the end."""
        self._agenda.add(start + 10 * HOUR, lambda: self._import_opt_outs(old_opt_outs))
        for week in range(1, weeks):
            self._agenda.add(start + week * WEEK + 4 * HOUR, self._copy_suppressions)
        self._agenda.add(start + weeks * WEEK - 3 * DAY, lambda: self._scrub(people))

    def _import_opt_outs(self, people: Sequence[InventedPerson]) -> None:
        request = {
            "reference": "export of the old platform",
            "exported_at": rfc3339.format_day(self._agenda.now // DAY - 1),
            "columns": {"address": "email"},
            "as": "unsubscribed",
        }
        job = self._platform.upload("/v1/imports", request, _to_csv(people))
        self._agenda.add(self._agenda.now + 40 * MINUTE, lambda: self._commit(job["job"]))

    def _commit(self, job: str) -> None:
        self._privacy_office.post(f"/v1/jobs/{job}", {"commit": True})
        self._privacy_office.wait_for_job(job)

    def _copy_suppressions(self) -> None:
        cursor: dict[str, str] = {}
        while True:
            page = self._platform.get("/v1/suppressions", limit="1000", **cursor)
            if page["end"]:
                return
            cursor = {"cursor": page["cursor"]}

    def _scrub(self, people: Sequence[InventedPerson]) -> None:
        self._platform.upload("/v1/scrubs", {"topic": "offers"}, _to_csv(people))


def _to_csv(people: Sequence[InventedPerson]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([("name", "email"), *((person.name, person.address) for person in people)])
    return text.getvalue()
