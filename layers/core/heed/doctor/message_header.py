"""The header of a message as it is in the file, with its folds. Other readers of mail do not keep them."""

from __future__ import annotations

from dataclasses import dataclass, field

from heed.domain.errors import MalformedMessage

_MAX_HEADER = 262_144  # bytes
_MAX_FIELDS = 1_000
_FOLD_SPACE = b" \t"


@dataclass(slots=True)
class HeaderField:
    """A field of the header.

    Attributes:
        lines: its lines, the first with the name, without the ends of the lines.
    """

    lines: list[bytes] = field(default_factory=list)

    @property
    def value(self) -> str:
        """The value without its folds. A byte that is not ASCII is an invisible character."""
        unfolded = b"".join(self.lines).partition(b":")[2]
        return unfolded.decode("ascii", "surrogateescape").strip()

    @property
    def is_folded(self) -> bool:
        """Whether the field has more than one line."""
        return len(self.lines) > 1

    @property
    def is_ascii(self) -> bool:
        """Whether all its bytes are ASCII."""
        return all(line.isascii() for line in self.lines)

    @property
    def longest_line(self) -> int:
        """The length of its longest line in bytes, without the end of the line."""
        return max(map(len, self.lines))


@dataclass(frozen=True, slots=True)
class MessageHeader:
    """The header of a message: its fields by name in lower case, each in the order of the file."""

    fields: dict[str, list[HeaderField]]

    def all(self, name: str) -> list[HeaderField]:
        """Returns the fields with a name."""
        return self.fields.get(name, [])


def parse_message_header(raw: bytes) -> MessageHeader:
    """Parses the header of a message, within limits.

    Raises:
        MalformedMessage: It has no header field.
    """
    fields: dict[str, list[HeaderField]] = {}
    current: HeaderField | None = None
    number = 0
    for line in raw[:_MAX_HEADER].split(b"\n"):
        line = line.removesuffix(b"\r")
        if not line:
            break
        if line[:1] in (b" ", b"\t"):
            if current is not None:
                current.lines.append(line)
            continue
        name, colon, _ = line.partition(b":")
        current = None
        if colon and name.isascii() and b" " not in name.rstrip(_FOLD_SPACE) and number < _MAX_FIELDS:
            current = HeaderField([line])
            fields.setdefault(name.decode().strip().lower(), []).append(current)
            number += 1
    if not fields:
        raise MalformedMessage("the file is not a mail")
    return MessageHeader(fields)
