"""Heed as deployed, on AWS in memory (`pure`), or with real botocore on moto."""

from __future__ import annotations

import atexit
import functools
import io
import itertools
import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from moto import mock_aws

from functions.agents import app as agents
from functions.bulk import app as bulk
from functions.feedback import app as feedback
from functions.jobs import app as jobs
from functions.mailbox import app as mailbox
from functions.opt_out_retry import app as opt_out_retry
from functions.platform import app as platform
from functions.preferences import app as preferences
from functions.resubscribe import app as resubscribe
from functions.unsubscribe import app as unsubscribe
from heed.adapters.dynamodb import api_keys
from heed.adapters.dynamodb.preferences import PreferencesTable
from heed.adapters.sqs.waiting_queue import SqsWaitingQueue
from heed.bootstrap import Heed
from heed.config import Config
from heed.domain.api_key import KeyScope
from heed.domain.links.link_token import LinkToken, TokenPurpose, mint_link_token
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import ScopeNumber
from heed.domain.recipients.address import normalise_address
from heed.domain.recipients.recipient import recipient_id
from heed.entrypoints.observability import logger
from heed.use_cases.jobs import create_job, take_back_import
from heed.use_cases.privacy import erase
from heed.use_cases.snapshots import plan_snapshot, read_segment
from tests.simulation.aws_in_memory import Dynamo, Kms, Ses, Sqs
from tests.simulation.botocore_faults import JOB_KEYS, KEYS, QUEUES, FaultyClients
from tests.simulation.bulk_in_memory import S3, CloudWatch, EventBridge, StepFunctions
from tests.simulation.history import PersonState, RegisterValue
from tests.simulation.nemesis import Nemesis
from tests.support.catalogues import DATA
from tests.support.deployment import APPS as ALL_APPS
from tests.support.deployment import MAIL_FROM, Context, parts, run_on
from tests.support.sample_brand import brand

PEOPLE = ("ann@example.com", "Bo.Li+x@Exämple.com")
SPELLINGS = (
    ("ann@example.com", "ANN@example.com", "Ann <ann@EXAMPLE.com.>", "rfc822;ann@example.com"),
    (
        "bo.li+x@exämple.com",
        "Bo.Li+x@xn--exmple-cua.com",
        '"bo.li+x"@exämple.com',
        "<BO.LI+X@EXÄMPLE.COM>",
    ),
)
LINK_KEY_IDS = ("1", "1,2")
_EXPIRY = Millis(1_000)  # milliseconds since the Unix epoch
_SEGMENT_COUNT = 2  # of the people: each of the two is in another one
_MANY = 100_000  # people on record, so that no import of the simulation needs a second owner
_POWERFUL_SCOPES = (KeyScope.WRITE, KeyScope.PRIVACY)
APPS: dict[str, ModuleType] = {
    "press": unsubscribe,
    "opt-out retry batch": opt_out_retry,
    "save": preferences,
    "agent": agents,
    "check": platform,
    "feedback batch": feedback,
    "mail batch": mailbox,
    "report": agents,
    "officer": agents,
    "undo": preferences,
    "form": resubscribe,
    "import": jobs,
    "scrub": jobs,
    "snapshot": jobs,
    "take back": jobs,
    "job work": bulk,
}


@functools.cache
def _brand_with_test_catalogue() -> Path:
    """The compiled brand, with the test catalogue."""
    temporary = Path(tempfile.mkdtemp(prefix="heed-faults-"))
    atexit.register(shutil.rmtree, temporary)
    folder = temporary / "brand"
    shutil.copytree(brand(), folder)
    (folder / "catalogue.json").write_text(json.dumps(DATA))
    return folder


@dataclass
class SimulatedDeployment:
    """What the simulated programs run on.

    Attributes:
        read_items: returns the items of the preferences table by key, without faults.
        restart_functions: starts every function again, with these ids of link keys.
        take_messages: empties one of the queues and returns the bodies.
        put_item: writes an item, without faults.
        forget_jobs: deletes the jobs, whose turn it is, and the register of disclosures, without faults.
        clock: milliseconds, for the functions that read a clock.
        powerless_key: an API key with every scope except those of agents and officers.
        officer_key: an API key of another owner, who takes imports back.
        objects: the stored mails and the files of jobs by key, without faults. S3, SES and Step Functions are
            in memory on each layer.
        executions: the input of each execution that was started, by name.
    """

    nemesis: Nemesis
    read_items: Callable[[], dict[str, dict[str, Any]]]
    take_messages: Callable[[str], list[str]]
    put_item: Callable[[str, dict[str, Any] | None], None]
    forget_jobs: Callable[[], None]
    restart_functions: Callable[[str], None] = lambda _: None
    context: Context = field(default_factory=Context)
    clock: Millis = Millis(0)
    recipients: tuple[str, ...] = ()
    api_key: str = ""
    expired_key: str = ""
    powerless_key: str = ""
    officer_key: str = ""
    link_keys: dict[tuple[TokenPurpose, int], bytes] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    executions: dict[str, str] = field(default_factory=dict)
    _purges: Iterator[int] = field(default_factory=itertools.count)
    _jobs: Iterator[int] = field(default_factory=itertools.count)

    def reset(self, key_ids: str = "1") -> None:
        """Empties the table and the queues, and starts a fresh process with these ids of link keys."""
        for key in self.read_items():
            self.put_item(key, None)
        self.forget_jobs()
        for queue in QUEUES:
            self.take_messages(queue)
        self.objects.clear()
        self.executions.clear()
        self._purges, self._jobs = itertools.count(1), itertools.count(1)
        self.cold_start(key_ids)

    def next_purge_id(self, size: int) -> str:
        """Returns the id of a purge: always the same for one run."""
        return f"{next(self._purges):0{2 * size}x}"

    def next_job_id(self, size: int) -> str:
        """Returns the id of a job: always the same for one run. The order of the ids is not that of time."""
        return sha256(str(next(self._jobs)).encode()).hexdigest()[: 2 * size]

    def cold_start(self, key_ids: str) -> None:
        """A cold start: everything in memory is lost."""
        self.restart_functions(key_ids)

    def mint_token(self, who: int, scope: int, issued: Millis, purpose: TokenPurpose, key_id: int) -> str:
        token = LinkToken(self.recipients[who], ScopeNumber(scope), issued, key_id)
        return mint_link_token(token, purpose, self.link_keys[purpose, key_id])

    def observe(self) -> tuple[PersonState, ...]:
        """What is on record of each person."""
        items = self.read_items()
        return tuple(_decode_state(items.get(recipient, {})) for recipient in self.recipients)


def _decode_state(item: dict[str, Any]) -> PersonState:
    registers = {
        name: RegisterValue(
            Millis(int(value["M"]["t"]["N"])),
            value["M"]["by"]["S"],
            Millis(int(value["M"]["u"]["N"])) if "u" in value["M"] else None,
            value["M"]["ev"]["S"],
            value["M"]["pv"]["S"],
        )
        for name, value in item.items()
        if name[1:2] == ":" and not name.startswith("z")
    }
    return PersonState(
        registers,
        frozenset(int(day) for day in item["soft"]["NS"]) if "soft" in item else frozenset(),
        Millis(int(item["f"]["N"])) if "f" in item else None,
        int(item["n"]["N"]) if "n" in item else 0,
        any(name.startswith("z:") for name in item),
    )


@contextmanager
def simulated_deployment(layer: str) -> Iterator[SimulatedDeployment]:
    """Provides a deployment while the block runs: `pure` or `moto`."""
    with pytest.MonkeyPatch.context() as patch:
        for app in ALL_APPS:
            patch.setattr(app, "heed", parts())  # restored at the end
        nemesis = Nemesis()
        clients: dict[str, Any] = {}
        patch.setattr(logging, "raiseExceptions", False)
        patch.setattr(logging.getLogger(logger.name), "propagate", False)
        for handler in logger.handlers:
            patch.setattr(handler, "stream", io.StringIO())
        if layer == "pure":
            settings = _settings({name: name for name in _AWS_NAMES})
            yield _prepare(_in_memory(nemesis, clients), settings, clients, patch)
        else:
            with mock_aws():
                wire = FaultyClients(nemesis)
                settings = _settings(wire.build())
                clients.update(wire.clients)
                patch.setattr("botocore.endpoint.time.sleep", lambda _: None)
                patch.setattr("botocore.retries.quota.RetryQuota.acquire", _always_acquire)
                deployment = SimulatedDeployment(nemesis, wire.raw, wire.take, wire.put, wire.forget_jobs)
                yield _prepare(deployment, settings, clients, patch)


_AWS_NAMES = (*KEYS, "SNAPSHOT_KEYS", *QUEUES.values())


def _always_acquire(*_: object) -> bool:
    """Replaces the retry quota of botocore. Its remaining quota would make a run depend on earlier runs."""
    return True


def _in_memory(nemesis: Nemesis, clients: dict[str, Any]) -> SimulatedDeployment:
    dynamo, sqs = Dynamo(nemesis), Sqs(nemesis)
    clients.update(dynamodb=dynamo, kms=Kms(nemesis), sqs=sqs)

    def put(key: str, item: dict[str, Any] | None) -> None:
        table = dynamo.tables.setdefault("Preferences", {})
        if item is None:
            table.pop(key, None)
            dynamo.forget()
        else:
            table[key] = item

    def forget_jobs() -> None:
        control = dynamo.tables.get("Control", {})
        for key in [key for key in control if key.startswith(JOB_KEYS)]:
            del control[key]

    return SimulatedDeployment(
        nemesis,
        lambda: dict(dynamo.tables.get("Preferences", {})),
        lambda queue: sqs.queues.pop(QUEUES[queue], []),
        put,
        forget_jobs,
    )


def _settings(values: dict[str, str]) -> dict[str, str]:
    return {
        "PREFERENCES_TABLE": "Preferences",
        "CONTROL_TABLE": "Control",
        "PUBLIC_URL": "https://prefs.example.com",
        "MAIL_DOMAIN": "mail.example.com",
        "MAILBOX_BUCKET": "mailbox",
        "MAIL_FROM": MAIL_FROM,
        "CONFIRMATION_SET": "confirmations",
        "BULK_BUCKET": "bulk",
        "BULK_RATE": "500",
        "BULK_CONCURRENCY": "5",
        "JOB_MACHINE": "jobs",
        "LEDGER_FUNCTION": "ledger",
        "EVENT_BUS": "recipients",
        "LINK_KEY_IDS": LINK_KEY_IDS[-1],
        "MINOR_RECORD_DAYS": "4745",
        "MINOR_REPORTS_PER_KEY": "50",
        "CONFIRMATIONS_PER_NETWORK": "1000000",
        "KEY_MAILS_PER_DAY": "1000000",
        "CONFIRMATIONS_PER_DAY": "1000000",  # caps have tests of their own
        "BRAND_DIR": str(_brand_with_test_catalogue()),
        **values,
    }


def _prepare(
    deployment: SimulatedDeployment,
    settings: dict[str, str],
    clients: dict[str, Any],
    patch: pytest.MonkeyPatch,
) -> SimulatedDeployment:
    """Gives every function API keys, link keys and the simulated clock."""

    def client(service: str, *, once: bool = False) -> Any:
        return clients[service]

    nemesis = deployment.nemesis
    clients["s3"], clients["stepfunctions"] = S3(nemesis), StepFunctions(nemesis)
    clients["sesv2"], clients["cloudwatch"] = Ses(nemesis), CloudWatch(nemesis)
    clients["events"] = EventBridge(nemesis)
    deployment.objects, deployment.executions = clients["s3"].objects, clients["stepfunctions"].inputs
    clock_of_parts = SimpleNamespace(
        time_ns=lambda: deployment.clock * 1_000_000,
        sleep=lambda _: None,
    )
    template_heed = Heed(Config(settings), client)  # slow to make, and the same at every start

    def start(key_ids: str) -> None:
        heed = Heed(Config({**settings, "LINK_KEY_IDS": key_ids}), client, clock_of_parts)
        heed.catalogue, heed.pages = template_heed.catalogue, template_heed.pages
        heed.mail_words = template_heed.mail_words
        # It counts again after a while. With a fixed clock, one seed is one run.
        url = heed.config.waiting_queue_url
        heed.waiting_queue = SqsWaitingQueue(clients["sqs"], url, lambda: 0.0)
        run_on(heed)

    deployment.restart_functions = start
    start(LINK_KEY_IDS[-1])
    clock = SimpleNamespace(now=lambda: deployment.clock)
    for app in (bulk, feedback, jobs, mailbox, opt_out_retry):
        patch.setattr(app, "clock", clock)
    identity, keys = parts().identity_key.identity_key(), parts().link_keys
    deployment.recipients = tuple(recipient_id(identity, normalise_address(address)) for address in PEOPLE)
    for purpose in (TokenPurpose.UNSUBSCRIBE, TokenPurpose.PREFERENCES, TokenPurpose.MAILTO):
        for key_id in (1, 2):
            deployment.link_keys[purpose, key_id] = keys.link_key(purpose, key_id)
    # Ids are part of the evidence, which decides between two entries of one instant.
    patch.setattr(erase, "secrets", SimpleNamespace(token_hex=deployment.next_purge_id))
    patch.setattr(create_job, "secrets", SimpleNamespace(token_hex=deployment.next_job_id))
    patch.setattr(PreferencesTable, "count_people", lambda _: _MANY)
    patch.setattr(take_back_import, "_SEGMENT_COUNT", _SEGMENT_COUNT)
    for module in (plan_snapshot, read_segment):
        patch.setattr(module, "SEGMENT_COUNT", _SEGMENT_COUNT)
    secret = itertools.cycle("abcd")
    patch.setattr(api_keys, "secrets", SimpleNamespace(token_urlsafe=lambda _: next(secret) * 43))
    _, deployment.api_key = parts().api_keys.create("all", "tests", list(KeyScope))
    _, deployment.expired_key = parts().api_keys.create("expired", "tests", list(KeyScope), _EXPIRY)
    other_scopes = [scope for scope in KeyScope if scope not in _POWERFUL_SCOPES]
    _, deployment.powerless_key = parts().api_keys.create("platform", "tests", other_scopes)
    _, deployment.officer_key = parts().api_keys.create("officer", "officers", [KeyScope.PRIVACY])
    return deployment
