"""The values of DynamoDB's items on their way from botocore to moto and back, with less work.

Most attributes are one text, number or flag. Both libraries walk through the ten members of each such value
in five steps: they check it, write it, read it, write the response and read that. None of them changes it.
"""

from __future__ import annotations

from typing import Any

import botocore.parsers
import botocore.serialize
import botocore.validate
import moto.core.parse
import moto.core.serialize
import pytest
from moto.dynamodb.models.dynamo_type import DynamoType, LimitedSizeDict
from moto.dynamodb.models.utilities import bytesize

_SAFE_SIZE = 200_000  # half of the largest size of an item
_TYPES = {"S": str, "N": str, "BOOL": bool}


def make_values_cheaper(patch: pytest.MonkeyPatch) -> None:
    """Applies all changes, until the patch is undone."""
    _speed_up_client(patch)
    _speed_up_moto(patch)
    _add_up_sizes(patch)


def _is_plain(shape: Any, value: Any) -> bool:
    """Returns whether a value is a valid attribute of one text, number or flag."""
    if shape.name != "AttributeValue" or type(value) is not dict or len(value) != 1:
        return False
    ((kind, content),) = value.items()
    return type(content) is _TYPES.get(kind)


def _speed_up_client(patch: pytest.MonkeyPatch) -> None:
    validate: Any = botocore.validate.ParamValidator._validate  # type: ignore[attr-defined]
    serialize: Any = botocore.serialize.JSONSerializer._serialize  # type: ignore[attr-defined]
    parse: Any = botocore.parsers.BaseJSONParser._parse_shape  # type: ignore[attr-defined]

    def validate_others(self: Any, params: Any, shape: Any, errors: Any, name: str) -> None:
        if not _is_plain(shape, params):
            validate(self, params, shape, errors, name)

    def serialize_others(self: Any, serialized: Any, value: Any, shape: Any, key: Any = None) -> None:
        if key is not None and _is_plain(shape, value):
            serialized[key] = dict(value)
        else:
            serialize(self, serialized, value, shape, key)

    def parse_others(self: Any, shape: Any, node: Any) -> Any:
        return dict(node) if _is_plain(shape, node) else parse(self, shape, node)

    patch.setattr(botocore.validate.ParamValidator, "_validate", validate_others)
    patch.setattr(botocore.serialize.JSONSerializer, "_serialize", serialize_others)
    patch.setattr(botocore.parsers.BaseJSONParser, "_parse_shape", parse_others)


def _speed_up_moto(patch: pytest.MonkeyPatch) -> None:
    parse: Any = moto.core.parse.BaseJSONParser._parse_shape
    serialize: Any = moto.core.serialize.BaseJSONSerializer._serialize

    def parse_others(self: Any, shape: Any, node: Any) -> Any:
        return self.MAP_TYPE(node) if _is_plain(shape, node) else parse(self, shape, node)

    def serialize_others(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if key and not self._value_picker.response_transformers and _is_plain(shape, value):
            serialized[self.get_serialized_name(shape, key)] = dict(value)
        else:
            serialize(self, serialized, value, shape, key)

    patch.setattr(moto.core.parse.BaseJSONParser, "_parse_shape", parse_others)
    patch.setattr(moto.core.serialize.BaseJSONSerializer, "_serialize", serialize_others)


def _add_up_sizes(patch: pytest.MonkeyPatch) -> None:
    """Adds the size of each new attribute to that of its item, instead of computing that again.

    The sum also has the attributes that were replaced. An item whose sum is large is measured as moto does.
    """
    set_and_measure: Any = LimitedSizeDict.__setitem__

    def set_attribute(self: Any, key: str, value: Any) -> None:
        if not hasattr(self, "most"):
            self.most = sum(_size(name) + _size(content) for name, content in self.items())
        self.most += _size(key) + _size(value)
        if self.most > _SAFE_SIZE:
            set_and_measure(self, key, value)
        else:
            dict.__setitem__(self, key, value)

    patch.setattr(LimitedSizeDict, "__setitem__", set_attribute)


def _size(value: Any) -> int:
    return value.size() if type(value) is DynamoType else bytesize(str(value))
