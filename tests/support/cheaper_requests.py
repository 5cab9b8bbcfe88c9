"""The way of a request from botocore to moto and back, with less work and the same answers."""

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
    """Patches botocore and moto until the patch is undone."""
    _signatures(patch)
    _urls(patch)
    patch.setattr(Request, "from_primitives", classmethod(_request_from(Request.from_primitives)))
    _answers(patch)


def _signatures(patch: pytest.MonkeyPatch) -> None:
    """A request names its key and its region, which moto reads. No code reads the signature or the agent."""
    patch.setattr(botocore.auth.SigV4Auth, "canonical_request", lambda *_: "")
    patch.setattr(botocore.auth.SigV4Auth, "signature", lambda *_: "0" * 64)
    patch.setattr(botocore.useragent.UserAgentString, "to_string", lambda _: "tests")
    patch.setattr(moto.core.responses, "gen_amzn_requestid_long", _name_request)


def _name_request(headers: dict[str, str]) -> str:
    """The same id for each request: moto draws 52 random letters."""
    headers["x-amzn-requestid"] = _REQUEST_ID
    return _REQUEST_ID


def _urls(patch: pytest.MonkeyPatch) -> None:
    """The URLs that a service of moto answers are the same in each account, as long as moto runs."""
    urls: Any = BaseBackend.urls
    made: dict[tuple[type, str], Any] = {}

    def urls_once(self: Any) -> Any:
        key = type(self), self.region_name
        if key not in made:
            made[key] = urls.fget(self)
        return made[key]

    patch.setattr(BaseBackend, "urls", property(urls_once))


def _request_from(from_primitives: Any) -> Callable[..., Request]:
    """moto's request; what depends on the URL alone is made once for each URL."""

    @functools.lru_cache(maxsize=1_000)
    def environ_of(method: str, url: str) -> dict[str, Any]:
        return dict(from_primitives(method, url, {}).environ)

    def request_from(kind: type[Request], method: str, url: str, headers: Any, body: Any = None) -> Request:
        texts = {
            name: value.decode() if isinstance(value, bytes) else value for name, value in headers.items()
        }
        is_plain = body is None or isinstance(body, (str, bytes))
        if not is_plain or len(texts) < len(headers) or "Transfer-Encoding" in headers:
            return from_primitives(method, url, headers, body)  # type: ignore[no-any-return]
        content = body.encode() if isinstance(body, str) else body or b""
        keys = {name: environ_key_for_header(name) for name in texts}
        return kind(
            environ_of(method, url)
            | {keys[name]: text for name, text in texts.items()}
            | {
                "CONTENT_LENGTH": str(len(content)),
                "wsgi.input": io.BytesIO(content),
                "wsgi.input_terminated": True,  # it ends with the content, so that nothing need count it
                PRESERVED_HEADER_NAMES_ENVIRON_KEY: {
                    key: name for name, key in keys.items() if should_preserve_original_header_name(name)
                },
            }
        )

    return request_from


def _answers(patch: pytest.MonkeyPatch) -> None:
    """By which names moto looks up a field of an answer is worked out once for each field."""
    for kind in (serialize.AttributePicker, serialize.XFormedAttributePicker):
        patch.setattr(kind, "get_possible_keys", _once_for_each_field(kind.get_possible_keys))
    whole = serialize.ResponseSerializer._serialize_type_structure
    patch.setattr(serialize.ResponseSerializer, "_serialize_type_structure", _present_fields(whole))


def _once_for_each_field(names: Callable[[Any, Any], Iterable[str]]) -> Callable[..., Any]:
    made: dict[tuple[Any, ...], tuple[str, ...]] = {}

    def possible_keys(self: Any, context: Any) -> Iterable[str]:
        if type(context.obj) is not dict:  # other classes have names of their own
            return names(self, context)
        field = (type(self), context.key, context.shape, *self.alias_providers)
        if field not in made:
            made[field] = tuple(names(self, context))
        return made[field]

    return possible_keys


def _present_fields(serialize_all: Callable[..., None]) -> Callable[..., None]:
    """Of a dictionary only the fields that it has are serialised: a DynamoDB value has one of ten."""
    member = serialize.ResponseSerializer._serialize_structure_member
    fields: dict[tuple[Any, type], list[tuple[str, Any, frozenset[str]]]] = {}

    def fields_of(self: Any, shape: Any) -> list[tuple[str, Any, frozenset[str]]]:
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
        for name, field, names in fields_of(self, shape):
            if not names.isdisjoint(value):
                member(self, result, value, field, name)
        if key:
            self._default_serialize(serialized, result, shape, key)

    return serialize_present
