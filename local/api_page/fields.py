"""Describes the schemas of openapi.yaml as lists of fields, for the page about the API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

_SCHEMAS = "#/components/schemas/"
_FORMATS = {"date-time": "time", "date": "date", "uri": "URL"}
_CONDITIONS = {"if", "allOf", "dependentRequired", "dependentSchemas"}
"""What depends on other fields. A list of fields cannot show it, so the object needs a description."""


@dataclass(frozen=True)
class Field:
    """A field of a body, or a parameter.

    Attributes:
        name: The name after those of the objects that contain it, as in `results[].sendable`.
        kind: The type, in Markdown.
        is_required: Whether the object always has it.
        description: What it means, in Markdown, or "".
        limits: What is valid, and the default, each in Markdown.
        links: The named objects that it may be, which the page describes once.
    """

    name: str
    kind: str
    is_required: bool
    description: str
    limits: tuple[str, ...]
    links: tuple[str, ...] = ()


@dataclass(frozen=True)
class Body:
    """A body, or a named object.

    Attributes:
        description: What is true of it as a whole, each a sentence in Markdown.
        fields: Its fields, in order. Empty if it is one of the named objects.
        links: The named objects that it may be.
    """

    description: tuple[str, ...]
    fields: tuple[Field, ...]
    links: tuple[str, ...] = ()


class Schemas:
    """The schemas of a document. An object with a name is described once if several places refer to it."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Finds the objects to which several places refer."""
        self._named: Mapping[str, Schema] = document["components"]["schemas"]
        places = Counter(_references([document["paths"], self._named]))
        alternatives = set(_alternatives([document["paths"], self._named]))
        self._shared = tuple(
            name
            for name in self._named
            if (places[name] > 1 or name in alternatives) and self._is_object(self._named[name])
        )

    def describe_shared(self, used: set[str]) -> dict[str, Body]:
        """Returns each object that these objects, or the objects within them, refer to by name."""
        found: dict[str, Body] = {}
        waiting = set(used)
        while waiting:
            name = waiting.pop()
            found[name] = self._describe_object(self._named[name])
            waiting |= set(list_links(found[name])) - found.keys()
        return {name: found[name] for name in self._shared if name in found}

    def describe_body(self, schema: Schema) -> Body:
        """Returns the description of the body of a request or an answer."""
        if links := self._find_links(schema):
            return Body((), (), links)
        return self._describe_object(self.resolve(schema))

    def describe_parameter(self, parameter: Schema) -> Field:
        """Returns the description of a parameter of a path or a query."""
        schema = self.resolve(parameter["schema"])
        words = parameter.get("description") or schema.get("description", "")
        is_required = parameter.get("required", False)
        return Field(parameter["name"], self._kind(schema), is_required, words, self._limits(schema))

    def resolve(self, schema: Schema) -> Schema:
        """Returns the schema that a reference names. Its own members beside the reference count first."""
        if "$ref" not in schema:
            return schema
        beside = {name: value for name, value in schema.items() if name != "$ref"}
        return {**self.resolve(self._named[_name(schema)]), **beside}

    def _describe_object(self, schema: Schema) -> Body:
        words = [schema["description"]] if "description" in schema else []
        if _CONDITIONS & schema.keys() and not words:
            raise ValueError(f"say in a description what this means: {_CONDITIONS & schema.keys()}")
        if choices := [
            each["required"][0] for each in schema.get("oneOf", ()) if each.keys() == {"required"}
        ]:
            words.append(f"Exactly one of {enumerate_names(choices, 'and')}.")
        fields = (field for option in self._options(schema) for field in self._fields(option, ""))
        return Body(tuple(words), tuple(fields))

    def _fields(self, schema: Schema, prefix: str) -> Iterator[Field]:
        required = schema.get("required", ())
        for name, member in schema.get("properties", {}).items():
            yield from self._field(f"{prefix}{name}", member, is_required=name in required)

    def _field(self, name: str, member: Schema, *, is_required: bool) -> Iterator[Field]:
        whole = self.resolve(member)
        links = self._find_links(member)
        yield Field(
            name, self._kind(whole), is_required, whole.get("description", ""), self._limits(whole), links
        )
        if links:
            return
        for within in self._options(whole):
            inner, prefix = within, f"{name}."
            if within.get("type") == "array":
                inner, prefix = self.resolve(within["items"]), f"{name}[]."
            elif "additionalProperties" in within and "properties" not in within:
                inner, prefix = self.resolve(within["additionalProperties"]), f"{name}.*."
            yield from self._fields(inner, prefix)

    def _options(self, schema: Schema) -> list[Schema]:
        """Returns the schemas of which a value has one. It ignores a `oneOf` that only requires fields."""
        options = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
        return [self.resolve(option) for option in options if option.keys() != {"required"}] or [schema]

    def _find_links(self, schema: Schema) -> tuple[str, ...]:
        """Returns the named objects that a field may be, or have as items, in order."""
        if "$ref" in schema:
            name = _name(schema)
            return (name,) if name in self._shared else self._find_links(self._named[name])
        parts = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
        parts += [
            schema[name] for name in ("items", "additionalProperties") if isinstance(schema.get(name), dict)
        ]
        return tuple(dict.fromkeys(link for part in parts for link in self._find_links(part)))

    def _is_object(self, schema: Schema) -> bool:
        return any("properties" in option for option in self._options(schema))

    def _limits(self, schema: Schema) -> tuple[str, ...]:
        return tuple(limit for option in self._options(schema) for limit in _list_limits(option))

    def _kind(self, schema: Schema) -> str:
        kinds = [self._kind_of_option(option) for option in self._options(schema)]
        return " or ".join(dict.fromkeys(kinds))

    def _kind_of_option(self, schema: Schema) -> str:
        if "const" in schema:
            return f"`{_text(schema['const'])}`"
        if schema.get("format") in _FORMATS:
            return _FORMATS[schema["format"]]
        kinds = schema.get("type", "object")
        names = [kinds] if isinstance(kinds, str) else list(kinds)
        if names == ["array"]:
            return f"array of {self._kind(self.resolve(schema['items']))}s"
        if isinstance(schema.get("additionalProperties"), dict) and "properties" not in schema:
            return f"object of {self._kind(self.resolve(schema['additionalProperties']))}s"
        return " or ".join(names)


def list_links(body: Body) -> Iterator[str]:
    """Yields the named objects to which a body refers."""
    yield from body.links
    for field in body.fields:
        yield from field.links


def enumerate_names(names: Sequence[str], conjunction: str) -> str:
    """Returns names in a sentence: `a`, `b` and `c`."""
    *first, last = (f"`{name}`" for name in names)
    return f"{', '.join(first)} {conjunction} {last}" if first else last


def _list_limits(schema: Schema) -> Iterator[str]:
    if "enum" in schema:
        yield f"One of {', '.join(f'`{value}`' for value in schema['enum'])}."
    for least, most, unit in (
        ("minItems", "maxItems", " items"),
        ("minLength", "maxLength", " characters"),
        ("minimum", "maximum", ""),
        ("minProperties", "maxProperties", " names"),
    ):
        if most in schema:
            first = schema.get(least)
            bounds = f"At most {schema[most]:,}" if first is None else f"{first:,} to {schema[most]:,}"
            yield f"{bounds}{unit}."
    if "pattern" in schema and schema.get("format") not in _FORMATS:
        yield f"Pattern: `{schema['pattern']}`."
    items = schema.get("items", {})
    if "pattern" in items:
        yield f"Pattern of each: `{items['pattern']}`."
    if "default" in schema:
        yield f"Default: `{_text(schema['default'])}`."


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _name(reference: Schema) -> str:
    return str(reference["$ref"]).removeprefix(_SCHEMAS)


def _references(node: object) -> Iterator[str]:
    """Yields the name of each schema to which a part of the document refers, as often as it does."""
    if isinstance(node, dict):
        if str(node.get("$ref", "")).startswith(_SCHEMAS):
            yield _name(node)
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _alternatives(node: object) -> Iterator[str]:
    """Yields the name of each schema that is one of several."""
    if isinstance(node, dict):
        for option in node.get("oneOf", ()):
            if "$ref" in option:
                yield _name(option)
        for value in node.values():
            yield from _alternatives(value)
    elif isinstance(node, list):
        for value in node:
            yield from _alternatives(value)
