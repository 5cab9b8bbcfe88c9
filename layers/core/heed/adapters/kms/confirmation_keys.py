"""The key that signs confirmation links. It is derived from a separate KMS key."""

from __future__ import annotations

from heed.adapters.kms.keys import DerivedKeys
from heed.domain.errors import InvalidToken
from heed.domain.opt_in.confirmation_token import CONFIRMATION_KEY_ID
from heed.override import override
from heed.use_cases.ports.keys import ConfirmationKeys


class KmsConfirmationKeys(DerivedKeys, ConfirmationKeys):
    """Implements the port ConfirmationKeys with KMS."""

    @override
    def confirmation_key(self, key_id: int) -> bytes:
        if key_id != CONFIRMATION_KEY_ID:
            raise InvalidToken("unknown key id")
        return self.derive(f"confirm/{key_id}")
