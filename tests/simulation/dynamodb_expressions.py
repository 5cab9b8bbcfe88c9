"""DynamoDB's expressions, as far as Heed uses them: conditions and updates, parsed once and cached.

Values are in DynamoDB's own form, `{"N": "1"}`. test_aws_in_memory.py compares them with moto.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

Item = dict[str, Any]
Scope = tuple[Mapping[str, Any], Mapping[str, str], Mapping[str, Any]]  # item, names, values
Condition = Callable[[Scope], bool]
Operand = Callable[[Scope], Any]

_TOKEN = re.compile(r"\s*(<>|<=|>=|[(),=<>+]|(?:[:#]\w|[A-Za-z_])\w*(?:\.[#]?\w+)*)")
_SETS = ("NS", "SS")


def holds(condition: str, item: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    """Whether an item meets a condition."""
    names = request.get("ExpressionAttributeNames", {})
    return _condition(condition)((item, names, request.get("ExpressionAttributeValues", {})))


def updated(item: Mapping[str, Any], request: Mapping[str, Any]) -> Item:
    """Returns the item after an update; the given item is not changed."""
    scope = (
        item,
        request.get("ExpressionAttributeNames", {}),
        request.get("ExpressionAttributeValues", {}),
    )
    made = dict(item)
    for verb, actions in _update(request["UpdateExpression"]):
        for action in actions:
            _apply(verb, action, scope, made)
    return made


def _apply(verb: str, action: list[str], scope: Scope, made: Item) -> None:
    item, names, values = scope
    name = names.get(action[0], action[0])
    if verb == "REMOVE":
        made.pop(name, None)
    elif verb == "SET" and "+" in action:
        held = names.get(action[2], action[2])
        made[name] = {"N": str(int(item[held]["N"]) + int(values[action[4]]["N"]))}
    elif verb == "SET":
        held = names.get(action[4], action[4]) if action[2] == "if_not_exists" else ""
        other = action[-2 if held else -1]
        otherwise = values[other] if other.startswith(":") else item.get(other)
        made[name] = item.get(held, otherwise)
    else:
        _add_or_delete(verb, name, values[action[1]], made)


def _add_or_delete(verb: str, name: str, value: dict[str, Any], made: Item) -> None:
    ((kind, given),) = value.items()
    if kind == "N":
        made[name] = {"N": str(int(made.get(name, {"N": "0"})["N"]) + int(given))}
        return
    held = set(made.get(name, {kind: []})[kind])
    left = held | set(given) if verb == "ADD" else held - set(given)
    made.pop(name, None)
    if left:  # DynamoDB has no empty sets
        made[name] = {kind: sorted(left)}


@cache
def _update(text: str) -> list[tuple[str, list[list[str]]]]:
    """The verbs, each with its actions: lists of words."""
    clauses: list[tuple[str, list[list[str]]]] = []
    depth = 0
    for word in _TOKEN.findall(text):
        depth += (word == "(") - (word == ")")
        if word in ("SET", "ADD", "DELETE", "REMOVE"):
            clauses.append((word, [[]]))
        elif word == "," and not depth:
            clauses[-1][1].append([])
        else:
            clauses[-1][1][-1].append(word)
    return clauses


@cache
def _condition(text: str) -> Condition:
    words = _TOKEN.findall(text)
    condition = _either(words)
    if words:
        raise ValueError("more than a condition")
    return condition


def _either(words: list[str]) -> Condition:
    parts = [_both(words)]
    while words and words[0] == "OR":
        words.pop(0)
        parts.append(_both(words))
    return parts[0] if len(parts) == 1 else lambda scope: any(part(scope) for part in parts)


def _both(words: list[str]) -> Condition:
    parts = [_single(words)]
    while words and words[0] == "AND":
        words.pop(0)
        parts.append(_single(words))
    return parts[0] if len(parts) == 1 else lambda scope: all(part(scope) for part in parts)


def _single(words: list[str]) -> Condition:
    word = words.pop(0)
    if word == "NOT":
        inner = _single(words)
        return lambda scope: not inner(scope)
    if word == "(":
        inner = _either(words)
        words.pop(0)
        return inner
    if word in _FUNCTIONS:
        words.pop(0)
        arguments = [_operand(words.pop(0))]
        while words.pop(0) == ",":
            arguments.append(_operand(words.pop(0)))
        function = _FUNCTIONS[word]
        return lambda scope: function(*(argument(scope) for argument in arguments))
    left = _size(words) if word == "size" else _operand(word)
    compare, right = _COMPARISONS[words.pop(0)], _operand(words.pop(0))

    def compared(scope: Scope) -> bool:
        first, second = _comparable(left(scope)), _comparable(right(scope))
        return first is not None and second is not None and bool(compare(first, second))

    return compared


def _size(words: list[str]) -> Operand:
    """The size of a set. A missing attribute has no size, and no comparison with it is true."""
    _, word, _ = (words.pop(0) for _ in range(3))
    operand = _operand(word)

    def size(scope: Scope) -> Any:
        value = operand(scope)
        return value and {"N": str(len(next(iter(value.values()))))}

    return size


def _operand(word: str) -> Operand:
    if word.startswith(":"):
        return lambda scope: scope[2][word]
    steps = word.split(".")

    def found(scope: Scope) -> Any:
        held: Any = {"M": scope[0]}
        for step in steps:
            held = (held or {}).get("M", {}).get(scope[1].get(step, step))
        return held

    return found


def _comparable(value: Any) -> Any:
    """Compares numbers by value, and texts by their UTF-8 bytes, as DynamoDB does."""
    if value is None:
        return None
    ((kind, held),) = value.items()
    return Decimal(held) if kind == "N" else held.encode() if kind == "S" else held


def _contains(held: Any, value: Any) -> bool:
    if held is None:
        return False
    ((_, element),) = value.items()
    return any(element in held[kind] for kind in _SETS if kind in held)


_FUNCTIONS: dict[str, Callable[..., bool]] = {
    "attribute_exists": lambda value: value is not None,
    "attribute_not_exists": lambda value: value is None,
    "attribute_type": lambda value, kind: value is not None and kind["S"] in value,
    "contains": _contains,
}
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": lambda first, second: first == second,
    "<>": lambda first, second: first != second,
    "<": lambda first, second: first < second,
    ">": lambda first, second: first > second,
    "<=": lambda first, second: first <= second,
    ">=": lambda first, second: first >= second,
}
