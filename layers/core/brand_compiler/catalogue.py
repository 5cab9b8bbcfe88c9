"""Reads and checks `catalogue.toml`: brands, topics, contact ways, policy versions."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from brand_compiler.document import Document
from brand_compiler.reader import TomlReader
from brand_compiler.texts import read_locales

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from brand_compiler.texts import Locale

MAX_TOPICS = 400
"""Of all brands together, the retired ones too, which records and links still name.

What a person may choose is written in one update, whose expression DynamoDB limits to 4 KB: a register a
topic, or two where that comes to no more (`heed.domain.links.undo.stop_changes`). It stands in one item
(400 KB), on one page (6 MB), and in one link of a confirmation (2,000 characters).
"""

_MOST_BRANDS = 100
_MOST_POLICIES = 1_000
_LONGEST_NAME = 63  # characters: a label of the domain name that List-Id is (RFC 2919 §2, RFC 1035 §2.3.4)
_LONGEST_TITLE = 200
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?![0-9]+\Z){_LABEL}")  # RFC 1123 §2.1
_LONGEST_DOMAIN = 253
_LINK = re.compile(r"https://[^\s\"<>]+")
_MAILBOX = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+\.[^\s@<>\"]+")


def read_catalogue(source: Path) -> tuple[Document, dict[str, Any], dict[str, Locale]]:
    """The catalogue with the locales that it is written for.

    Raises:
        Fault: in either.
    """
    locales = read_locales(source / "locales")
    document = Document(source / "catalogue.toml")
    if not locales:
        raise document.fault("there is no locales/*.toml")
    return document, catalogue_json(document, sorted(locales)), locales


def catalogue_json(document: Document, languages: Collection[str]) -> dict[str, Any]:
    """The catalogue as JSON, as `heed.domain.preferences.catalogue.Catalogue.from_document` reads it.

    Raises:
        Fault: something is missing, unknown, of the wrong kind, or contradicts something else.
    """
    root = TomlReader(document)
    default_language = root.one_of("default_language", languages)
    brands = [_brand(reader) for reader in root.tables("brands", _MOST_BRANDS)]
    names = {brand["number"]: brand["name"] for brand in brands}
    topics = [_topic(reader, names, languages) for reader in root.tables("topics", MAX_TOPICS)]
    _check_numbers(document, brands, topics)
    _check_follows(document, topics)
    contact = _contact(root.table("contact"))
    advertising = _advertising(root, topics, languages)
    policies = [_policy(reader, languages) for reader in root.tables("policies", _MOST_POLICIES)]
    _check_policies(document, policies)
    root.end()
    return {
        "default_language": default_language,
        "languages": sorted(languages),
        "brands": brands,
        "default_brand": brands[0]["number"],
        "topics": topics,
        "contact": contact,
        "advertising": advertising,
        "policies": policies,
    }


def _name(reader: TomlReader) -> str:
    name = reader.text("name", _LONGEST_NAME)
    if not _NAME.fullmatch(name):
        raise reader.fault("`name` is lower-case letters, digits and single hyphens", "name")
    return name


def _domain(reader: TomlReader) -> str:
    """A host name: it stands in headers of mail, where a line break or a space would begin another."""
    domain = reader.text("domain")
    if len(domain) > _LONGEST_DOMAIN or not _DOMAIN.fullmatch(domain):
        words = "`domain` is a host name such as example.com, in lower case; of others its xn-- form"
        raise reader.fault(words, "domain")
    return domain


def _brand(reader: TomlReader) -> dict[str, Any]:
    brand = {
        "number": reader.number("number"),
        "name": _name(reader),
        "title": reader.text("title", _LONGEST_TITLE),
        "domain": _domain(reader),
    }
    reader.end()
    return brand


def _topic(reader: TomlReader, brands: dict[int, str], languages: Collection[str]) -> dict[str, Any]:
    kind = reader.one_of("kind", ("marketing", "service", "signal"))
    brand = 0 if kind == "signal" else reader.number("brand")
    if brand and brand not in brands:
        raise reader.fault(f"there is no brand of number {brand}", "brand")
    topic = {
        "number": reader.number("number"),
        "name": _name(reader),
        "brand": brand,
        "kind": kind,
        "default": reader.one_of("default", ("in", "out")),
        "retired": reader.flag("retired"),
        "follows": reader.number("follows") if reader.has("follows") else None,
        "names": reader.by_language("names", languages, _LONGEST_TITLE),
        "descriptions": reader.by_language("descriptions", languages),
    }
    if kind == "service" and topic["default"] == "out":
        raise reader.fault("a topic of kind service is always sent: `default` is in", "default")
    reader.end()
    return topic


def _check_numbers(document: Document, brands: list[dict[str, Any]], topics: list[dict[str, Any]]) -> None:
    numbers: set[int] = set()
    names: set[tuple[int, str]] = set()
    for where, items in (("brands", brands), ("topics", topics)):
        for index, item in enumerate(items):
            if item["number"] in numbers:
                message = f"number {item['number']} is taken already"
                raise document.fault(message, where, index, "number")
            numbers.add(item["number"])
            # A bare name may mean a brand or a topic of the default brand: no two may be alike.
            name = (item.get("brand") or brands[0]["number"], item["name"])
            if name in names:
                message = f"name `{item['name']}` is taken already"
                raise document.fault(message, where, index, "name")
            names.add(name)


def _check_follows(document: Document, topics: list[dict[str, Any]]) -> None:
    by_number = {topic["number"]: topic for topic in topics}
    for index, topic in enumerate(topics):
        if (number := topic["follows"]) is None:
            continue
        where = ("topics", index, "follows")
        older = by_number.get(number)
        if older is None:
            raise document.fault(f"there is no topic of number {number}", *where)
        if (older["brand"], older["kind"]) != (topic["brand"], topic["kind"]):
            raise document.fault("a topic follows one of its own brand and kind", *where)
        if number >= topic["number"]:
            raise document.fault("a topic follows an older one, of a lower number", *where)


def _contact(reader: TomlReader) -> dict[str, Any]:
    contact: dict[str, Any] = {"mailbox": reader.text("mailbox"), "letter": reader.texts("letter")}
    if not _MAILBOX.fullmatch(contact["mailbox"]):
        raise reader.fault("`mailbox` is an e-mail address", "mailbox")
    if reader.has("phone"):
        contact["phone"] = reader.text("phone")
    reader.end()
    return contact


def _advertising(
    root: TomlReader, topics: list[dict[str, Any]], languages: Collection[str]
) -> dict[str, Any] | None:
    signals = [index for index, topic in enumerate(topics) if topic["kind"] == "signal"]
    if len(signals) > 1:
        raise root.fault("one topic of kind signal at most", "topics", signals[1], "kind")
    if not signals:
        return None
    reader = root.table("advertising")
    link = reader.text("link")
    if not _LINK.fullmatch(link):
        raise reader.fault("`link` begins with https://", "link")
    caveats = reader.table("caveats")
    caveats.languages(languages)
    reader.end()
    return {"link": link, "caveats": {language: caveats.texts(language) for language in languages}}


def _policy(reader: TomlReader, languages: Collection[str]) -> dict[str, Any]:
    policy = {
        "version": reader.text("version"),
        "effective": reader.day("effective"),
        "material": reader.flag("material"),
        "summary": reader.by_language("summary", languages),
    }
    reader.end()
    return policy


def _check_policies(document: Document, policies: list[dict[str, Any]]) -> None:
    for index, (older, newer) in enumerate(pairwise(policies), start=1):
        if newer["effective"] <= older["effective"]:
            raise document.fault("oldest first", "policies", index, "effective")
    versions = [policy["version"] for policy in policies]
    for index, version in enumerate(versions):
        if version in versions[:index]:
            raise document.fault("this version exists already", "policies", index, "version")
