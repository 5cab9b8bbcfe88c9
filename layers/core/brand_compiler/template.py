"""Parses the markup of the pages.

{{section.name}}  {{.name}}      a text of the locale; `.name` is in the section of the page
{{section[path]}}                the text of a section that has the value of a field as its name
{{text|br}}  {{text|li}}  …      a list of the brand's texts as lines or as list items
{path}  {path|date|time|iso|day} a field of the page's view
{{#if path}} {{#if path == value}} {{else}} {{/if}}
{{#each path as name}} {{/each}}
{{> file}}                       another file of the folder

All other text of a page is HTML and is not changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from brand_compiler.fault import BrandFault

if TYPE_CHECKING:
    from pathlib import Path

_TAG = re.compile(r"\{\{(.*?)\}\}|\{([^{}\s][^{}]*)\}")
_PATTERNS = {
    "value": re.compile(r"([\w.]+)(?:\|(\w+))?"),
    "text": re.compile(r"([\w.-]+)(?:\[([\w.-]+)\])?(?:\|(\w+))?"),
    "if": re.compile(r"#if ([\w.]+)(?: == ([\w-]+))?"),
    "each": re.compile(r"#each ([\w.]+) as (\w+)"),
    "include": re.compile(r"> ([\w-]+)"),
}


@dataclass(slots=True)
class TemplateNode:
    """A part of a page: its kind, its arguments, its position and the parts inside it."""

    kind: str  # literal, text, value, if, each, include
    arguments: tuple[str, ...]
    file: Path
    line: int
    body: list[TemplateNode] = field(default_factory=list)
    else_body: list[TemplateNode] = field(default_factory=list)

    def fault(self, message: str) -> BrandFault:
        """Returns a fault at this part."""
        return BrandFault(self.file, self.line, message)


def parse_template(file: Path) -> list[TemplateNode]:
    """Returns the parts of a page.

    Raises:
        BrandFault: The file is missing, a tag cannot be parsed, or a block has no end.
    """
    if not file.is_file():
        raise BrandFault(file, 1, "there is no such page")
    source = file.read_text(encoding="utf-8")
    root = TemplateNode("root", (), file, 1)
    stack, target, end = [root], root.body, 0
    for tag in _TAG.finditer(source):
        line = source.count("\n", 0, tag.start()) + 1
        target.append(TemplateNode("literal", (source[end : tag.start()],), file, line))
        end = tag.end()
        text = (tag[1] or "").strip()
        if text == "else" and stack[-1].kind == "if":
            target = stack[-1].else_body
        elif text in {"/if", "/each"} and stack[-1].kind == text[1:]:
            stack.pop()
            target = _open_branch(stack[-1])
        else:
            node = _parse_tag(tag, text, file, line)
            target.append(node)
            if node.kind in {"if", "each"}:
                stack.append(node)
                target = node.body
    target.append(TemplateNode("literal", (source[end:],), file, source.count("\n") + 1))
    if len(stack) > 1:
        raise stack[-1].fault(f"{{{{#{stack[-1].kind}}}}} has no end")
    return root.body


def _open_branch(node: TemplateNode) -> list[TemplateNode]:
    """Returns the branch of a block that is open: after {{else}} it is `else_body`."""
    return node.else_body or node.body


def _parse_tag(tag: re.Match[str], text: str, file: Path, line: int) -> TemplateNode:
    if tag[1] is None:
        kinds, text = ["value"], tag[2]
    else:
        kinds = ["if", "each", "include", "text"]
    for kind in kinds:
        if match := _PATTERNS[kind].fullmatch(text):
            return TemplateNode(kind, tuple(group or "" for group in match.groups()), file, line)
    raise BrandFault(file, line, f"cannot read {tag[0]}")
