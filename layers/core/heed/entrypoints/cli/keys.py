"""`heed keys`: creates, lists and revokes the keys of the API under /v1."""

from __future__ import annotations

import re
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace

from heed.domain import rfc3339
from heed.domain.api_key import ApiKey, KeyScope
from heed.domain.errors import InvalidTime, NotFound
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS
from heed.entrypoints.cli import options, output
from heed.entrypoints.cli.command import Command, Exit, Group
from heed.entrypoints.cli.failure import CommandFailure
from heed.entrypoints.cli.find_stack import find_stack

_COLUMNS = ("id", "name", "owner", "scopes", "created", "expires", "state")


def _add_create_arguments(parser: ArgumentParser) -> None:
    options.add_common_options(parser)
    parser.add_argument("name", type=options.parse_visible_text, metavar="NAME", help="what the key is for")
    parser.add_argument(
        "--owner",
        required=True,
        type=options.parse_visible_text,
        metavar="WHO",
        help="who is responsible for the key",
    )
    parser.add_argument(
        "--scope",
        dest="scopes",
        action="append",
        required=True,
        choices=[scope.value for scope in KeyScope],
        help="what the key may be used for; repeat the option for more",
    )
    parser.add_argument(
        "--expires",
        type=_parse_expiry,
        metavar="WHEN",
        help="in days (90d), at a time, or at the end of a date in UTC (default: never)",
    )


def _create(args: Namespace) -> Exit:
    scopes = {KeyScope(scope) for scope in args.scopes}
    key_id, key = find_stack(args.stack).heed.api_keys.create(args.name, args.owner, scopes, args.expires)
    if args.json:
        output.print_json({"id": key_id, "key": key})
    else:
        output.print_facts({"id": key_id, "key": key})
        print("The key is shown only once: keep it where you keep secrets.", file=sys.stderr)
    return Exit.YES


def _list(args: Namespace) -> Exit:
    now = _now()
    keys, unreadable = find_stack(args.stack).heed.api_keys.list()
    rows = [_to_row(key, now) for key in keys] + [_to_unreadable_row(key_id) for key_id in unreadable]
    if args.json:
        output.print_json({"keys": rows})
    else:
        output.print_table(_COLUMNS, rows)
    return Exit.YES


def _add_revoke_arguments(parser: ArgumentParser) -> None:
    options.add_common_options(parser)
    parser.add_argument(
        "id", type=_parse_key_id, metavar="ID", help="of the key, as heed keys list prints it"
    )


def _revoke(args: Namespace) -> Exit:
    try:
        find_stack(args.stack).heed.api_keys.revoke(args.id)
    except NotFound as error:
        raise CommandFailure("there is no key with this id", "heed keys list shows all ids") from error
    if args.json:
        output.print_json({"id": args.id, "state": "revoked"})
    else:
        print("Revoked. Within a minute the key no longer works.")
    return Exit.YES


def _to_row(key: ApiKey, now: Millis) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "owner": key.owner,
        "scopes": sorted(key.scopes),
        "created": rfc3339.format_time(key.created_at),
        "expires": None if key.expires_at is None else rfc3339.format_time(key.expires_at),
        "revoked": None if key.revoked_at is None else rfc3339.format_time(key.revoked_at),
        "state": "valid" if key.is_valid_at(now) else "expired" if key.revoked_at is None else "revoked",
    }


def _to_unreadable_row(key_id: str) -> dict[str, object]:
    """Returns the row of a key whose item cannot be read. Such a key does not work."""
    unknown: dict[str, object] = dict.fromkeys(("name", "owner", "created", "expires", "revoked"))
    return {**unknown, "id": key_id, "scopes": [], "state": "unreadable"}


def _parse_expiry(text: str) -> Millis:
    """Returns when a key expires, in milliseconds since 1970 (UTC).

    A date means the end of that day in UTC.

    Raises:
        ArgumentTypeError: The text is neither days nor a time nor a date, or the time is in the past.
    """
    now = _now()
    try:
        days = re.fullmatch(r"(\d{1,5})d", text, re.ASCII)
        end = Millis(now + int(days[1]) * DAY_MS if days else rfc3339.parse_time(text).last)
    except InvalidTime as error:
        raise ArgumentTypeError(
            "must be a number of days (90d), a time (2026-03-05T10:12:44+01:00) or a date (2026-03-05)"
        ) from error
    if end <= now:
        raise ArgumentTypeError("must be later than now")
    return end


def _parse_key_id(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{16}", text):
        raise ArgumentTypeError("must have 16 hex digits; heed keys list shows all ids")
    return text


def _now() -> Millis:
    return Millis(time.time_ns() // 1_000_000)


KEYS_GROUP = Group(
    name="keys",
    summary="create, list and revoke the keys of the API",
    commands=(
        Command(
            name="create",
            summary="create a key and print it once",
            details="Prints the id and the key. Heed stores only a hash of the key. The command writes to "
            "the table of the stack with your AWS identity; it does not use the API.",
            examples=("heed keys create platform --owner 'CRM team' --scope check --expires 90d",),
            add_arguments=_add_create_arguments,
            run=_create,
        ),
        Command(
            name="list",
            summary="list all keys, revoked and expired ones too",
            details="Revoked and expired keys stay on the list, because evidence contains their ids. The "
            "keys themselves are not stored.",
            examples=("heed keys list --stack heed",),
            add_arguments=options.add_common_options,
            run=_list,
        ),
        Command(
            name="revoke",
            summary="revoke a key",
            details="The key stops working within a minute. Revoking it again changes nothing.",
            examples=("heed keys revoke 0123456789abcdef --stack heed",),
            add_arguments=_add_revoke_arguments,
            run=_revoke,
        ),
    ),
)
