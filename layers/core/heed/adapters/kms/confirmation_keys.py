"""The derived keys, and that of confirmation links, which has a KMS key of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heed.adapters.kms.keys import KmsKeys
from heed.domain.errors import InvalidToken
from heed.domain.opt_in.confirmation_token import KEY_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_kms import KMSClient


class KmsConfirmKeys(KmsKeys):
    """Serves the port ConfirmKeys; `confirm_key` gives the KMS key's id or ARN when first needed."""

    def __init__(
        self,
        client: KMSClient,
        identity_key: Callable[[], str],
        links_key: Callable[[], str],
        link_key_ids: tuple[int, ...],
        confirm_key: Callable[[], str],
    ) -> None:
        super().__init__(client, identity_key, links_key, link_key_ids)
        self._confirm_key = confirm_key

    def confirm(self, key_id: int) -> bytes:
        """See the port."""
        if key_id != KEY_ID:
            raise InvalidToken("signed with a key never ours")
        return self._derive(self._confirm_key, f"confirm/{key_id}")
