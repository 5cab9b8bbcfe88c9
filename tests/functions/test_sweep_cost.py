"""The cost of a sweep depends on the people who are due, and not on the number of all people."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item

from functions.purge import app
from heed.adapters.dynamodb.ses_list_walks import SES_LIST_KEY
from heed.domain.ledger.transition import make_ledger_entry
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS, SOFT_BOUNCE, Change, Entry, Source
from heed.domain.privacy.erasure import ErasureCause, ErasureRequest
from heed.domain.privacy.ses_list_request import WALK_REQUEST
from tests.support.capacity import ReadUsage, count_reads
from tests.support.deployment import NOW, World, parts
from tests.support.mailbox import ACCOUNT, work_on_ses_list
from tests.support.registers import in_, out

pytestmark = pytest.mark.system  # many people

OTHERS, ALL_OTHERS = 10_000, 100_000  # with `--full` all
DUE = 100
SHARDS = 16  # a sweep makes one query for each shard


def _entry(at: Millis) -> Entry:
    return Entry(at, Source.LINK, '{"campaign":"spring","issued":1772701904000,"key":"1"}')


def _add_others(world: World, count: int) -> None:
    """Adds people on whom nothing is due, each with an item of the usual size.

    The items go directly into moto's table, because its API would take minutes. Each is a complete
    item with its own key, and with the attributes of the other index.
    """
    world.apply_changes("like.them@example.com", Change(out(2), _entry(NOW)), Change(in_(3), _entry(NOW)))
    (sample,) = world.items()
    items: dict[DynamoType, Any] = dynamodb_backends[ACCOUNT]["us-east-1"].tables[world.table].items
    # All items share these values, because no test changes them.
    attributes = {name: DynamoType(value) for name, value in sample.items()}
    for number in range(count):
        key = DynamoType({"S": f"{number:026d}"})
        items[key] = Item(key, None, {})
        items[key].attrs = {**attributes, "id": key}


def _sweep(world: World) -> tuple[Any, ReadUsage]:
    world.context.milliseconds_left = 300_000
    with count_reads(parts().client("dynamodb")) as read:
        result = app.handler({}, world.context)
    return result, read


def test_a_sweep_costs_at_most_five_read_units_per_due_person(
    world: World, pytestconfig: pytest.Config
) -> None:
    """For a due person: the record, the last entry, its evidence, the mail counts, cases, and the walk."""
    others = ALL_OTHERS if pytestconfig.getoption("full") else OTHERS
    _add_others(world, others)

    result, read = _sweep(world)

    assert result["found"] == 0
    assert (read.items, read.total) == (0, SHARDS / 2)
    assert dict(read.requests) == {"Query Preferences.Due": SHARDS}

    due = set()
    for number in range(DUE):
        address = f"{number}@example.com"
        recipient = world.recipient(address)
        changes = [Change(out(2), _entry(NOW)), Change(in_(3), _entry(Millis(NOW + 1)))]
        world.apply_changes(address, *changes)
        salt = parts().preferences.read(recipient).salt
        for seq, change in enumerate(changes, 1):
            parts().ledger.enter(*make_ledger_entry(salt, recipient, change, seq, NOW))
        report = ErasureRequest(ErasureCause.MINOR, Millis(NOW + 9), Source.PHONE, "call 1", "key", "")
        parts().erase(recipient, report)
        due.add(recipient)
    assert len(dynamodb_backends[ACCOUNT]["us-east-1"].tables[world.table].items) > others + DUE

    parts().ses_list_queue.send(WALK_REQUEST.to_message())
    with count_reads(parts().client("dynamodb")) as read:
        work_on_ses_list(world)
    assert dict(read.requests) == {"Query Preferences.Due": SHARDS}, "a walk reads only due people"

    result, read = _sweep(world)

    assert (result["found"], result["purged"], result["left"]) == (DUE, DUE, 0)
    assert read.total <= 5 * DUE, dict(read.units)
    more = {f"mails#of#{recipient}" for recipient in due} | {SES_LIST_KEY}
    assert read.keys == due | more, "no other item is read"
    assert dict(read.requests) == {
        "Query Preferences.Due": SHARDS,
        "GetItem Preferences": DUE,
        "GetItem Control": 2 * DUE,
        "Query Ledger": 2 * DUE,
        "Query Control.Lists": DUE,
    }


@time_machine.travel(NOW / 1_000)
def test_old_soft_bounces_cost_half_a_read_unit_per_due_person(world: World) -> None:
    today = NOW // DAY_MS
    for number in range(DUE):
        world.apply_changes(
            f"{number}@example.com", Change(SOFT_BOUNCE, _entry(Millis((today - 60) * DAY_MS)))
        )

    result, read = _sweep(world)

    assert (result["found"], result["purged"], result["left"]) == (DUE, DUE, 0)
    assert read.total <= DUE / 2 + SHARDS
