"""Creates the two people who sign in to the desk of the local stack, as an administrator does."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from local.aws import Clients


@dataclass(frozen=True)
class DeskPerson:
    """A person who signs in with a name and a password."""

    name: str
    password: str
    role: Literal["agent", "privacy"]


_PEOPLE: tuple[tuple[str, str, Literal["agent", "privacy"], str], ...] = (
    ("agent", "Ada Agent", "agent", "desk-agents"),
    ("officer", "Olga Officer", "privacy", "desk-privacy"),
)


def create_desk_people(clients: Clients, pool_id: str) -> list[DeskPerson]:
    """Creates the people with random passwords, and returns them."""
    return [
        create_desk_person(clients, pool_id, name, full_name, role, group)
        for name, full_name, role, group in _PEOPLE
    ]


def create_desk_person(
    clients: Clients, pool_id: str, name: str, full_name: str, role: Literal["agent", "privacy"], group: str
) -> DeskPerson:
    """Creates a person with a random password, and returns the person."""
    person = DeskPerson(name, f"Desk-{secrets.token_hex(6)}", role)
    clients.cognito.admin_create_user(
        UserPoolId=pool_id,
        Username=person.name,
        UserAttributes=[{"Name": "name", "Value": full_name}],
        MessageAction="SUPPRESS",
    )
    clients.cognito.admin_set_user_password(
        UserPoolId=pool_id, Username=person.name, Password=person.password, Permanent=True
    )
    clients.cognito.admin_add_user_to_group(UserPoolId=pool_id, Username=person.name, GroupName=group)
    return person
