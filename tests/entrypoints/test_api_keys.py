from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.api_key import ApiKey, KeyScope, api_key_id, hash_api_key, is_api_key
from heed.domain.errors import NotAuthenticated, NotAuthorised, StoreUnavailable
from heed.entrypoints.http.api.authentication import KEY_CACHE_MS, Authenticator

KEY = "heed_" + "k" * 43
NOW = 1_772_701_964_390
CHECK = {KeyScope.CHECK}


@dataclass
class Stored:
    """Keys as stored, and how often they were looked up."""

    keys: dict[str, ApiKey] = field(default_factory=dict)
    looked_up: int = 0
    failing: bool = False

    def find(self, key_hash: str) -> ApiKey | None:
        self.looked_up += 1
        if self.failing:
            raise StoreUnavailable("kept so by the test")
        return self.keys.get(key_hash)

    def put(self, key: ApiKey) -> None:
        self.keys[key.hash] = key


def made(key: str = KEY, *, ends: int | None = None, revoked: int | None = None) -> ApiKey:
    scopes = frozenset({KeyScope.CHECK, KeyScope.LINKS})
    return ApiKey(api_key_id(hash_api_key(key)), hash_api_key(key), "n", "o", scopes, 0, ends, revoked)


def stored(*keys: ApiKey) -> Stored:
    kept = Stored()
    for key in keys:
        kept.put(key)
    return kept


@pytest.mark.parametrize("header", [f"Bearer {KEY}", f"bearer {KEY}", f"BEARER   {KEY} "])
def test_a_good_key_with_the_scope_is_let_in(header: str) -> None:
    assert Authenticator(stored(made())).authenticate(header, CHECK, NOW) == made()


def test_one_of_several_scopes_is_enough_and_none_is_not() -> None:
    gate = Authenticator(stored(made()))

    gate.authenticate(f"Bearer {KEY}", {KeyScope.READ, KeyScope.LINKS}, NOW)
    with pytest.raises(NotAuthorised):
        gate.authenticate(f"Bearer {KEY}", {KeyScope.READ, KeyScope.WRITE}, NOW)


@pytest.mark.threat(
    "T11",
    "Somebody calls the API with a made-up key.",
    "Keys are looked up by their hash, before the body is read.",
)
@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        KEY,
        f"Basic {KEY}",
        f"Bearer{KEY}",
        f"Bearer {KEY[:-1]}",
        f"Bearer {KEY}k",
        f"Bearer {KEY},Bearer {KEY}",
        f"Bearer {KEY} {KEY}",
        "Bearer heed_" + "é" * 43,
        "Bearer heed_" + "k" * 42 + "\n",
    ],
)
def test_what_is_no_key_is_refused_without_looking_it_up(header: str) -> None:
    kept = stored(made())

    with pytest.raises(NotAuthenticated):
        Authenticator(kept).authenticate(header, CHECK, NOW)
    assert kept.looked_up == 0


@given(st.text())
def test_no_header_crashes(header: str) -> None:
    with pytest.raises(NotAuthenticated):
        Authenticator(Stored()).authenticate(header, CHECK, NOW)


@pytest.mark.parametrize(
    "key", [None, made(revoked=NOW - 1), made(revoked=NOW + 1), made(ends=NOW), made(ends=0)]
)
def test_wrong_revoked_and_ended_keys_are_refused_alike(key: ApiKey | None) -> None:
    gate = Authenticator(stored(key) if key else Stored())

    with pytest.raises(NotAuthenticated) as refused:
        gate.authenticate(f"Bearer {KEY}", CHECK, NOW)
    assert str(refused.value) == "no valid key"


def test_a_key_ends_at_its_instant_though_it_is_cached() -> None:
    gate = Authenticator(stored(made(ends=NOW + 10)))

    gate.authenticate(f"Bearer {KEY}", CHECK, NOW + 9)
    with pytest.raises(NotAuthenticated):
        gate.authenticate(f"Bearer {KEY}", CHECK, NOW + 10)


def test_a_found_key_is_looked_up_once_a_minute() -> None:
    kept = stored(made())
    gate = Authenticator(kept)
    for after in (0, 1, KEY_CACHE_MS - 1):
        gate.authenticate(f"Bearer {KEY}", CHECK, NOW + after)
    assert kept.looked_up == 1

    gate.authenticate(f"Bearer {KEY}", CHECK, NOW + KEY_CACHE_MS)
    assert kept.looked_up == 2


@given(
    revoked_after=st.integers(0, 200_000),
    requests=st.lists(st.integers(0, 400_000), max_size=30).map(sorted),
)
def test_revoking_takes_effect_within_a_minute(revoked_after: int, requests: list[int]) -> None:
    kept = stored(made())
    gate = Authenticator(kept)
    for after in requests:
        if after >= revoked_after:
            kept.put(replace(made(), revoked=NOW + revoked_after))
        if after >= revoked_after + KEY_CACHE_MS:
            with pytest.raises(NotAuthenticated):
                gate.authenticate(f"Bearer {KEY}", CHECK, NOW + after)
        elif after < revoked_after:
            gate.authenticate(f"Bearer {KEY}", CHECK, NOW + after)


def test_guessing_fills_no_memory() -> None:
    kept = stored(made())
    gate = Authenticator(kept)
    for guess in range(100):
        with pytest.raises(NotAuthenticated):
            gate.authenticate(f"Bearer heed_{guess:043d}", CHECK, NOW)

    assert gate._cache == {}
    assert kept.looked_up == 100


def test_a_stamp_from_the_past_trusts_no_memory() -> None:
    kept = stored(made())
    gate = Authenticator(kept)
    gate.authenticate(f"Bearer {KEY}", CHECK, NOW)
    gate.authenticate(f"Bearer {KEY}", CHECK, NOW - 1)

    assert kept.looked_up == 2


def test_when_keys_cannot_be_looked_up_nobody_is_let_in_but_the_cached() -> None:
    kept = stored(made())
    gate = Authenticator(kept)
    gate.authenticate(f"Bearer {KEY}", CHECK, NOW)
    kept.failing = True

    gate.authenticate(f"Bearer {KEY}", CHECK, NOW + 1)
    with pytest.raises(StoreUnavailable):
        gate.authenticate(f"Bearer {KEY}", CHECK, NOW + KEY_CACHE_MS)
    with pytest.raises(StoreUnavailable):
        gate.authenticate("Bearer heed_" + "w" * 43, CHECK, NOW)


def test_the_hash_shows_no_part_of_the_key() -> None:
    assert is_api_key(KEY)
    assert len(hash_api_key(KEY)) == 64 and hash_api_key(KEY).startswith(api_key_id(hash_api_key(KEY)))
    assert "kkk" not in hash_api_key(KEY)
