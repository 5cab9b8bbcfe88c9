"""The pages' small markup, parsed.

Everything else in a page is HTML as it stands.

{{section.name}}  {{.name}}     a text of the locale; `.name` is of the page's own section
{{table[path]}}                 the text of a section by the value of a field
{{text|br}}  {{text|li}}  …     a list of texts of the brand as lines or items
{path}  {path|date|time|iso|day} a field of the page's view
{{#if path}} {{#if path == word}} {{else}} {{/if}}
{{#each path as name}} {{/each}}
{{> file}}                      another file of the folder
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from brand_compiler.fault import BrandFault

if TYPE_CHECKING:
    from pathlib import Path

_TAG = re.compile(r"\{\{(.*?)\}\}|\{([^{}\s][^{}]*)\}")
_WORDS = {
    "value": re.compile(r"([\w.]+)(?:\|(\w+))?"),
    "text": re.compile(r"([\w.-]+)(?:\[([\w.-]+)\])?(?:\|(\w+))?"),
    "if": re.compile(r"#if ([\w.]+)(?: == ([\w-]+))?"),
    "each": re.compile(r"#each ([\w.]+) as (\w+)"),
    "include": re.compile(r"> ([\w-]+)"),
}


@dataclass(slots=True)
class TemplateNode:
    """A piece of a page: what kind it is, its words, where it stands, and what lies within it."""

    kind: str  # literal, text, value, if, each, include
    words: tuple[str, ...]
    file: Path
    line: int
    body: list[TemplateNode] = field(default_factory=list)
    otherwise: list[TemplateNode] = field(default_factory=list)

    def fault(self, message: str) -> BrandFault:
        """A fault at this piece."""
        return BrandFault(self.file, self.line, message)


def parse_template(file: Path) -> list[TemplateNode]:
    """The pieces of a file.

    Raises:
        Fault: a tag that cannot be read, or a block without its end.
    """
    if not file.is_file():
        raise BrandFault(file, 1, "there is no such page")
    source = file.read_text(encoding="utf-8")
    root = TemplateNode("root", (), file, 1)
    stack, into, at = [root], root.body, 0
    for tag in _TAG.finditer(source):
        line = source.count("\n", 0, tag.start()) + 1
        into.append(TemplateNode("literal", (source[at : tag.start()],), file, line))
        at = tag.end()
        words = (tag[1] or "").strip()
        if words == "else" and stack[-1].kind == "if":
            into = stack[-1].otherwise
        elif words in {"/if", "/each"} and stack[-1].kind == words[1:]:
            stack.pop()
            into = _inner(stack[-1])
        else:
            node = _node(tag, words, file, line)
            into.append(node)
            if node.kind in {"if", "each"}:
                stack.append(node)
                into = node.body
    into.append(TemplateNode("literal", (source[at:],), file, source.count("\n") + 1))
    if len(stack) > 1:
        raise stack[-1].fault(f"{{{{#{stack[-1].kind}}}}} has no end")
    return root.body


def _inner(node: TemplateNode) -> list[TemplateNode]:
    """Where the pieces after a block go on: in the part of the outer block that it stood in."""
    return node.otherwise or node.body


def _node(tag: re.Match[str], words: str, file: Path, line: int) -> TemplateNode:
    if tag[1] is None:
        kinds, words = ["value"], tag[2]
    else:
        kinds = ["if", "each", "include", "text"]
    for kind in kinds:
        if found := _WORDS[kind].fullmatch(words):
            return TemplateNode(kind, tuple(group or "" for group in found.groups()), file, line)
    raise BrandFault(file, line, f"cannot read {tag[0]}")
