"""Makes HTML of the little Markdown that openapi.yaml and the tables of docs/ use."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

_DOCUMENT = re.compile(r"docs/[\w/-]+\.md")


class Markdown:
    """Renders Markdown for a page that is beside the documents, or for one that is served without them.

    Args:
        folder: The folder of the page in the project, such as `docs/api`. Links to documents are relative to
            it. None: no document can be opened from the page, so it has no link to one.
        anchors: The id of the element about a route, by its path, and by its method and path.
    """

    def __init__(self, folder: str | None, anchors: Mapping[str, str]) -> None:
        self._folder = folder
        self._anchors = anchors
        self._parser = MarkdownIt("zero").enable(["backticks", "emphasis", "link", "list"])

    def block(self, text: str, source: str = "") -> Markup:
        """Returns paragraphs and lists. `source` is the folder of the file that has the text."""
        return self._render(self._parser.parse(text), source)

    def line(self, text: str, source: str = "") -> Markup:
        """Returns the text of one paragraph, without its element."""
        return self._render(self._parser.parseInline(text), source)

    def document(self, path: str) -> Markup:
        """Returns a link to a document of the project, or its path if the page is served without it."""
        return self.line(f"`{path}`")

    def _render(self, tokens: list[Token], source: str) -> Markup:
        for token in tokens:
            token.children = list(self._replace_links(token.children or (), source))
        html = self._parser.renderer.render(tokens, self._parser.options, {})
        return Markup(html)  # noqa: S704 - the parser escapes all text, and its preset takes no HTML

    def _replace_links(self, tokens: Iterable[Token], source: str) -> Iterator[Token]:
        """Yields the tokens of a line. The names of routes and documents become links."""
        for token in tokens:
            if token.type == "code_inline" and (target := self._find_target(token.content)):
                yield Token("link_open", "a", 1, attrs={"href": target})
                yield token
                yield Token("link_close", "a", -1)
            elif token.type not in ("link_open", "link_close"):
                yield token
            elif self._folder is not None:
                if token.type == "link_open":
                    path = posixpath.join(source, str(token.attrs["href"]))
                    token.attrs["href"] = posixpath.relpath(path, self._folder)
                yield token

    def _find_target(self, name: str) -> str | None:
        if self._folder is not None and _DOCUMENT.fullmatch(name):
            return posixpath.relpath(name, self._folder)
        return f"#{self._anchors[name]}" if name in self._anchors else None
