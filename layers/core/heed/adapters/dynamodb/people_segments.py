"""All people on record, by a parallel scan of the table `Preferences`."""

from __future__ import annotations

from heed.adapters.dynamodb.table import TableAdapter, decode_or_unreadable
from heed.codec.record import decode_record
from heed.override import override
from heed.use_cases.ports.snapshots import PeoplePage, PeopleSegments


class PeopleSegmentsTable(TableAdapter, PeopleSegments):
    """Implements the port PeopleSegments with DynamoDB."""

    @override
    def page(self, segment: int, total: int, after: str | None) -> PeoplePage:
        start = {"id": {"S": after}} if after else {}
        items, last = self._table.scan_page(after=start, segment=segment, segments=total, consistent=True)
        people = [(item["id"]["S"], decode_or_unreadable(decode_record, item)) for item in items]
        return PeoplePage(people, last["id"]["S"] if last else None)
