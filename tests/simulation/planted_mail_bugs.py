"""Planted bugs of the mailbox: a lost opt-out, an opt-out of somebody else, and an opt-in by mail alone."""

from __future__ import annotations

from typing import Any

import pytest

from heed.domain.mailbox import attribution
from heed.domain.mailbox.attribution import SenderTrust
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.register import Change, Entry, Source
from heed.domain.recipients.recipient import recipient_id
from heed.use_cases.mailbox.act_on_mail import ActOnMail
from heed.use_cases.mailbox.handle_mail import HandleMail
from tests.simulation.planted_link_bugs import planted_bug
from tests.support.deployment import parts
from tests.support.registers import in_

Patch = pytest.MonkeyPatch


@planted_bug
def mail_is_deleted_before_its_opt_out_is_stored(patch: Patch) -> None:
    original_handle = HandleMail.__call__

    def delete_and_handle(self: HandleMail, source: Any, *others: Any) -> Any:
        raw = self.mails.read(source)
        self.mails.delete(source)
        return [] if raw is None else original_handle(self, raw, *others)

    patch.setattr(HandleMail, "__call__", delete_and_handle)


@planted_bug
def forged_mail_opts_out(patch: Patch) -> None:
    patch.setattr(attribution, "_trust", lambda _: SenderTrust.AUTHENTICATED)


@planted_bug
def mail_of_a_token_opts_its_sender_out(patch: Patch) -> None:
    patch.setattr(attribution, "_verified_tokens", lambda *_: ())


@planted_bug
def mail_opts_in_without_confirmation(patch: Patch) -> None:
    original_confirm = ActOnMail._confirm

    def opt_in(self: ActOnMail, action: Any, mail: Any, now: Any) -> Any:
        if action.intent is Intent.IN:
            recipient = recipient_id(parts().identity_key.identity_key(), action.address)
            change = Change(in_(2), Entry(mail.receipt.at, Source.MAILBOX, "{}"))
            parts().preferences.apply(recipient, [change], now)
        return original_confirm(self, action, mail, now)

    patch.setattr(ActOnMail, "_confirm", opt_in)
