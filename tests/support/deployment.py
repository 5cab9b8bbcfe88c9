"""A deployed Heed in this process: AWS by moto, the compiled brand, the environment of the template."""

from __future__ import annotations

import base64
import copy
import functools
import importlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import boto3
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from moto import mock_aws
from moto.backends import get_backend
from moto.kms.utils import ECDSAPrivateKey, RSAPrivateKey

from heed import cold_start
from heed.bootstrap import Heed
from heed.config import Config
from heed.domain.links.link_token import LinkToken, TokenPurpose, mint_link_token
from heed.domain.mailbox.mail_words import MailWords
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.register import Change, ScopeNumber
from heed.domain.recipients.address import normalise_address
from heed.domain.recipients.recipient import recipient_id
from heed.entrypoints.http.pages.pages import Pages
from tests.support.aws_calls import outside_handlers
from tests.support.clients import client_factory, returned_at_the_end
from tests.support.sample_brand import brand
from tests.support.template import table_definition

ROOT = Path(__file__).parents[2]
MAIL_FROM = "preferences@example.com"
_ACCOUNT = "123456789012"  # the account id of moto
_ROLE = f"arn:aws:iam::{_ACCOUNT}:role/machine"
NOW = Millis(1_772_701_964_390)  # 2026-03-05T09:12:44.390Z, as in the sample events


APPS = tuple(
    importlib.import_module(f"functions.{path.parent.name}.app")
    for path in sorted(ROOT.glob("functions/*/app.py"))
)
cold_start.finish_cold_start()


def parts() -> Heed:
    """Returns the parts that all functions use now."""
    heed: Heed = APPS[0].heed
    return heed


def build_heed(settings: Mapping[str, str], clock: Any) -> Heed:
    """Returns the parts of a deployment with these settings. The sample brand is cached, since it is slow."""
    heed = Heed(Config(settings), client_factory(), clock)
    if heed.config.brand_dir == brand():
        heed.catalogue, heed.pages, heed.mail_words = _sample_brand()
    return heed


@functools.cache
def _sample_brand() -> tuple[Catalogue, Pages, MailWords]:
    heed = Heed(Config({"BRAND_DIR": str(brand())}), client)
    return heed.catalogue, heed.pages, heed.mail_words


def run_on(heed: Heed) -> None:
    """Makes all functions use these parts. A test replaces parts only in this way."""
    for app in APPS:
        app.heed = heed  # type: ignore[attr-defined]


def restart(**changed: str | None) -> None:
    """Simulates a cold start of all functions with changed settings. None removes a setting."""
    current = parts()
    settings = {**current.config.environ, **changed}
    run_on(build_heed({name: value for name, value in settings.items() if value is not None}, current.clock))


@functools.cache
def client(service: str) -> Any:
    """Returns a client that all tests share. It has no state, and its creation takes longer than a test."""
    return boto3.client(service)  # type: ignore[call-overload]


class SigningKey(ECDSAPrivateKey):
    """A key of moto that signs a hash, as KMS does for the message type DIGEST. moto hashes it once more."""

    def sign(self, message: bytes, signing_algorithm: str) -> bytes:
        assert signing_algorithm == "ECDSA_SHA_256"
        signature: bytes = self.private_key.sign(message, ec.ECDSA(Prehashed(SHA256())))
        return signature

    def __deepcopy__(self, _: object) -> SigningKey:
        return self


@functools.cache
def private_key(spec: str) -> Any:
    """Returns one key for all KMS keys of a kind. moto creates an RSA key for those that need none."""
    return SigningKey(spec) if spec.startswith("ECC") else RSAPrivateKey(key_size=2048)


@dataclass
class Context:
    """The members of Lambda's context that Heed's handlers use."""

    aws_request_id: str = "7e5c6a7e-0000-4000-8000-000000000001"
    function_name: str = "test"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:test"
    milliseconds_left: int = 10_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds_left


@dataclass
class World:
    """The names of the deployed resources, and the steps that tests do with them."""

    queues: Mapping[str, str]
    table: str = "Preferences"
    control: str = "Control"
    context: Context = field(default_factory=Context)
    paused: list[float] = field(default_factory=list)
    while_paused: Callable[[World], object] | None = None

    def pause(self, seconds: float) -> None:
        """Replaces a pause. It runs the walk over the SES list, or `while_paused`, and does not wait."""
        self.paused.append(seconds)
        from tests.support import mailbox

        with outside_handlers():
            (self.while_paused or mailbox.work_on_ses_list)(self)

    def recipient(self, address: str) -> str:
        return recipient_id(parts().identity_key.identity_key(), normalise_address(address))

    def token(
        self,
        address: str,
        scope: int = 2,
        issued: Millis = Millis(NOW - 60_000),
        purpose: TokenPurpose = TokenPurpose.UNSUBSCRIBE,
    ) -> str:
        keys = parts().link_keys
        token = LinkToken(self.recipient(address), ScopeNumber(scope), issued, keys.newest_key_id())
        return mint_link_token(token, purpose, keys.link_key(purpose, token.key_id))

    def apply_changes(self, address: str, *changes: Change, now: Millis = NOW) -> None:
        parts().preferences.apply(self.recipient(address), changes, now)

    def items(self, table: str | None = None) -> list[dict[str, Any]]:
        items = client("dynamodb").scan(TableName=table or self.table)["Items"]
        return sorted(items, key=lambda item: str(item.get("id") or item.get("pk")))

    def clear_table(self, table: str, key: str) -> None:
        """Deletes all items of a table. `key` is the name of its key attribute."""
        for item in self.items(table):
            client("dynamodb").delete_item(TableName=table, Key={key: item[key]})

    def messages(self, queue: str) -> list[str]:
        response = client("sqs").receive_message(QueueUrl=self.queues[queue], MaxNumberOfMessages=10)
        return [message["Body"] for message in response.get("Messages", [])]


def http_event(
    method: str,
    path: str,
    *,
    body: bytes | str | None = None,
    form: Mapping[str, str] | Sequence[tuple[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    at: int = NOW,
    source_ip: str = "192.0.2.1",
    request_id: str = "JKJaXmPLvHcESHA=",
) -> dict[str, Any]:
    """Returns an HTTP API event of payload format 2.0, as AWS sends it: forms in base64, JSON as text."""
    lower_headers = {name.lower(): value for name, value in (headers or {}).items()}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": urlencode(query or {}),
        "headers": lower_headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api-id",
            "domainName": "api-id.execute-api.us-east-1.amazonaws.com",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": source_ip,
                "userAgent": "test",
            },
            "requestId": request_id,
            "stage": "$default",
            "timeEpoch": at,
        },
        "isBase64Encoded": False,
    }
    if query:
        event["queryStringParameters"] = dict(query)
    if form is not None:
        body = urlencode(form).encode()
        lower_headers["content-type"] = "application/x-www-form-urlencoded"
    if isinstance(body, bytes):
        event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    elif body is not None:
        event["body"] = body
    return event


def follow_redirect(
    handler: Callable[[Any, Any], Any], answer: Mapping[str, Any], world: World, **request: Any
) -> dict[str, Any]:
    """Opens the page to which the answer of a form (303) leads, as a browser does."""
    assert answer["statusCode"] == 303
    path, _, query = answer["headers"]["Location"].partition("?")
    event = http_event("GET", path, query=dict(parse_qsl(query)), **request)
    return dict(handler(event, world.context))


def moto_backend(service: str) -> Any:
    """Returns the state of a service in moto."""
    backend: Any = get_backend
    return backend(service)[_ACCOUNT]["aws" if service == "s3" else "us-east-1"]


def _create_queue(name: str) -> str:
    """Creates a queue and returns its URL.

    A queue has a lock, so it cannot be copied like the other resources. The API would be slower.
    """
    moto_backend("sqs").create_queue(name)
    return f"https://sqs.us-east-1.amazonaws.com/{_ACCOUNT}/{name}"


@functools.cache
def _resources() -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
    """Returns the ids of the keys, and moto's state by service after the resources were created.

    The resources are created once. Each test restores that state, since their creation takes longer than a
    test.
    """
    dynamodb, kms = client("dynamodb"), client("kms")
    for bucket in ("bulk", "ledger", "mailbox"):
        client("s3").create_bucket(Bucket=bucket)
    client("events").create_event_bus(Name="recipients")
    client("stepfunctions").create_state_machine(name="heed-jobs", definition="{}", roleArn=_ROLE)
    for logical in ("Preferences", "Control", "Ledger"):
        dynamodb.create_table(TableName=logical, **table_definition(f"{logical}Table"))
    keys = {
        name: kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
        for name in ("IDENTITY_KEY", "LINKS_KEY", "CONFIRMATION_KEY")
    }
    keys["ADDRESS_KEY"] = kms.create_key()["KeyMetadata"]["KeyId"]
    signing = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    keys["SNAPSHOT_KEYS"] = signing["KeyMetadata"]["Arn"]
    client("sesv2").create_email_identity(EmailIdentity=MAIL_FROM)
    services = ("dynamodb", "kms", "s3", "events", "ses", "stepfunctions")
    return keys, {service: copy.deepcopy(vars(moto_backend(service))) for service in services}


@contextmanager
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Deploys Heed while the block runs."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr("moto.kms.models.generate_private_key", private_key)
    with mock_aws(), returned_at_the_end():
        keys, states = _resources()
        for service, state in states.items():
            vars(moto_backend(service)).update(copy.deepcopy(state))
        queues = {
            name: _create_queue(name)
            for name in (
                "LEDGER_DLQ_URL",
                "OPT_OUT_RETRY_QUEUE_URL",
                "FEEDBACK_DLQ_URL",
                "MAILBOX_DLQ_URL",
                "CONFIRMATION_REQUESTS_QUEUE_URL",
                "WAITING_QUEUE_URL",
                "CONFIRMED_OPT_INS_QUEUE_URL",
                "OPT_IN_NOTIFICATIONS_QUEUE_URL",
                "SES_LIST_QUEUE_URL",
                "OPT_OUT_RETRY_DLQ_URL",
                "CONFIRMATION_REQUESTS_DLQ_URL",
                "CONFIRMED_OPT_INS_DLQ_URL",
                "SES_LIST_DLQ_URL",
                "NUMBERS_DLQ_URL",
                "WEBHOOK_QUEUE_URL",
                "WEBHOOK_DLQ_URL",
            )
        }
        environment = {
            "PREFERENCES_TABLE": "Preferences",
            "CONTROL_TABLE": "Control",
            "LEDGER_TABLE": "Ledger",
            "LEDGER_BUCKET": "ledger",
            "MAILBOX_BUCKET": "mailbox",
            "BULK_BUCKET": "bulk",
            "BULK_RATE": "500",
            "BULK_CONCURRENCY": "5",
            "JOB_MACHINE": f"arn:aws:states:us-east-1:{_ACCOUNT}:stateMachine:heed-jobs",
            "LEDGER_FUNCTION": "ledger",
            "EVENT_BUS": "recipients",
            "WEBHOOK_URL": "https://crm.example.com/heed",
            "WEBHOOK_SECRET_ARN": "webhook",
            "PUBLIC_URL": "https://prefs.example.com",
            "MAIL_DOMAIN": "mail.example.com",
            "LINK_KEY_IDS": "1",
            "BRAND_DIR": str(brand()),
            "MAIL_FROM": MAIL_FROM,
            "CONFIRMATION_SET": "confirmations",
            "CONFIRMATIONS_PER_NETWORK": "20",
            "CONFIRMATIONS_PER_DAY": "5000",
            "KEY_MAILS_PER_DAY": "500",
            "MINOR_RECORD_DAYS": "4749",
            "MINOR_REPORTS_PER_KEY": "50",
            **keys,
            **queues,
        }
        for app in APPS:
            monkeypatch.setattr(
                app, "heed", parts()
            )  # so that `monkeypatch` restores the old parts at the end
        world = World(queues)
        clock: Any = SimpleNamespace(time_ns=lambda: time.time_ns(), sleep=world.pause)
        run_on(build_heed(environment, clock))
        yield world
