"""The findings of the doctor. Each check has a section in docs/doctor.md, with its meaning and its remedy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_PAGE = "docs/doctor.md"
_MAX_QUOTE = 80  # characters that a finding quotes of what others made
_NOT_CHECKED = "not checked: "
_WITH_AT_SIGN = re.compile(r"[^\s@]*@[^\s@]*")


class CheckOutcome(StrEnum):
    """The result of a check."""

    OK = "ok"
    WARNING = "warning"
    """It works, but not everywhere, or not for long; or it could not be checked."""
    FAULT = "fault"
    """It does not work, or a mail client or the law requires otherwise."""


class CheckName(StrEnum):
    """All checks, by the names of their sections in docs/doctor.md."""

    # of a message
    LIST_UNSUBSCRIBE = "list-unsubscribe"
    LIST_UNSUBSCRIBE_POST = "list-unsubscribe-post"
    HEADER_ENCODING = "header-encoding"
    HEADER_FOLDING = "header-folding"
    MAILTO = "mailto"
    DKIM_COVERAGE = "dkim-coverage"
    DKIM_ALIGNMENT = "dkim-alignment"
    DKIM_KEY = "dkim-key"
    DMARC = "dmarc"
    LIST_ID = "list-id"
    LINK_TOKEN = "link-token"  # noqa: S105 - the name of a check
    VISIBLE_LINK = "visible-link"
    FEEDBACK_ID = "feedback-id"
    # of an unsubscribe URL
    URL = "url"
    TLS = "tls"
    GET = "get"
    GET_CHANGES_NOTHING = "get-changes-nothing"
    GET_LOADS_NOTHING = "get-loads-nothing"
    COOKIE = "cookie"
    HEAD = "head"
    HSTS = "hsts"
    PRESS_FORM = "press-form"
    PRESS_MULTIPART = "press-multipart"
    # of a stack
    VERSION = "version"
    LINK = "link"
    LINK_OPENED = "link-opened"
    TRACKING_STATUS = "tracking-status"
    PRESS_RECORDED = "press-recorded"
    PARAMETERS = "parameters"
    KEYS = "keys"
    FUNCTIONS = "functions"
    POINT_IN_TIME_RECOVERY = "point-in-time-recovery"
    OBJECT_LOCK = "object-lock"
    ALARMS = "alarms"
    ACTIVE_ALARMS = "active-alarms"
    LAMBDA_CONCURRENCY = "lambda-concurrency"
    SES_IDENTITY = "ses-identity"
    SES_DKIM = "ses-dkim"
    MAIL_FROM = "mail-from"
    CONFIGURATION_SET = "configuration-set"
    SES_SANDBOX = "ses-sandbox"
    SES_QUOTA = "ses-quota"
    SUPPRESSION_LIST = "suppression-list"
    FEEDBACK = "feedback"


@dataclass(frozen=True, slots=True)
class DoctorFinding:
    """What a check found.

    Attributes:
        name: the check.
        result: the result.
        seen: what the check saw. It never contains an address or a token.
        mend: what to do about it; "" if nothing is wrong.
        is_checked: whether the check could be made.
    """

    name: CheckName
    result: CheckOutcome
    seen: str
    mend: str = ""
    is_checked: bool = True

    @property
    def see(self) -> str:
        """The section of the handbook that explains the check."""
        return f"{_PAGE}#{self.name}"

    def to_json(self) -> dict[str, str]:
        """Returns the finding as the command prints it for programs."""
        return {
            "name": self.name,
            "result": self.result,
            "seen": self.seen,
            "mend": self.mend,
            "see": self.see,
        }


def passed(name: CheckName, seen: str) -> DoctorFinding:
    """Returns the finding of a check that found nothing wrong."""
    return DoctorFinding(name, CheckOutcome.OK, seen)


def warned(name: CheckName, seen: str, mend: str) -> DoctorFinding:
    """Returns the finding of a check that found a weakness."""
    return DoctorFinding(name, CheckOutcome.WARNING, seen, mend)


def failed(name: CheckName, seen: str, mend: str) -> DoctorFinding:
    """Returns the finding of a check that found a fault."""
    return DoctorFinding(name, CheckOutcome.FAULT, seen, mend)


def not_checked(name: CheckName, reason: str, mend: str) -> DoctorFinding:
    """Returns the finding of a check that could not be made."""
    return DoctorFinding(name, CheckOutcome.WARNING, f"{_NOT_CHECKED}{reason}", mend, is_checked=False)


def quote_foreign(text: str) -> str:
    """Returns text that others made for a finding: short, printable, and without a word that has an @."""
    printable = "".join(character if character.isprintable() else " " for character in text[:_MAX_QUOTE])
    return _WITH_AT_SIGN.sub("…", printable).strip()
