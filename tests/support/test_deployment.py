"""Each test has its own deployment, which contains nothing from other tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from heed.domain.api_key import KeyScope
from heed.domain.preferences.register import Change, Entry, Source
from tests.support import mailbox
from tests.support.clients import calling
from tests.support.deployment import MAIL_FROM, NOW, World, client, deployed, parts, restart
from tests.support.registers import out

_READER = "reader@example.com"
_TABLES = ("Preferences", "Control", "Ledger")


def _write(world: World) -> None:
    world.apply_changes(_READER, Change(out(2), Entry(NOW, Source.LINK, "{}")))
    parts().api_keys.create("all", "tests", list(KeyScope))
    client("dynamodb").put_item(TableName="Ledger", Item={"subject": {"S": "made up"}, "id": {"S": "1"}})


def _drop_a_table(_: World) -> None:
    client("dynamodb").delete_table(TableName="Ledger")


def _send(world: World) -> None:
    for url in world.queues.values():
        client("sqs").send_message(QueueUrl=url, MessageBody="{}")
    client("sesv2").send_email(
        FromEmailAddress=MAIL_FROM,
        Destination={"ToAddresses": [_READER]},
        Content={"Raw": {"Data": b"From: preferences@example.com\r\n\r\nText"}},
    )


def _store(_: World) -> None:
    client("s3").put_object(Bucket="ledger", Key="hashes/1", Body=b"hashes")


def _disable_keys(_: World) -> None:
    for name in ("IDENTITY_KEY", "LINKS_KEY", "CONFIRMATION_KEY", "ADDRESS_KEY"):
        client("kms").disable_key(KeyId=parts().config.environ[name])


_ACTIONS = (_write, _drop_a_table, _send, _store, _disable_keys)


@pytest.mark.parametrize("act", _ACTIONS)
def test_a_test_does_not_see_the_changes_of_another_test(
    monkeypatch: pytest.MonkeyPatch, act: Callable[[World], None]
) -> None:
    with monkeypatch.context() as first, deployed(first) as world:
        before = _observable_state(world)
        act(world)
        assert _observable_state(world) != before
    with monkeypatch.context() as second, deployed(second) as world:
        assert _observable_state(world) == before


def _observable_state(world: World) -> dict[str, Any]:
    """Returns everything that a test can observe."""
    dynamodb, kms, s3 = client("dynamodb"), client("kms"), client("s3")
    tables = sorted(dynamodb.list_tables()["TableNames"])
    return {
        "items": {table: world.items(table) for table in tables},
        "tables": {table: dynamodb.describe_table(TableName=table)["Table"] for table in tables},
        "waiting": {name: world.messages(name) for name in world.queues},
        "sent": len(mailbox.sent_mails()),
        "objects": s3.list_objects_v2(Bucket="ledger").get("Contents", []),
        "keys": [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]],
    }


def _hook(client: Any, _: pytest.MonkeyPatch) -> None:
    client.meta.events.register("before-call", lambda **_: None)


def _hook_for_a_while(client: Any, _: pytest.MonkeyPatch) -> None:
    called: list[object] = []
    with calling(lambda **_: called.append(1), [client], "before-call", "after-call"):
        client.scan(TableName="Preferences")
    client.scan(TableName="Preferences")
    assert len(called) == 2


def _hook_within(client: Any, patch: pytest.MonkeyPatch) -> None:
    with calling(lambda **_: None, [client], "before-call"):
        _hook(client, patch)


def _fail(client: Any, patch: pytest.MonkeyPatch) -> None:
    """Makes a call fail, so that botocore retries it and uses its retry quota."""

    def time_out(*_: Any, **__: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://aws.invalid")

    patch.setattr("moto.core.botocore_stubber.BotocoreStubber.process_request", time_out)
    patch.setattr("time.sleep", lambda _: None)
    with pytest.raises(ReadTimeoutError):
        client.scan(TableName="Preferences")


@pytest.mark.parametrize(
    ("change", "is_used_again"),
    [
        (_hook, False),
        (_hook_within, False),
        (_fail, False),
        (_hook_for_a_while, True),
        (lambda *_: None, True),
    ],
)
def test_the_next_test_gets_no_changed_client(
    monkeypatch: pytest.MonkeyPatch, change: Callable[..., None], is_used_again: bool
) -> None:
    with monkeypatch.context() as patch, deployed(patch):
        first = parts().client("dynamodb")
        change(first, patch)
    with monkeypatch.context() as patch, deployed(patch):
        assert (parts().client("dynamodb") is first) == is_used_again


def test_a_restart_has_new_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    with deployed(monkeypatch):
        first = parts().client("dynamodb")
        restart()
        assert parts().client("dynamodb") is not first
