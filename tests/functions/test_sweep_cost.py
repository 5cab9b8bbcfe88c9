"""What a sweep costs: what is due, and nothing for the others, however many they are."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item

from functions.purge import app
from heed.adapters.dynamodb.ses_list_walks import SES_LIST_KEY
from heed.domain.ledger.transition import make_ledger_entry
from heed.domain.preferences.register import DAY_MS, SOFT_BOUNCE, Change, Entry, Source
from heed.domain.privacy.erasure import ErasureCause, ErasureReport
from heed.domain.privacy.ses_list_request import WALK_REQUEST
from tests.support.capacity import Read, counted
from tests.support.deployment import NOW, World, parts
from tests.support.mailbox import ACCOUNT, read_list
from tests.support.registers import in_, out

pytestmark = pytest.mark.system  # a hundred thousand people

OTHERS = 100_000
DUE = 100
SHARDS = 16  # each is asked what is due in it


def _entry(at: int) -> Entry:
    return Entry(at, Source.LINK, '{"campaign":"spring","issued":1772701904000,"key":"1"}')


def _others(world: World) -> None:
    """A hundred thousand people on whom nothing is due, as large as a usual item.

    Put into moto's own table: by its API they would take two minutes. Each is a whole item under its own
    key, with the attributes that an item of ours has, among them those of the other index.
    """
    world.put("like.them@example.com", Change(out(2), _entry(NOW)), Change(in_(3), _entry(NOW)))
    (like,) = world.items()
    items: dict[DynamoType, Any] = dynamodb_backends[ACCOUNT]["us-east-1"].tables[world.table].items
    # The same values for all: nobody writes to them.
    attributes = {name: DynamoType(value) for name, value in like.items()}
    for n in range(OTHERS):
        key = DynamoType({"S": f"{n:026d}"})
        items[key] = Item(key, None, {})
        items[key].attrs = {**attributes, "id": key}


def _swept(world: World) -> tuple[Any, Read]:
    world.context.left = 300_000
    with counted(parts().client("dynamodb")) as read:
        swept = app.handler({}, world.context)
    return swept, read


def test_among_a_hundred_thousand_people_a_sweep_reads_four_and_a_half_units_a_due_one_and_no_other(
    world: World,
) -> None:
    """Of a due one: the record, its last entry, the evidence beside its entries, its mails, the walk."""
    _others(world)

    swept, read = _swept(world)

    assert swept["found"] == 0
    assert (read.items, read.all) == (0, SHARDS / 2)
    assert dict(read.requests) == {"Query Preferences.Due": SHARDS}

    due = set()
    for n in range(DUE):
        address = f"{n}@example.com"
        recipient = world.recipient(address)
        changes = [Change(out(2), _entry(NOW)), Change(in_(3), _entry(NOW + 1))]
        world.put(address, *changes)
        salt = parts().preferences.read(recipient).salt
        for seq, change in enumerate(changes, 1):
            parts().ledger.enter(*make_ledger_entry(salt, recipient, change, seq, NOW))
        report = ErasureReport(ErasureCause.MINOR, NOW + 9, Source.PHONE, "call 1", "key", "")
        parts().erase(recipient, report)
        due.add(recipient)
    assert len(dynamodb_backends[ACCOUNT]["us-east-1"].tables[world.table].items) > OTHERS + DUE

    parts().ses_list_queue.send(WALK_REQUEST.to_message())
    with counted(parts().client("dynamodb")) as read:
        read_list(world)
    assert dict(read.requests) == {"Query Preferences.Due": SHARDS}, "a walk costs what is due"

    swept, read = _swept(world)

    assert (swept["found"], swept["purged"], swept["left"]) == (DUE, DUE, 0)
    assert read.all <= 4.5 * DUE, dict(read.units)
    others = {f"mails#of#{one}" for one in due} | {SES_LIST_KEY}
    assert read.keys == due | others, "nobody else's item is read"
    assert dict(read.requests) == {
        "Query Preferences.Due": SHARDS,
        "GetItem Preferences": DUE,
        "GetItem Control": 2 * DUE,
        "Query Ledger": 2 * DUE,
    }


@time_machine.travel(NOW / 1_000)
def test_old_soft_bounces_cost_half_a_unit_a_due_one(world: World) -> None:
    today = NOW // DAY_MS
    for n in range(DUE):
        world.put(f"{n}@example.com", Change(SOFT_BOUNCE, _entry((today - 60) * DAY_MS)))

    swept, read = _swept(world)

    assert (swept["found"], swept["purged"], swept["left"]) == (DUE, DUE, 0)
    assert read.all <= DUE / 2 + SHARDS
