"""`heed keys`: creates, lists and revokes the keys of the API under /v1."""

from __future__ import annotations

import re
import sys

import rich_click as click

from heed import clock
from heed.domain import rfc3339
from heed.domain.api_key import BRAND_SCOPES, ApiKey, KeyScope
from heed.domain.errors import InvalidTime, NotFound
from heed.domain.milliseconds import Millis
from heed.domain.preferences.brand_access import ALL_BRANDS, BrandAccess
from heed.domain.preferences.register import DAY_MS, ScopeNumber
from heed.domain.privacy.disclosure import DisclosurePurpose
from heed.entrypoints.cli import options, output
from heed.entrypoints.cli.api import get_from_api
from heed.entrypoints.cli.command import HeedGroup, command
from heed.entrypoints.cli.failure import CommandFailure, Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.stack import Stack

_COLUMNS = ("id", "name", "owner", "scopes", "brands", "created", "expires", "state")


def _parse_expiry(text: str) -> Millis:
    """Returns when a key expires, in milliseconds since 1970 (UTC).

    A date means the end of that day in UTC.

    Raises:
        BadParameter: The text is neither days nor a time nor a date, or the time is in the past.
    """
    now = clock.now()
    try:
        days = re.fullmatch(r"(\d{1,5})d", text, re.ASCII)
        end = Millis(now + int(days[1]) * DAY_MS if days else rfc3339.parse_time(text).last)
    except InvalidTime as error:
        raise click.BadParameter(
            "must be a number of days (90d), a time (2026-03-05T10:12:44+01:00) or a date (2026-03-05)"
        ) from error
    if end <= now:
        raise click.BadParameter("must be later than now")
    return end


def _parse_key_id(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{16}", text):
        raise click.BadParameter("must have 16 hex digits; heed keys list shows all ids")
    return text


@command("create", "heed keys create platform --owner 'CRM team' --scope check --expires 90d")
@click.argument("key_name", type=options.validate_visible_text, metavar="NAME", help="What the key is for.")
@click.option(
    "--owner",
    required=True,
    type=options.validate_visible_text,
    metavar="WHO",
    help="Who is responsible for the key.",
)
@options.choice_option(
    "--scope",
    KeyScope,
    multiple=True,
    required=True,
    help="What the key may be used for; repeat the option for more.",
)
@options.choice_option(
    "--purpose",
    DisclosurePurpose,
    multiple=True,
    default=[DisclosurePurpose.SENDING.value],
    help="A purpose that the key may state for bulk work on files; repeat the option for more.",
)
@click.option(
    "--expires",
    type=_parse_expiry,
    metavar="WHEN",
    help="In days (90d), at a time, or at the end of a date in UTC (default: never).",
)
@click.option(
    "--brand",
    multiple=True,
    metavar="BRAND",
    help="A brand to which the key is limited; repeat the option for more (default: all brands).",
)
@options.common_options
def _create(
    common: options.CommonOptions,
    key_name: str,
    owner: str,
    scope: tuple[str, ...],
    purpose: tuple[str, ...],
    expires: Millis | None,
    brand: tuple[str, ...],
) -> Exit:
    """Create a key and print it once.

    Prints the id and the key. Heed stores only a hash of the key. The command writes to the table of the
    stack with your AWS identity. It uses the API only to find the numbers of brands.
    """
    stack = find_stack(common.stack)
    scopes, purposes = set(map(KeyScope, scope)), set(map(DisclosurePurpose, purpose))
    brands = _find_brands(stack, brand, scopes) if brand else ALL_BRANDS
    key_id, key = stack.heed.api_keys.create(key_name, owner, scopes, expires, purposes, brands)
    output.print_answer({"id": key_id, "key": key}, as_json=common.json)
    if not common.json:
        print("The key is shown only once: keep it where you keep secrets.", file=sys.stderr)
    return Exit.YES


@command("list", "heed keys list --stack heed")
@options.common_options
def _list(common: options.CommonOptions) -> Exit:
    """List all keys, revoked and expired ones too.

    Revoked and expired keys stay on the list, because evidence contains their ids. The keys themselves are
    not stored.
    """
    now = clock.now()
    keys, unreadable = find_stack(common.stack).heed.api_keys.list()
    rows = [_to_row(key, now) for key in keys] + [_to_unreadable_row(key_id) for key_id in unreadable]
    if common.json:
        output.print_json({"keys": rows})
    else:
        every = {"brands": "all"}
        output.print_table(_COLUMNS, [row | every if row["brands"] is None else row for row in rows])
    return Exit.YES


@command("revoke", "heed keys revoke 0123456789abcdef --stack heed")
@click.argument("key_id", type=_parse_key_id, metavar="ID", help="The id, as heed keys list prints it.")
@options.common_options
def _revoke(common: options.CommonOptions, key_id: str) -> Exit:
    """Revoke a key.

    The key stops working within a minute. Revoking it again changes nothing.
    """
    try:
        find_stack(common.stack).heed.api_keys.revoke(key_id)
    except NotFound as error:
        raise CommandFailure("there is no key with this id", "heed keys list shows all ids") from error
    if common.json:
        output.print_json({"id": key_id, "state": "revoked"})
    else:
        print("Revoked. Within a minute the key no longer works.")
    return Exit.YES


def _find_brands(stack: Stack, names: tuple[str, ...], scopes: set[KeyScope]) -> BrandAccess:
    """Returns the brands with these names, which the key of the environment can see.

    Raises:
        BadParameter: A key of some brands cannot have one of the scopes, or no brand has a name.
        CommandFailure: The API did not answer, or there is no key for it.
    """
    if refused := sorted(scopes - BRAND_SCOPES):
        raise click.BadParameter(
            f"a key with --brand cannot have the scope {', '.join(refused)}: what it permits is about the "
            f"whole person or all brands. It can have {', '.join(sorted(BRAND_SCOPES))}.",
            param_hint="--scope",
        )
    numbers = {row["name"]: ScopeNumber(row["number"]) for row in get_from_api(stack, "/v1/topics")["brands"]}
    for name in names:
        if name not in numbers:
            raise click.BadParameter(
                f"there is no brand {name!r}.{options.suggest(name, numbers)}", param_hint="--brand"
            )
    return BrandAccess(frozenset(numbers[name] for name in names))


def _to_row(key: ApiKey, now: Millis) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "owner": key.owner,
        "scopes": sorted(key.scopes),
        "purposes": sorted(key.purposes),
        "brands": None if key.brands.brands is None else sorted(key.brands.brands),
        "created": rfc3339.format_time(key.created_at),
        "expires": None if key.expires_at is None else rfc3339.format_time(key.expires_at),
        "revoked": None if key.revoked_at is None else rfc3339.format_time(key.revoked_at),
        "state": "valid" if key.is_valid_at(now) else "expired" if key.revoked_at is None else "revoked",
    }


def _to_unreadable_row(key_id: str) -> dict[str, object]:
    """Returns the row of a key whose item cannot be read. Such a key does not work."""
    unknown: dict[str, object] = dict.fromkeys(("name", "owner", "created", "expires", "revoked"))
    return {**unknown, "id": key_id, "scopes": [], "purposes": [], "brands": [], "state": "unreadable"}


KEYS_GROUP = HeedGroup(
    "keys", help="Create, list and revoke the keys of the API.", commands=[_create, _list, _revoke]
)
