"""Invented people. All their addresses are in domains that nobody can register (RFC 2606)."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

_FIRST_NAMES = {
    "en": "Joan Mary Grace Edith Ruth Helen Walter Frank Arthur Henry Alice Nora Leo Simon Owen Clara",
    "de": "Anna Karin Heidi Ursula Beate Jonas Lukas Moritz Stefan Dieter Sabine Petra Emil Tobias",
    "fr": "Camille Manon Odile Solange Luc Didier Remy Hugo Pauline Margot Basile Yann Elodie Marius",
    "es": "Lucia Pilar Carmen Rocio Diego Javier Mateo Hernan Ines Alba Nuria Pablo Ramon Elena Sergio Olga",
    "ja": "Yui Haruka Akira Kenji Sora Naoko Hiroshi Emi Takumi Rina Satoshi Yoko Daichi Mika Kaito Aya",
}
_LAST_NAMES = {
    "en": "Ashby Barlow Carver Dunmore Ellery Fenwick Garnet Holloway Ivory Kingsley",
    "de": "Amsler Brunner Dietz Egger Fuchs Gerber Huber Keller Lang Moser",
    "fr": "Aubert Blanc Carpentier Dumas Faure Garnier Lacroix Meunier Perrin Roussel",
    "es": "Aguilar Benitez Campos Dominguez Fuentes Herrera Lozano Molina Ortega Rivas",
    "ja": "Abe Endo Fujita Hara Ishida Kato Mori Nakano Ota Sakai",
}
_LANGUAGES = ("en", "en", "en", "de", "de", "fr", "es", "ja")  # as often as their people
_DOMAINS = ("example.com", "example.org", "example.net")


@dataclass(frozen=True)
class InventedPerson:
    """Somebody whom the sample brand sends mail to.

    Attributes:
        name: First and last name.
        address: The e-mail address.
        language: The language of the person, one of the brand's.
    """

    name: str
    address: str
    language: str


def invent_people(count: int) -> list[InventedPerson]:
    """Returns a number of people, each with an address of their own. They are the same each time."""
    random = Random(count)  # noqa: S311 - it chooses names
    people: dict[str, InventedPerson] = {}
    while len(people) < count:
        language = random.choice(_LANGUAGES)
        first, last = (random.choice(names[language].split()) for names in (_FIRST_NAMES, _LAST_NAMES))
        address = f"{first}.{last}@{random.choice(_DOMAINS)}".lower()
        people.setdefault(address, InventedPerson(f"{first} {last}", address, language))
    return list(people.values())
