"""What an import format is: how it is recognised, and what the cells of its rows mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import assert_never

from heed.domain.preferences.kinds import ChoiceKind, OtherKind, RegisterKind, SuppressionKind


class RowMeaning(StrEnum):
    """What a row, or a word in it, says about the person."""

    UNSUBSCRIBED = "unsubscribed"  # the person's own choice, about everything
    TOPIC_UNSUBSCRIBED = "topic-unsubscribed"  # the person's own choice, about one topic
    SUPPRESSED = "suppressed"  # somebody's choice: an administrator's, or an import's
    COMPLAINT = "complaint"
    HARD_BOUNCE = "hard-bounce"
    SUBSCRIBED = "subscribed"  # not used: an import never records an opt-in
    BLOCK = "block"  # a receiving server refused one mail
    SOFT_BOUNCE = "soft-bounce"
    OLD_BOUNCE = "old-bounce"  # a hard bounce, after which the mailbox may exist again
    EXPIRED = "expired"
    OTHER_CHANNEL = "other-channel"  # not about e-mail
    DISABLED = "disabled"  # the vendor sends nothing, and it is not known why
    DELETED = "deleted"

    @property
    def register_kind(self) -> RegisterKind | None:
        """The kind of the register that records it; None if an import does not record it."""
        match self:
            case RowMeaning.UNSUBSCRIBED | RowMeaning.TOPIC_UNSUBSCRIBED | RowMeaning.SUPPRESSED:
                return ChoiceKind.OUT
            case RowMeaning.COMPLAINT:
                return OtherKind.COMPLAINT
            case RowMeaning.HARD_BOUNCE:
                return SuppressionKind.UNDELIVERABLE
            case RowMeaning.SUBSCRIBED | RowMeaning.BLOCK | RowMeaning.SOFT_BOUNCE | RowMeaning.OLD_BOUNCE:
                return None
            case RowMeaning.EXPIRED | RowMeaning.OTHER_CHANNEL | RowMeaning.DISABLED | RowMeaning.DELETED:
                return None
            case _:
                assert_never(self)


class Certainty(Enum):
    """How sure the project is that the vendor's files look like this."""

    CERTAIN = "certain"  # read in the vendor's source or documentation, or in real files
    LIKELY = "likely"  # reported by others, or older than two years
    GUESSED = "guessed"  # no file with this header was seen


@dataclass(frozen=True, slots=True)
class Always:
    """Each row means the same."""

    meaning: RowMeaning
    topic: str = ""  # the column with the vendor's name of the topic


@dataclass(frozen=True, slots=True)
class ByWord:
    """A word in a cell says what the row means.

    Attributes:
        columns: the column with the word. The cells of several columns are joined by a space. If that text is
            not a word, each cell is tried alone, in order.
        words: the meaning of each word, in lower case.
        otherwise: the meaning of any other word; None: the row is invalid.
        topic: the column with the vendor's name of the topic.
        is_list: whether the cell has several words with commas between them. The word is the topic, then.
    """

    columns: tuple[str, ...]
    words: Mapping[str, RowMeaning]
    otherwise: RowMeaning | None = None
    topic: str = ""
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class IfFilled:
    """A cell that is neither empty nor negative says that the row has this meaning.

    Attributes:
        column: the column with the cell.
        meaning: its meaning.
        is_date: whether the cell is the date of it.
    """

    column: str
    meaning: RowMeaning
    is_date: bool = False


@dataclass(frozen=True, slots=True)
class TopicColumns:
    """Each topic has a column of its own.

    Attributes:
        prefix: the start of the names of these columns. The rest is the vendor's name of the topic.
        stops: the words that mean an opt-out, in lower case.
        other_columns: columns that are no topics.
    """

    prefix: str
    stops: frozenset[str]
    other_columns: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Items:
    """An array of objects, each of which has a word.

    Attributes:
        prefix: the name of the array.
        word: the member with the word.
        words: the meaning of each word, in lower case.
        date: the member with the date.
        topic: the member with the vendor's name of the topic.
    """

    prefix: str
    word: str
    words: Mapping[str, RowMeaning]
    date: str = ""
    topic: str = ""


Rule = Always | ByWord | IfFilled | TopicColumns | Items


@dataclass(frozen=True, slots=True)
class ImportFormat:
    """A vendor's file. The names of columns are keys (heed.domain.imports.columns).

    Attributes:
        name: vendor and kind, as in `sendgrid-bounces`.
        required: the columns by which it is recognised.
        rules: what a row means. A row may mean several things.
        certainty: how sure its header is.
        dates: the columns with the date. The first that is not empty counts.
        addresses: the columns that may have the address, if they are not the usual ones.
        is_exact: whether the file has no other columns.
        file_name: a part of the file name that tells it apart from another format with the same header.
        expires: the column with the time at which the row ends.
        channel: the column that has to name e-mail.
        json_column: a column whose cells are JSON.
        patterns: the column that says how the address is compared; only `exact` names one person.
        needs_scope: whether the file is about one stream or list, which the caller has to name.
    """

    name: str
    required: frozenset[str]
    rules: tuple[Rule, ...]
    certainty: Certainty = Certainty.CERTAIN
    dates: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    is_exact: bool = False
    file_name: str = ""
    expires: str = ""
    channel: str = ""
    json_column: str = ""
    patterns: str = ""
    needs_scope: bool = False
