"""`heed keys`: the keys of the API under /v1."""

from __future__ import annotations

import re
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace

from heed.domain import rfc3339
from heed.domain.api_key import ApiKey, KeyScope
from heed.domain.errors import InvalidTime, NotFound
from heed.domain.preferences.register import DAY_MS
from heed.entrypoints.cli import options, output
from heed.entrypoints.cli.command import Command, Exit, Group
from heed.entrypoints.cli.failure import CommandFailure
from heed.entrypoints.cli.find_stack import find_stack

_COLUMNS = ("id", "name", "owner", "scopes", "created", "expires", "state")


def _to_create(parser: ArgumentParser) -> None:
    options.add_common_options(parser)
    parser.add_argument("name", type=options.visible_text, metavar="NAME", help="what it is for")
    parser.add_argument(
        "--owner",
        required=True,
        type=options.visible_text,
        metavar="WHO",
        help="who answers for it",
    )
    parser.add_argument(
        "--scope",
        dest="scopes",
        action="append",
        required=True,
        choices=[scope.value for scope in KeyScope],
        help="what it may be used for; may be given several times",
    )
    parser.add_argument(
        "--expires",
        type=_end,
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
        print("The key is shown this once: keep it where secrets are kept.", file=sys.stderr)
    return Exit.YES


def _list(args: Namespace) -> Exit:
    now = _now()
    keys, unreadable = find_stack(args.stack).heed.api_keys.list()
    rows = [_row(key, now) for key in keys] + [_unreadable(key_id) for key_id in unreadable]
    if args.json:
        output.print_json({"keys": rows})
    else:
        output.print_table(_COLUMNS, rows)
    return Exit.YES


def _to_revoke(parser: ArgumentParser) -> None:
    options.add_common_options(parser)
    parser.add_argument("id", type=_id, metavar="ID", help="of the key, as create and list print it")


def _revoke(args: Namespace) -> Exit:
    try:
        find_stack(args.stack).heed.api_keys.revoke(args.id)
    except NotFound as error:
        raise CommandFailure("there is no key of that id", "heed keys list shows them") from error
    if args.json:
        output.print_json({"id": args.id, "state": "revoked"})
    else:
        print("Revoked; it is taken nowhere any more within a minute.")
    return Exit.YES


def _row(key: ApiKey, now: int) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "owner": key.owner,
        "scopes": sorted(key.scopes),
        "created": rfc3339.format_time(key.created),
        "expires": None if key.ends is None else rfc3339.format_time(key.ends),
        "revoked": None if key.revoked is None else rfc3339.format_time(key.revoked),
        "state": "good" if key.is_valid_at(now) else "ended" if key.revoked is None else "revoked",
    }


def _unreadable(key_id: str) -> dict[str, object]:
    """A key that somebody has made unreadable: it is taken nowhere."""
    known: dict[str, object] = dict.fromkeys(("name", "owner", "created", "expires", "revoked"))
    return {**known, "id": key_id, "scopes": [], "state": "unreadable"}


def _end(text: str) -> int:
    """From when a key is no longer taken, milliseconds; a date is the end of that day in UTC."""
    now = _now()
    try:
        days = re.fullmatch(r"(\d{1,5})d", text, re.ASCII)
        end = now + int(days[1]) * DAY_MS if days else rfc3339.parse_time(text).last
    except InvalidTime as error:
        raise ArgumentTypeError(
            "neither days (90d) nor a time nor a date: 2026-03-05T10:12:44+01:00, or 2026-03-05"
        ) from error
    if end <= now:
        raise ArgumentTypeError("must be later than now")
    return end


def _id(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{16}", text):
        raise ArgumentTypeError("an id has 16 hex digits; heed keys list shows them")
    return text


def _now() -> int:
    return time.time_ns() // 1_000_000


KEYS_GROUP = Group(
    name="keys",
    summary="the keys of the API: create, list, revoke",
    commands=(
        Command(
            name="create",
            summary="make a key, and print it this once",
            details="Prints the id and the key; what is kept is a hash. Speaks to the table of the stack "
            "with your AWS identity, not to the API.",
            examples=("heed keys create platform --owner 'CRM team' --scope check --expires 90d",),
            arguments=_to_create,
            run=_create,
        ),
        Command(
            name="list",
            summary="every key there ever was",
            details="Revoked and ended keys stay on the list: their ids stand in evidence. The keys "
            "themselves are nowhere.",
            examples=("heed keys list --stack heed",),
            arguments=options.add_common_options,
            run=_list,
        ),
        Command(
            name="revoke",
            summary="take a key no longer",
            details="Takes effect within a minute. Revoking again changes nothing.",
            examples=("heed keys revoke 0123456789abcdef --stack heed",),
            arguments=_to_revoke,
            run=_revoke,
        ),
    ),
)
