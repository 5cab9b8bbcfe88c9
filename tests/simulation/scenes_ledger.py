"""Scenes of the functions of the ledger, and of a purge."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from typing import Any

import boto3

from functions.ledger import app as ledger
from functions.purge import app as purge
from functions.reconcile import app as reconcile
from functions.seal import app as seal
from heed.adapters.sqlite_sort import SqliteSorter
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS, SOFT_BOUNCE
from heed.domain.privacy.erasure import ErasureCause
from heed.domain.privacy.purge import SES_LIST_STORE
from heed.use_cases.ledger.export import export_ledger
from heed.use_cases.ledger.verify import verify_ledger
from tests.simulation.scenes import ANN, JOHN, Scene, press, registers, report
from tests.support.deployment import NOW, World, parts
from tests.support.registers import in_
from tests.support.stream_events import StreamRecorder, stream_event

LATER = 4 * DAY_MS  # after every day in a scene


class LedgerWrites(Scene):
    """Writes to the table, with an erasure among them, and their stream records."""

    lost = 0  # records that the stream never delivered

    def prepare(self, world: World) -> None:
        stream = StreamRecorder(parts().client("dynamodb"), world.table, NOW + 5)
        world.apply_changes(ANN, press())
        world.apply_changes(ANN, press(Millis(NOW - 5), evidence='{"late":1}'))
        world.apply_changes(ANN, press(NOW, SOFT_BOUNCE), press(Millis(NOW + 1), in_(3)))
        world.apply_changes(JOHN, press())
        report(world, ErasureCause.ERASURE, address=JOHN)
        self.records = copy.deepcopy(stream.records)
        self.heard: set[str] = set()
        if not isinstance(self, Entries):
            self.enter(world, self.records[self.lost :])

    def enter(self, world: World, records: list[Any]) -> None:
        bus = parts().client("events").meta.events
        bus.register("before-parameter-build.events", self._hear, unique_id="heard")
        answer = ledger.handler(stream_event(json.loads(json.dumps(records))), world.context)
        assert answer == {"batchItemFailures": []}

    def _hear(self, params: dict[str, Any], **_: object) -> None:
        self.heard |= {json.loads(event["Detail"])["id"] for event in params["Entries"]}

    def observe(self, world: World) -> object:
        items = boto3.client("dynamodb").scan(TableName="Ledger")["Items"]
        seals = parts().ledger_seals
        return (
            sorted(_plain(items)),
            [(seal.day, seal.count) for seal in seals.seals()],
            verify_ledger(export_ledger(parts().ledger, seals, Millis(NOW + LATER)), SqliteSorter).fault,
            ["late" in item for item in world.items()],
            len(self.heard),
        )


def _plain(items: Iterable[dict[str, Any]]) -> Iterable[tuple[str, ...]]:
    for item in items:
        attributes = (item[name] for name in ("seq", "register", "outcome"))
        yield (*(str(*attribute.values()) for attribute in attributes), str("evidence" in item))


class Entries(LedgerWrites):
    function = "ledger"

    def deliver(self, world: World) -> None:
        self.enter(world, self.records)


class Sealed(LedgerWrites):
    function = "seal"

    def deliver(self, world: World) -> None:
        seal.handler({}, world.context)


class Reconciled(LedgerWrites):
    """The stream lost records and does not deliver them any more."""

    function = "reconcile"
    lost = 2

    def deliver(self, world: World) -> None:
        reconcile.handler({}, world.context)


class Purged(LedgerWrites):
    """The stream starts the purge; the hourly sweep then finds nothing to do."""

    function = "purge"

    def prepare(self, world: World) -> None:
        super().prepare(world)
        self.purges = [
            report(world, ErasureCause.MINOR),
            report(world, ErasureCause.ERASURE, address=JOHN),
        ]
        self.woken = [
            {"dynamodb": {"Keys": {"id": item["id"]}, "NewImage": item, "SequenceNumber": str(n)}}
            for n, item in enumerate(world.items())
        ]

    def deliver(self, world: World) -> None:
        assert purge.handler({"Records": self.woken}, world.context) == {"batchItemFailures": []}

    def observe(self, world: World) -> object:
        assert purge.handler({}, world.context)["found"] == 0
        found = [parts().purges.find(purge_id) for purge_id in self.purges]
        # A removal from the SES list that could not be recorded any more is done and not counted.
        certificates = [
            (
                certificate.state,
                {name: n for name, n in certificate.stores.items() if name != SES_LIST_STORE},
                certificate.subject,
            )
            for certificate in found
            if certificate is not None
        ]
        items = boto3.client("dynamodb").scan(TableName="Ledger")["Items"]
        evidence = sorted(_plain(items))
        people = registers(world), registers(world, JOHN)
        return certificates, *people, evidence, self.ses_list
