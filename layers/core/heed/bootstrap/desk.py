"""Parts of the desk, which is for people at work."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from heed.bootstrap.shared import SharedParts

if TYPE_CHECKING:
    from heed.adapters.cookie_encryption import JweCookieEncryption
    from heed.adapters.dynamodb.desk_sessions import DeskSessionsTable
    from heed.adapters.oidc.provider import OidcProvider
    from heed.domain.desk.identity import DeskGroups
    from heed.entrypoints.http.desk.desk_pages import DeskPages
    from heed.entrypoints.http.desk.session_memory import SessionMemory
    from heed.use_cases.desk.record_desk_change import RecordDeskChange, TakeBackDeskChange
    from heed.use_cases.desk.sign_in import CompleteSignIn, IdentifyPerson, RenewRole, StartSignIn


class DeskParts(SharedParts):
    """Parts for the sign-in to the desk, and for its pages."""

    @property
    def has_desk(self) -> bool:
        """Whether there is a desk. It needs an issuer, at which people sign in."""
        return bool(self.config.desk_issuer or self.config.desk_pool_parameter)

    @property
    def desk_domain(self) -> str:
        """The host of the desk alone, or "" if it is at the host of the links."""
        return self.config.desk_domain

    @property
    def desk_url(self) -> str:
        """The base URL of the desk, or "" if the deployment has only the host of the API."""
        return f"https://{self.desk_domain}" if self.desk_domain else self.config.public_url

    @property
    def public_url(self) -> str:
        """The base URL of the deployment, or "" if it has only the host of the API."""
        return self.config.public_url

    @cached_property
    def desk_sessions(self) -> DeskSessionsTable:
        """The sessions of people who are signed in to the desk."""
        from heed.adapters.dynamodb.desk_sessions import DeskSessionsTable

        return DeskSessionsTable(self.client("dynamodb"), self.config.control_table)

    @cached_property
    def session_memory(self) -> SessionMemory:
        """The sessions, each remembered for a minute."""
        from heed.entrypoints.http.desk.session_memory import SessionMemory

        return SessionMemory(self.desk_sessions)

    @cached_property
    def record_desk_change(self) -> RecordDeskChange:
        """Records what a person requested at the desk."""
        from heed.use_cases.desk.record_desk_change import RecordDeskChange

        return RecordDeskChange(self.preferences, self.catalogue)

    @cached_property
    def take_back_desk_change(self) -> TakeBackDeskChange:
        """Takes back what was recorded at the desk a few minutes ago."""
        from heed.use_cases.desk.record_desk_change import TakeBackDeskChange

        return TakeBackDeskChange(self.preferences)

    @cached_property
    def desk_pages(self) -> DeskPages:
        """The pages of the desk."""
        from heed.entrypoints.http.desk.desk_pages import DeskPages

        return DeskPages(self.config.brand_dir)

    @cached_property
    def cookie_encryption(self) -> JweCookieEncryption:
        """The encryption of what the desk keeps in a browser, with keys of its own below the links' key."""
        from heed.adapters.cookie_encryption import JweCookieEncryption

        return JweCookieEncryption(self.link_keys.derive)

    @cached_property
    def identity_provider(self) -> OidcProvider:
        """The issuer of OpenID Connect at which people sign in."""
        from heed.adapters.desk_settings import ClientSecret, read_pool_client
        from heed.adapters.oidc.provider import OidcClient, OidcProvider

        config = self.config
        if config.desk_pool_parameter:
            issuer, client_id = read_pool_client(self.client("ssm"), config.desk_pool_parameter)
            return OidcProvider(OidcClient(issuer, client_id, str))
        arn = config.desk_client_secret_arn
        secret = ClientSecret(self.client("secretsmanager"), arn) if arn else str
        return OidcProvider(OidcClient(config.desk_issuer, config.desk_client_id, secret))

    @cached_property
    def start_sign_in(self) -> StartSignIn:
        """Begins a sign-in."""
        from heed.use_cases.desk.sign_in import StartSignIn

        return StartSignIn(self.identity_provider, self.cookie_encryption)

    @cached_property
    def complete_sign_in(self) -> CompleteSignIn:
        """Ends a sign-in."""
        from heed.adapters.cookie_encryption import JweRefreshTokenEncryption
        from heed.use_cases.desk.sign_in import CompleteSignIn

        return CompleteSignIn(
            self.identity_provider,
            self.cookie_encryption,
            JweRefreshTokenEncryption(),
            self.desk_sessions,
            self.session_memory.end,
            self._identify_person,
        )

    @cached_property
    def renew_role(self) -> RenewRole:
        """Asks the issuer again for the role of a person."""
        from heed.adapters.cookie_encryption import JweRefreshTokenEncryption
        from heed.use_cases.desk.sign_in import RenewRole

        return RenewRole(
            lambda: self.identity_provider,
            JweRefreshTokenEncryption(),
            self.desk_sessions,
            self._identify_person,
        )

    @property
    def _identify_person(self) -> IdentifyPerson:
        from heed.use_cases.desk.sign_in import IdentifyPerson

        return IdentifyPerson(lambda: self._desk_groups, lambda: self.link_keys.derive("desk/person/1"))

    @property
    def _desk_groups(self) -> DeskGroups:
        from heed.domain.desk.identity import DeskGroups

        config = self.config
        brands = {brand.name: brand.number for brand in self.catalogue.brands.values()}
        return DeskGroups(
            config.desk_groups_claim, config.desk_agent_group, config.desk_privacy_group, brands
        )
