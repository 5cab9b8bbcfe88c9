"""Reads and checks `catalogue.toml`: brands, topics, contact details and policy versions."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from brand_compiler.document import Document
from brand_compiler.reader import TomlReader
from brand_compiler.sources import CATALOGUE, check_folders, find_file, list_visible
from brand_compiler.texts import list_codes, read_locales

if TYPE_CHECKING:
    from collections.abc import Collection

    from brand_compiler.fault import Faults
    from brand_compiler.sources import Folders
    from brand_compiler.texts import Locale

MAX_TOPICS = 400
"""The most topics of all brands together, with the retired ones, because records and links still name them.

One update stores all choices of a person. DynamoDB limits its expression to 4 KB: one register per topic, or
two where that is not larger (`heed.domain.links.undo.changes_for_press`). All choices must also fit into one
item (400 KB), one page (6 MB) and one confirmation link (2,000 characters).
"""

_MAX_BRANDS = 100
_MAX_POLICIES = 1_000
_MAX_NAME = 63  # characters; the name is a label of the domain name in List-Id (RFC 2919 §2, RFC 1035 §2.3.4)
_MAX_TITLE = 200
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)+(?![0-9]+\Z){_LABEL}")  # RFC 1123 §2.1
_LINKS = ("website", "privacy", "imprint")
_LINK = re.compile(r"https://[^\s\"<>]+")
_MAILBOX = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+\.[^\s@<>\"]+")


def read_catalogue(folders: Folders, faults: Faults) -> tuple[Document, dict[str, Any], dict[str, Locale]]:
    """Reads the catalogue and the locales of its languages. A value with a fault is empty.

    Raises:
        BrandFault: There is no language, so nothing else can be checked.
    """
    check_folders(folders, faults)
    document = Document(find_file(folders, CATALOGUE), faults)
    data = to_catalogue_json(document)
    locales = read_locales(folders, data["languages"], faults)
    for language in data["languages"]:
        if language not in locales:
            document.add_fault(f"there is no locales/{language}.toml", "languages")
    codes = list_codes(data["languages"])
    for file in list_visible(folders[-1] / "locales", "*.toml"):
        if codes and file.stem not in codes:
            faults.add(file, 1, f"`{file.stem}` is not in `languages` of {document.file.name}")
    if not locales:
        faults.check_none()
    return document, data, locales


def to_catalogue_json(document: Document) -> dict[str, Any]:
    """Returns the catalogue as JSON for `heed.domain.preferences.catalogue.Catalogue.from_document`.

    It adds a fault for each key that is missing, unknown, of the wrong type, or contradicts another one.
    """
    root = TomlReader(document)
    languages = sorted(root.texts("languages"))
    default_language = root.one_of("default_language", languages)
    brands = [_read_brand(reader) for reader in root.tables("brands", _MAX_BRANDS)]
    names = {brand["number"]: brand["name"] for brand in brands}
    topics = [_read_topic(reader, names, languages) for reader in root.tables("topics", MAX_TOPICS)]
    default_brand = brands[0]["number"] if brands else 0
    _check_numbers(document, brands, topics, default_brand)
    _check_follows(document, topics)
    contact = _read_contact(root.table("contact"))
    links = _read_links(root, languages, default_language)
    advertising = _read_advertising(root, topics, languages)
    policies = [_read_policy(reader, languages) for reader in root.tables("policies", _MAX_POLICIES)]
    _check_policies(document, policies)
    root.check_all_read()
    return {
        "default_language": default_language,
        "languages": languages,
        "brands": brands,
        "default_brand": default_brand,
        "topics": topics,
        "contact": contact,
        "links": links,
        "advertising": advertising,
        "policies": policies,
    }


def _read_name(reader: TomlReader) -> str:
    return reader.text("name", _MAX_NAME, _NAME, "must be lower-case letters, digits and single hyphens")


def _read_title(reader: TomlReader, name: str) -> str:
    return reader.text(name, _MAX_TITLE)


def _read_domain(reader: TomlReader) -> str:
    """Reads a host name. It becomes part of mail headers, where a line break would start another header."""
    wrong = "must be a lower-case host name such as example.com; use the xn-- form for other scripts"
    return reader.text("domain", pattern=_DOMAIN, wrong=wrong)


def _read_brand(reader: TomlReader) -> dict[str, Any]:
    brand = {
        "number": reader.number("number"),
        "name": _read_name(reader),
        "title": _read_title(reader, "title"),
        "domain": _read_domain(reader),
    }
    reader.check_all_read()
    return brand


def _read_topic(reader: TomlReader, brands: dict[int, str], languages: Collection[str]) -> dict[str, Any]:
    kind = reader.one_of("kind", ("marketing", "service", "signal"))
    brand = 0 if kind == "signal" else reader.number("brand")
    if brand and brands and brand not in brands:
        reader.add_fault(f"there is no brand with number {brand}", "brand")
    topic = {
        "number": reader.number("number"),
        "name": _read_name(reader),
        "brand": brand,
        "kind": kind,
        "default": reader.one_of("default", ("in", "out")),
        "retired": reader.flag("retired"),
        "follows": reader.number("follows") if reader.has("follows") else None,
        "names": reader.by_language("names", languages, _read_title),
        "descriptions": reader.by_language("descriptions", languages, TomlReader.text),
    }
    if kind == "service" and topic["default"] == "out":
        reader.add_fault("a topic of kind service is always sent: `default` must be in", "default")
    reader.check_all_read()
    return topic


def _check_numbers(
    document: Document, brands: list[dict[str, Any]], topics: list[dict[str, Any]], default_brand: int
) -> None:
    numbers: set[int] = set()
    names: set[tuple[int, str]] = set()
    for where, items in (("brands", brands), ("topics", topics)):
        for index, item in enumerate(items):
            if not item["number"] or not item["name"]:
                continue  # it has a fault already
            if item["number"] in numbers:
                document.add_fault(f"number {item['number']} is already used", where, index, "number")
            numbers.add(item["number"])
            # A name without a brand may mean a brand or a topic of the default brand. So these names must be
            # unique.
            name = (item.get("brand") or default_brand, item["name"])
            if name in names:
                document.add_fault(f"name `{item['name']}` is already used", where, index, "name")
            names.add(name)


def _check_follows(document: Document, topics: list[dict[str, Any]]) -> None:
    by_number = {topic["number"]: topic for topic in topics}
    for index, topic in enumerate(topics):
        if not (number := topic["follows"]):
            continue
        where = ("topics", index, "follows")
        older = by_number.get(number)
        if older is None:
            document.add_fault(f"there is no topic with number {number}", *where)
        elif (older["brand"], older["kind"]) != (topic["brand"], topic["kind"]):
            document.add_fault("a topic must follow a topic of the same brand and kind", *where)
        elif number >= topic["number"]:
            document.add_fault("a topic must follow an older topic, with a lower number", *where)


def _read_contact(reader: TomlReader | None) -> dict[str, Any]:
    if reader is None:
        return {}
    mailbox = reader.text("mailbox", pattern=_MAILBOX, wrong="must be an e-mail address")
    contact: dict[str, Any] = {"mailbox": mailbox, "letter": reader.texts("letter")}
    if reader.has("phone"):
        contact["phone"] = reader.text("phone")
    reader.check_all_read()
    return contact


def _read_link(reader: TomlReader, name: str) -> str:
    return reader.text(name, pattern=_LINK, wrong="must begin with https://")


def _read_links(
    root: TomlReader, languages: Collection[str], default_language: str
) -> dict[str, dict[str, str]]:
    """Reads where the footer of each page and mail leads. What is missing is a warning."""
    reader = root.table("links") if root.has("links") else None
    links: dict[str, dict[str, str]] = {}
    for name in _LINKS:
        links[name] = {}
        if reader and reader.has(name):
            links[name] = reader.by_language(name, languages, _read_link, default_language)
        for language in sorted(set(languages) - links[name].keys()):
            message = f"there is no link to `{name}` for language `{language}`"
            root.document.add_warning(message, "links", name)
    if reader:
        reader.check_all_read()
    return links


def _read_advertising(
    root: TomlReader, topics: list[dict[str, Any]], languages: Collection[str]
) -> dict[str, Any] | None:
    signals = [index for index, topic in enumerate(topics) if topic["kind"] == "signal"]
    if len(signals) > 1:
        root.add_fault("at most one topic may be of kind signal", "topics", signals[1], "kind")
    if not signals:
        return None
    reader = root.table("advertising")
    if reader is None:
        return None
    link = _read_link(reader, "link")
    caveats = reader.by_language("caveats", languages, TomlReader.texts)
    reader.check_all_read()
    return {"link": link, "caveats": caveats}


def _read_policy(reader: TomlReader, languages: Collection[str]) -> dict[str, Any]:
    policy = {
        "version": reader.text("version"),
        "effective": reader.day("effective"),
        "material": reader.flag("material"),
        "summary": reader.by_language("summary", languages, TomlReader.text),
    }
    reader.check_all_read()
    return policy


def _check_policies(document: Document, policies: list[dict[str, Any]]) -> None:
    for index, (older, newer) in enumerate(pairwise(policies), start=1):
        if newer["effective"] and newer["effective"] <= older["effective"]:
            document.add_fault(
                "policies must be sorted by date, oldest first", "policies", index, "effective"
            )
    versions = [policy["version"] for policy in policies]
    for index, version in enumerate(versions):
        if version and version in versions[:index]:
            document.add_fault("this version is already used", "policies", index, "version")
