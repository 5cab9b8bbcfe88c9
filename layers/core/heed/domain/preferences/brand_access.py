"""The brands to which an API key, or a person at the desk, is limited.

A limited caller works with the part of the catalogue that has only these brands and their topics. So a
request can name no other scope, and an answer has no other topic. An opt-out from everything, and what stops
the whole address, still decides about the topics of these brands.
"""

from __future__ import annotations

from dataclasses import dataclass

from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.register import ScopeNumber


@dataclass(frozen=True, slots=True)
class BrandAccess:
    """The brands that a caller may use.

    Attributes:
        brands: the numbers of the brands; None if the access is not limited. A number that the catalogue does
            not have grants nothing.
    """

    brands: frozenset[ScopeNumber] | None = None

    @property
    def is_limited(self) -> bool:
        """Whether the caller may not use what is of all brands together."""
        return self.brands is not None

    def narrow(self, catalogue: Catalogue) -> Catalogue:
        """Returns the part of a catalogue that the access permits.

        A part has no topic of a privacy signal, because such a topic is of no brand.
        """
        if self.brands is None:
            return catalogue
        numbers = self.brands & catalogue.brands.keys()
        return Catalogue(
            [brand for brand in catalogue.brands.values() if brand.number in numbers],
            [topic for topic in catalogue.topics.values() if topic.brand in numbers],
            catalogue.default_brand,
            catalogue.languages,
            catalogue.default_language,
            catalogue.policies,
            catalogue.mailbox,
            whole=catalogue,
        )


ALL_BRANDS = BrandAccess()
"""The access of a caller who is not limited."""

NO_BRANDS = BrandAccess(frozenset())
"""The access of somebody who has none."""
