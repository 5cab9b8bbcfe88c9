"""`heed keys` on the table of the stack, with the person's AWS identity."""

from __future__ import annotations

import json

import pytest

from heed.domain.api_key import KeyScope, api_key_id, hash_api_key
from heed.domain.milliseconds import Millis
from heed.domain.preferences.brand_access import BrandAccess
from heed.domain.preferences.register import ScopeNumber
from tests.cli.conftest import Heed
from tests.support.deployment import parts

CREATE = ("keys", "create", "platform", "--owner", "CRM team", "--scope", "check")


def test_a_key_is_printed_once_and_stored_as_a_hash(heed: Heed, stack: str) -> None:
    result = heed(*CREATE, "--scope", "links", "--stack", stack)

    facts = dict(line.split() for line in result.out.splitlines())
    assert (result.code, facts["id"]) == (0, api_key_id(hash_api_key(facts["key"])))
    assert result.err == "The key is shown only once: keep it where you keep secrets.\n"
    stored = parts().api_keys.find(hash_api_key(facts["key"]))
    assert stored is not None
    assert (stored.name, stored.owner, sorted(stored.scopes)) == (
        "platform",
        "CRM team",
        ["check", "links"],
    )
    assert facts["key"] not in heed("keys", "list", "--stack", stack, "--json").out


@pytest.mark.parametrize("hidden", ["\u200b", "\u2800", "\u034f", "\u00a0"], ids=ascii)
@pytest.mark.parametrize("part", ["platform", "CRM team"])
def test_a_name_or_owner_with_an_invisible_character_is_refused(
    heed: Heed, stack: str, part: str, hidden: str
) -> None:
    arguments = [word.replace(part, f"{part}{hidden}") for word in CREATE]

    result = heed(*arguments, "--stack", stack)

    assert result.code != 0
    assert "invisible character" in result.err
    assert not heed("keys", "list", "--stack", stack, "--json").json["keys"]


def test_a_new_key_works_until_it_is_revoked(heed: Heed, stack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    created = heed(*CREATE, "--stack", stack, "--json").json
    monkeypatch.setenv("HEED_API_KEY", created["key"])
    check = ("check", "reader@example.com", "--topic", "offers", "--stack", stack)
    assert heed(*check).code == 0

    assert heed("keys", "revoke", created["id"], "--stack", stack).code == 0
    del parts().authenticator  # it caches keys for a minute

    result = heed(*check)
    assert result.code == 3
    assert result.err == (
        "heed: The API key is missing or not valid (401): "
        "create a key (heed keys create) and set HEED_API_KEY to it\n"
    )


def test_a_key_without_the_scope_is_refused(heed: Heed, stack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEED_API_KEY", heed(*CREATE, "--stack", stack, "--json").json["key"])

    result = heed("lookup", "reader@example.com", "--stack", stack)

    assert (result.code, "403" in result.err) == (3, True)


def test_the_list_shows_the_state_of_each_key(heed: Heed, stack: str) -> None:
    heed(*CREATE, "--stack", stack, "--expires", "90d")
    revoked = heed(*CREATE, "--stack", stack, "--json").json["id"]
    heed("keys", "revoke", revoked, "--stack", stack)
    parts().api_keys.create("old", "tests", [KeyScope.READ], Millis(1))

    keys = heed("keys", "list", "--stack", stack, "--json").json["keys"]

    assert sorted(key["state"] for key in keys) == ["expired", "revoked", "valid"]
    assert heed("keys", "list", "--stack", stack).out.splitlines()[0].split() == [
        *("ID", "NAME", "OWNER", "SCOPES", "BRANDS", "CREATED", "EXPIRES", "STATE")
    ]


def test_a_key_may_expire_at_the_end_of_a_day(heed: Heed, stack: str) -> None:
    heed(*CREATE, "--stack", stack, "--expires", "2999-12-31")

    (key,) = heed("keys", "list", "--stack", stack, "--json").json["keys"]
    assert key["expires"] == "2999-12-31T23:59:59.999Z"


@pytest.mark.parametrize("when", ["0d", "2020-01-01", "soon", "-3d", "999999999d"])
def test_an_invalid_expiry_is_wrong_usage(heed: Heed, stack: str, when: str) -> None:
    assert heed(*CREATE, "--stack", stack, f"--expires={when}").code == 2
    assert parts().api_keys.list() == ([], [])


def test_revoking_needs_an_id_and_never_prints_a_key(heed: Heed, stack: str) -> None:
    key = heed(*CREATE, "--stack", stack, "--json").json["key"]

    wrong = heed("keys", "revoke", key, "--stack", stack)
    unknown = heed("keys", "revoke", "0" * 16, "--stack", stack)

    assert (wrong.code, key in wrong.out + wrong.err) == (2, False)
    assert (unknown.code, unknown.err) == (
        3,
        "heed: there is no key with this id: heed keys list shows all ids\n",
    )


def test_json_of_a_new_key_has_its_id_and_the_key(heed: Heed, stack: str) -> None:
    result = heed(*CREATE, "--stack", stack, "--json")

    assert set(json.loads(result.out)) == {"id", "key"}
    assert result.err == ""


def test_a_key_may_be_limited_to_brands(
    heed: Heed, stack: str, api_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEED_API_KEY", api_key)
    created = heed(*CREATE, "--brand", "meridian", "--stack", stack, "--json").json

    stored = parts().api_keys.find(hash_api_key(created["key"]))
    assert stored is not None and stored.brands == BrandAccess(frozenset({ScopeNumber(1)}))
    listed = heed("keys", "list", "--stack", stack, "--json").json["keys"]
    assert sorted(str(key["brands"]) for key in listed) == ["None", "[1]"]
    lines = heed("keys", "list", "--stack", stack).out.splitlines()
    column = lines[0].index("BRANDS")
    assert sorted(line[column:].split()[0] for line in lines[1:]) == ["1", "all"]


def test_a_key_of_an_unknown_brand_is_not_created(
    heed: Heed, stack: str, api_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEED_API_KEY", api_key)
    result = heed(*CREATE, "--brand", "meridien", "--stack", stack)

    assert result.code == 2
    assert "there is no brand 'meridien'. Did you mean 'meridian'?" in result.err
    assert len(parts().api_keys.list()[0]) == 1  # the one of the environment


@pytest.mark.parametrize("scope", ["privacy", "import", "export"])
def test_a_key_of_a_brand_cannot_do_what_concerns_all_brands(heed: Heed, stack: str, scope: str) -> None:
    result = heed(*CREATE, "--scope", scope, "--brand", "meridian", "--stack", stack)

    assert result.code == 2
    assert f"a key with --brand cannot have the scope {scope}" in " ".join(result.err.split())
    assert parts().api_keys.list() == ([], [])


def test_the_brands_of_a_new_key_need_a_key_that_lists_them(heed: Heed, stack: str) -> None:
    result = heed(*CREATE, "--brand", "meridian", "--stack", stack)

    assert (result.code, "HEED_API_KEY is not set" in result.err) == (3, True)
    assert parts().api_keys.list() == ([], [])
