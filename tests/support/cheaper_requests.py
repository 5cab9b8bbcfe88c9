"""The path of a request from botocore to moto and back, with less work and the same responses."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterable
from typing import Any

import botocore.auth
import botocore.useragent
import moto.core.responses
import pytest
from moto.core import serialize
from moto.core.base_backend import BaseBackend
from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    Request,
    environ_key_for_header,
    should_preserve_original_header_name,
)

_REQUEST_ID = "A" * 52


def make_requests_cheaper(patch: pytest.MonkeyPatch) -> None:
    """Applies all changes, until the patch is undone."""
    _skip_signatures(patch)
    _cache_urls(patch)
    patch.setattr(Request, "from_primitives", classmethod(_make_request_factory(Request.from_primitives)))
    _speed_up_serialisation(patch)


def _skip_signatures(patch: pytest.MonkeyPatch) -> None:
    """Omits the signature and the user agent. moto reads only the key and the region of a request."""
    patch.setattr(botocore.auth.SigV4Auth, "canonical_request", lambda *_: "")
    patch.setattr(botocore.auth.SigV4Auth, "signature", lambda *_: "0" * 64)
    patch.setattr(botocore.useragent.UserAgentString, "to_string", lambda _: "tests")
    patch.setattr(moto.core.responses, "gen_amzn_requestid_long", _name_request)


def _name_request(headers: dict[str, str]) -> str:
    """Gives each request the same id. moto draws 52 random letters."""
    headers["x-amzn-requestid"] = _REQUEST_ID
    return _REQUEST_ID


def _cache_urls(patch: pytest.MonkeyPatch) -> None:
    """Computes the URLs of each service once. They are the same in each account."""
    urls: Any = BaseBackend.urls
    cache: dict[tuple[type, str], Any] = {}

    def urls_once(self: Any) -> Any:
        key = type(self), self.region_name
        if key not in cache:
            cache[key] = urls.fget(self)
        return cache[key]

    patch.setattr(BaseBackend, "urls", property(urls_once))


def _make_request_factory(from_primitives: Any) -> Callable[..., Request]:
    """Returns a factory of moto's requests that computes the part for the URL once for each URL."""

    @functools.lru_cache(maxsize=1_000)
    def make_environ(method: str, url: str) -> dict[str, Any]:
        return dict(from_primitives(method, url, {}).environ)

    def make_request(kind: type[Request], method: str, url: str, headers: Any, body: Any = None) -> Request:
        texts = {
            name: value.decode() if isinstance(value, bytes) else value for name, value in headers.items()
        }
        is_plain = body is None or isinstance(body, (str, bytes))
        if not is_plain or len(texts) < len(headers) or "Transfer-Encoding" in headers:
            return from_primitives(method, url, headers, body)  # type: ignore[no-any-return]
        content = body.encode() if isinstance(body, str) else body or b""
        keys = {name: environ_key_for_header(name) for name in texts}
        return kind(
            make_environ(method, url)
            | {keys[name]: text for name, text in texts.items()}
            | {
                "CONTENT_LENGTH": str(len(content)),
                "wsgi.input": io.BytesIO(content),
                "wsgi.input_terminated": True,  # the stream has no other bytes, so no count is needed
                PRESERVED_HEADER_NAMES_ENVIRON_KEY: {
                    key: name for name, key in keys.items() if should_preserve_original_header_name(name)
                },
            }
        )

    return make_request


def _speed_up_serialisation(patch: pytest.MonkeyPatch) -> None:
    """Computes once per field by which names moto looks it up in a response."""
    for kind in (serialize.AttributePicker, serialize.XFormedAttributePicker):
        patch.setattr(kind, "get_possible_keys", _cache_by_field(kind.get_possible_keys))
    whole = serialize.ResponseSerializer._serialize_type_structure
    patch.setattr(serialize.ResponseSerializer, "_serialize_type_structure", _skip_absent_fields(whole))


def _cache_by_field(names: Callable[[Any, Any], Iterable[str]]) -> Callable[..., Any]:
    cache: dict[tuple[Any, ...], tuple[str, ...]] = {}

    def possible_keys(self: Any, context: Any) -> Iterable[str]:
        if type(context.obj) is not dict:  # other classes have different names
            return names(self, context)
        field = (type(self), context.key, context.shape, *self.alias_providers)
        if field not in cache:
            cache[field] = tuple(names(self, context))
        return cache[field]

    return possible_keys


def _skip_absent_fields(serialize_all: Callable[..., None]) -> Callable[..., None]:
    """Serialises only the fields that a dictionary has. A DynamoDB value has one of ten."""
    member = serialize.ResponseSerializer._serialize_structure_member
    fields: dict[tuple[Any, type], list[tuple[str, Any, frozenset[str]]]] = {}

    def list_fields(self: Any, shape: Any) -> list[tuple[str, Any, frozenset[str]]]:
        key = shape, type(self._value_picker)
        if key not in fields:
            contexts = [
                serialize.AttributePickerContext(obj={}, key=name, shape=field)
                for name, field in shape.members.items()
            ]
            fields[key] = [
                (context.key, context.shape, frozenset(self._value_picker.get_possible_keys(context)))
                for context in contexts
            ]
            for context in contexts:
                context.shape.parent = shape  # type: ignore[attr-defined] # as moto does each time
        return fields[key]

    def serialize_present(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if (
            type(value) is not dict
            or type(self)._serialize_structure_member is not member
            or self._value_picker.response_transformers
        ):
            serialize_all(self, serialized, value, shape, key)
            return
        result = self.MAP_TYPE() if key else serialized
        for name, field, names in list_fields(self, shape):
            if not names.isdisjoint(value):
                member(self, result, value, field, name)
        if key:
            self._default_serialize(serialized, result, shape, key)

    return serialize_present
