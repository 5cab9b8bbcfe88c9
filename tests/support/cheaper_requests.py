"""The path of a request from botocore to moto and back, with less work and the same responses."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterable
from typing import Any

import botocore.auth
import botocore.regions
import botocore.signers
import botocore.useragent
import moto.backends
import moto.core.responses
import moto.iam.models
import pytest
from moto.core import serialize
from moto.core.base_backend import BaseBackend
from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    Request,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from werkzeug.datastructures import ImmutableMultiDict

_ACCOUNT = "123456789012"  # the default account of moto
_REQUEST_ID = "A" * 52
_RAW_URL = "tests.raw_url"
_NO_FORM: ImmutableMultiDict[str, Any] = ImmutableMultiDict()


def make_requests_cheaper(patch: pytest.MonkeyPatch) -> None:
    """Applies all changes, until the patch is undone."""
    _skip_signatures(patch)
    _cache_endpoints(patch)
    _cache_urls(patch)
    _skip_accounts(patch)
    patch.setattr(Request, "from_primitives", classmethod(_make_request_factory(Request.from_primitives)))
    patch.setattr(Request, "raw_url", property(_read_url(Request.raw_url.fget)))  # type: ignore[attr-defined]
    _speed_up_serialisation(patch)


def _skip_signatures(patch: pytest.MonkeyPatch) -> None:
    """Omits the signature and the user agent. moto reads only the key and the region of a request."""
    patch.setattr(
        botocore.signers.RequestSigner, "handler", _skip_signing(botocore.signers.RequestSigner.handler)
    )
    patch.setattr(botocore.auth.SigV4Auth, "canonical_request", lambda *_: "")
    patch.setattr(botocore.auth.SigV4Auth, "signature", lambda *_: "0" * 64)
    patch.setattr(botocore.useragent.UserAgentString, "to_string", lambda _: "tests")
    patch.setattr(moto.core.responses, "gen_amzn_requestid_long", _name_request)


def _skip_signing(sign: Callable[..., None]) -> Callable[..., None]:
    """Returns a signer that only names the key, the region and the service. That of S3 adds a hash too."""

    def add_scope(self: Any, operation_name: str, request: Any, **_: Any) -> None:
        is_other = request.context.get("auth_type") not in ("v4", None) or self._service_id == "S3"
        if is_other or self._credentials is None:
            sign(self, operation_name, request)
            return
        signing = request.context.get("signing", {})
        region = signing.get("region", self._region_name)
        name = signing.get("signing_name", self._signing_name)
        key = self._credentials.access_key
        request.headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={key}/today/{region}/{name}/aws4_request"
        )

    return add_scope


def _name_request(headers: dict[str, str]) -> str:
    """Gives each request the same id. moto draws 52 random letters."""
    headers["x-amzn-requestid"] = _REQUEST_ID
    return _REQUEST_ID


def _cache_endpoints(patch: pytest.MonkeyPatch) -> None:
    """Computes the endpoint of an operation once per client and parameters. That of S3 depends on more."""
    construct: Any = botocore.regions.EndpointRulesetResolver.construct_endpoint

    def construct_once(self: Any, operation_model: Any, call_args: Any, request_context: Any) -> Any:
        is_s3 = operation_model.service_model.service_name == "s3"
        if is_s3 or operation_model.operation_context_parameters or not call_args:
            return construct(self, operation_model, call_args, request_context)
        members = self._get_dynamic_context_params(operation_model).values()
        key = operation_model.name, *(str(call_args.get(member)) for member in members)
        if key not in self._instance_cache:
            self._instance_cache[key] = construct(self, operation_model, call_args, request_context)
        return self._instance_cache[key]

    patch.setattr(botocore.regions.EndpointRulesetResolver, "construct_endpoint", construct_once)


def _skip_accounts(patch: pytest.MonkeyPatch) -> None:
    """Does not search for the account of a key: these tests make no keys. moto records each use of one."""
    patch.setattr(moto.iam.models, "get_account_id_from", lambda _: _ACCOUNT)
    patch.setattr(moto.iam.models, "mark_account_as_visited", lambda **_: None)
    patch.setattr(moto.backends, "get_backend", functools.cache(moto.backends.get_backend))


def _read_url(raw_url: Callable[[Request], str]) -> Callable[[Request], str]:
    """Returns the URL that `_make_request_factory` has computed for other requests to the same one."""

    def read_url(self: Request) -> str:
        return str(self.environ[_RAW_URL]) if _RAW_URL in self.environ else raw_url(self)

    return read_url


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
        request = from_primitives(method, url, {})
        return {**request.environ, _RAW_URL: request.raw_url}

    def make_request(kind: type[Request], method: str, url: str, headers: Any, body: Any = None) -> Request:
        texts = {
            name: value.decode() if isinstance(value, bytes) else value for name, value in headers.items()
        }
        is_plain = body is None or isinstance(body, (str, bytes))
        if not is_plain or len(texts) < len(headers) or "Transfer-Encoding" in headers:
            return from_primitives(method, url, headers, body)  # type: ignore[no-any-return]
        content = body.encode() if isinstance(body, str) else body or b""
        keys = {name: environ_key_for_header(name) for name in texts}
        stream = io.BytesIO(content)
        request = kind(
            make_environ(method, url)
            | {keys[name]: text for name, text in texts.items()}
            | {
                "CONTENT_LENGTH": str(len(content)),
                "wsgi.input": stream,
                "wsgi.input_terminated": True,  # the stream has no other bytes, so no count is needed
                PRESERVED_HEADER_NAMES_ENVIRON_KEY: {
                    key: name for name, key in keys.items() if should_preserve_original_header_name(name)
                },
            }
        )
        if "HTTP_HOST" in keys.values():  # a part of the URL
            del request.environ[_RAW_URL]
        if texts.get("Content-Type", "").startswith("application/x-amz-json"):
            vars(request).update(stream=stream, form=_NO_FORM, files=_NO_FORM)  # as after a search for a form
        return request

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
