"""Parses fields with parameters (RFC 2045, RFC 2231): `Content-Type` and `Content-Disposition`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from heed.entrypoints.inbound_mail.decoding import decode_charset

_PARAMETER = re.compile(r';\s*([^\s=;"]{1,100})\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))')
_NAME = re.compile(r"([^*]+)(?:\*([0-9]{1,3}))?(\*)?")  # `name*1*` is the second piece, percent-encoded
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class ParameterField:
    """A field with parameters.

    Attributes:
        word: the word before the parameters, in lower case.
        parameters: the text of each parameter, by its name in lower case.
    """

    word: str
    parameters: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """Returns a parameter, or ""."""
        return self.parameters.get(name, "")


@dataclass(frozen=True, slots=True)
class _Piece:
    number: int
    is_encoded: bool
    text: str


def parse_parameter_field(value: str) -> ParameterField:
    """Parses the value of a field. What is no parameter is left out."""
    word = value.partition(";")[0].strip().lower()
    parameters: dict[str, str] = {}
    pieces: dict[str, list[_Piece]] = {}
    for found in _PARAMETER.finditer(value):
        text = found[3].strip() if found[2] is None else _ESCAPE.sub(r"\1", found[2])
        if name := _NAME.fullmatch(found[1].lower()):
            if name[2] or name[3]:
                piece = _Piece(int(name[2] or 0), name[3] is not None, text)
                pieces.setdefault(name[1], []).append(piece)
            else:
                parameters.setdefault(name[1], text)
    return ParameterField(word, parameters | {name: _join(parts) for name, parts in pieces.items()})


def _join(pieces: list[_Piece]) -> str:
    """Returns the text of a parameter in pieces. The first encoded piece begins with the character set."""
    pieces = sorted(pieces, key=lambda piece: piece.number)
    charset = ""
    raw: list[bytes] = []
    for position, piece in enumerate(pieces):
        text = piece.text
        if position == 0 and piece.is_encoded and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        raw.append(unquote_to_bytes(text) if piece.is_encoded else text.encode())
    return decode_charset(b"".join(raw), charset)
