"""What each page about a person does first: it finds the person and enters the disclosure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote

from heed.domain.errors import InvalidRecipient, NotFound
from heed.domain.links.link_token import URL_LENGTH, TokenPurpose, verify_link_token
from heed.domain.privacy.disclosure import DisclosureDetails
from heed.domain.recipients.address import normalise_address
from heed.domain.recipients.recipient import parse_recipient, recipient_id
from heed.entrypoints.http.desk.people_views import PersonHeading
from heed.entrypoints.http.desk.person_cookie import PersonCookie
from heed.entrypoints.http.desk.routes import has_no_tls
from heed.entrypoints.http.desk.sealed_cookies import SealedCookies, person_path
from heed.entrypoints.observability import count_metric, logger

if TYPE_CHECKING:
    from aws_lambda_powertools.shared.cookies import Cookie

    from heed.entrypoints.http.desk.visit import DeskRequest
    from heed.use_cases.ports.desk import CookieEncryption
    from heed.use_cases.ports.keys import IdentityKey, LinkKeys
    from heed.use_cases.ports.privacy import Disclosures

_LINKS = {"/u/": TokenPurpose.UNSUBSCRIBE, "/p/": TokenPurpose.PREFERENCES}
_MAIL_PREFIX = "u+"
_MAIL_LOCAL_LENGTH = len(_MAIL_PREFIX) + 58  # characters of the local part of a mailto: link


class PersonParts(Protocol):
    """The parts of a deployment that each page about a person needs."""

    @property
    def desk_url(self) -> str:
        """The base URL of the desk, or "" if the deployment has only the host of the API."""
        ...

    @property
    def cookie_encryption(self) -> CookieEncryption:
        """The encryption of what the desk keeps in a browser."""
        ...

    @property
    def identity_key(self) -> IdentityKey:
        """The key from which recipient ids are computed."""
        ...

    @property
    def link_keys(self) -> LinkKeys:
        """The keys that sign links."""
        ...

    @property
    def disclosures(self) -> Disclosures:
        """The register of disclosures."""
        ...


class PersonVisits:
    """Finds the person of a page, and enters the disclosure.

    Args:
        parts: Returns the parts of the deployment. It is called for a request, never at import.
    """

    def __init__(self, parts: Callable[[], PersonParts]) -> None:
        self._parts = parts

    def cookies(self, call: DeskRequest) -> SealedCookies:
        """Returns the encrypted cookies of a request."""
        parts = self._parts()
        is_secure = not has_no_tls(parts.desk_url)
        return SealedCookies(parts.cookie_encryption, is_secure, call.event, call.session, call.at)

    def find(self, text: str) -> tuple[str, str]:
        """Returns the recipient id of what an agent entered, and the normalised address if it was one.

        It may be an address, also with a name, a recipient id, or a link of a mail.

        Raises:
            InvalidToken: It is a link of which a part is missing, or that is not one of this deployment.
            InvalidAddress: It is nothing of these.
            KeysUnavailable: A key could not be derived.
        """
        try:
            return parse_recipient(text), ""
        except InvalidRecipient:
            pass
        if recipient := self._find_by_link(text):
            return recipient, ""
        address = normalise_address(text)
        return recipient_id(self._parts().identity_key.identity_key(), address), address

    def person(self, call: DeskRequest) -> PersonCookie:
        """Returns the person whom the path of a page names.

        Raises:
            NotFound: The path has no recipient id.
        """
        text = call.parts["id"]
        try:
            recipient = parse_recipient(text)
        except InvalidRecipient:
            recipient = ""
        if recipient != text:  # another spelling of the id has no cookie
            raise NotFound("no recipient id")
        return PersonCookie.read(self.cookies(call), recipient)

    def disclose(self, call: DeskRequest, person: PersonCookie) -> list[Cookie]:
        """Enters that a person's data is shown, once for a session, a person and a purpose.

        Returns:
            The cookies that the answer sets.

        Raises:
            StoreUnavailable: The disclosure was not entered. Then nothing may be shown.
        """
        cookies = self.cookies(call)
        if person.is_disclosed(cookies):
            return []
        key, purpose = call.session.key, person.purpose
        self._parts().disclosures.append(DisclosureDetails(call.at, "lookup", purpose, 1, key))
        count_metric("RecipientLookedUp")
        logger.info("looked up", key_id=key, purpose=purpose.value)
        return [person.add_disclosed(cookies)]

    def _find_by_link(self, text: str) -> str:
        """Returns the recipient id of a link, or "" if the text is none."""
        keys = self._parts().link_keys
        for mark, purpose in _LINKS.items():
            _, found, rest = text.partition(mark)
            if found:
                return verify_link_token(unquote(rest)[:URL_LENGTH], purpose, keys.link_key).recipient
        local = text.removeprefix("mailto:").partition("@")[0]
        if local.startswith(_MAIL_PREFIX) and len(local) == _MAIL_LOCAL_LENGTH:
            token = local.removeprefix(_MAIL_PREFIX)
            return verify_link_token(token, TokenPurpose.MAILTO, keys.link_key).recipient
        return ""


def person_heading(person: PersonCookie) -> PersonHeading:
    """Returns the heading of a page about a person."""
    return PersonHeading(id=person.recipient, path=person_path(person.recipient), address=person.address)
