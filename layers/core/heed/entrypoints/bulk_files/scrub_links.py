"""Makes the link columns of a scrub."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from heed.domain.jobs.job_settings import ScrubJobSettings
from heed.domain.links.link_hints import LinkHints
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue, Topic
from heed.entrypoints.http.api.list_headers import list_id
from heed.entrypoints.http.api.mail_links import LinkBases, link_query, make_mail_links
from heed.use_cases.identify import IdentifiedPerson
from heed.use_cases.links.mint_links import mint_links
from heed.use_cases.ports.keys import LinkKeys


@dataclass(frozen=True, slots=True)
class ScrubLinks:
    """Makes the same links and headers as POST /v1/links.

    Attributes:
        keys: the keys of links.
        catalogue: the catalogue of the topic.
        bases: where the links lead.
    """

    keys: LinkKeys
    catalogue: Catalogue
    bases: LinkBases

    def __call__(
        self, recipients: Iterable[str], topic: Topic, settings: ScrubJobSettings, now: Millis
    ) -> dict[str, tuple[str, ...]]:
        """Returns the cells of the link columns by recipient id.

        Args:
            recipients: recipient ids.
            topic: the topic of the mail.
            settings: the campaign and the language of the links.
            now: time of issue, milliseconds.

        Raises:
            KeysUnavailable: The link keys are not available.
        """
        query = link_query(LinkHints(settings.campaign), settings.language)
        list_name = list_id(topic, self.catalogue)
        people = [IdentifiedPerson(None, recipient) for recipient in recipients]
        cells: dict[str, tuple[str, ...]] = {}
        for person, tokens in mint_links(people, topic, now, self.keys):
            made = make_mail_links(tokens, query, self.bases, list_name)
            headers = made.headers["List-Unsubscribe"], made.headers["List-Unsubscribe-Post"]
            cells[str(person.recipient)] = (made.unsubscribe_url, made.preferences_url, *headers)
        return cells
