from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.api_key import ApiKey, KeyScope, api_key_id, hash_api_key, is_api_key
from heed.domain.errors import NotAuthenticated, NotAuthorised, StoreUnavailable
from heed.domain.milliseconds import Millis
from heed.entrypoints.http.api.authentication import KEY_CACHE_MS, Authenticator

KEY = "heed_" + "k" * 43
NOW = Millis(1_772_701_964_390)
CHECK = {KeyScope.CHECK}


@dataclass
class KeyStore:
    """A store of keys that counts lookups."""

    keys: dict[str, ApiKey] = field(default_factory=dict)
    lookups: int = 0
    failing: bool = False

    def find(self, key_hash: str) -> ApiKey | None:
        self.lookups += 1
        if self.failing:
            raise StoreUnavailable("unavailable in this test")
        return self.keys.get(key_hash)

    def put(self, key: ApiKey) -> None:
        self.keys[key.hash] = key


def make_key(key: str = KEY, *, ends: Millis | None = None, revoked: Millis | None = None) -> ApiKey:
    scopes = frozenset({KeyScope.CHECK, KeyScope.LINKS})
    return ApiKey(
        api_key_id(hash_api_key(key)), hash_api_key(key), "n", "o", scopes, Millis(0), ends, revoked
    )


def store_of(*keys: ApiKey) -> KeyStore:
    store = KeyStore()
    for key in keys:
        store.put(key)
    return store


@pytest.mark.parametrize("header", [f"Bearer {KEY}", f"bearer {KEY}", f"BEARER   {KEY} "])
def test_a_valid_key_with_the_scope_is_accepted(header: str) -> None:
    assert Authenticator(store_of(make_key())).authenticate(header, CHECK, NOW) == make_key()


def test_one_of_several_scopes_is_enough_and_none_is_not() -> None:
    authenticator = Authenticator(store_of(make_key()))

    authenticator.authenticate(f"Bearer {KEY}", {KeyScope.READ, KeyScope.LINKS}, NOW)
    with pytest.raises(NotAuthorised):
        authenticator.authenticate(f"Bearer {KEY}", {KeyScope.READ, KeyScope.WRITE}, NOW)


@pytest.mark.threat(
    "T11",
    "Somebody calls the API with a made-up key.",
    "Keys are looked up by their hash before the body is read.",
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
def test_a_malformed_key_is_refused_without_a_lookup(header: str) -> None:
    store = store_of(make_key())

    with pytest.raises(NotAuthenticated):
        Authenticator(store).authenticate(header, CHECK, NOW)
    assert store.lookups == 0


@given(st.text())
def test_no_header_crashes(header: str) -> None:
    with pytest.raises(NotAuthenticated):
        Authenticator(KeyStore()).authenticate(header, CHECK, NOW)


@pytest.mark.parametrize(
    "key",
    [
        None,
        make_key(revoked=Millis(NOW - 1)),
        make_key(revoked=Millis(NOW + 1)),
        make_key(ends=NOW),
        make_key(ends=Millis(0)),
    ],
)
def test_unknown_revoked_and_expired_keys_get_the_same_answer(key: ApiKey | None) -> None:
    authenticator = Authenticator(store_of(key) if key else KeyStore())

    with pytest.raises(NotAuthenticated) as raised:
        authenticator.authenticate(f"Bearer {KEY}", CHECK, NOW)
    assert str(raised.value) == "the API key is unknown, revoked or expired"


def test_a_cached_key_expires_on_time() -> None:
    authenticator = Authenticator(store_of(make_key(ends=Millis(NOW + 10))))

    authenticator.authenticate(f"Bearer {KEY}", CHECK, Millis(NOW + 9))
    with pytest.raises(NotAuthenticated):
        authenticator.authenticate(f"Bearer {KEY}", CHECK, Millis(NOW + 10))


def test_a_known_key_is_loaded_once_a_minute() -> None:
    store = store_of(make_key())
    authenticator = Authenticator(store)
    for after in (0, 1, KEY_CACHE_MS - 1):
        authenticator.authenticate(f"Bearer {KEY}", CHECK, Millis(NOW + after))
    assert store.lookups == 1

    authenticator.authenticate(f"Bearer {KEY}", CHECK, Millis(NOW + KEY_CACHE_MS))
    assert store.lookups == 2


@given(
    revoked_after=st.integers(0, 200_000),
    requests=st.lists(st.integers(0, 400_000), max_size=30).map(sorted),
)
def test_a_revoked_key_is_refused_within_a_minute(revoked_after: int, requests: list[int]) -> None:
    store = store_of(make_key())
    authenticator = Authenticator(store)
    for after in requests:
        if after >= revoked_after:
            store.put(replace(make_key(), revoked_at=Millis(NOW + revoked_after)))
        if after >= revoked_after + KEY_CACHE_MS:
            with pytest.raises(NotAuthenticated):
                authenticator.authenticate(f"Bearer {KEY}", CHECK, Millis(NOW + after))
        elif after < revoked_after:
            authenticator.authenticate(f"Bearer {KEY}", CHECK, Millis(NOW + after))


def test_unknown_keys_are_not_cached() -> None:
    store = store_of(make_key())
    authenticator = Authenticator(store)
    for guess in range(100):
        with pytest.raises(NotAuthenticated):
            authenticator.authenticate(f"Bearer heed_{guess:043d}", CHECK, NOW)

    assert authenticator._cache == {}
    assert store.lookups == 100


def test_a_request_from_the_past_does_not_use_the_cache() -> None:
    store = store_of(make_key())
    authenticator = Authenticator(store)
    authenticator.authenticate(f"Bearer {KEY}", CHECK, NOW)
    authenticator.authenticate(f"Bearer {KEY}", CHECK, Millis(NOW - 1))

    assert store.lookups == 2


def test_while_the_store_is_unavailable_only_cached_keys_are_accepted() -> None:
    store = store_of(make_key())
    authenticator = Authenticator(store)
    authenticator.authenticate(f"Bearer {KEY}", CHECK, NOW)
    store.failing = True

    authenticator.authenticate(f"Bearer {KEY}", CHECK, Millis(NOW + 1))
    with pytest.raises(StoreUnavailable):
        authenticator.authenticate(f"Bearer {KEY}", CHECK, Millis(NOW + KEY_CACHE_MS))
    with pytest.raises(StoreUnavailable):
        authenticator.authenticate("Bearer heed_" + "w" * 43, CHECK, NOW)


def test_the_hash_of_a_key_contains_no_part_of_it() -> None:
    assert is_api_key(KEY)
    assert len(hash_api_key(KEY)) == 64 and hash_api_key(KEY).startswith(api_key_id(hash_api_key(KEY)))
    assert "kkk" not in hash_api_key(KEY)
