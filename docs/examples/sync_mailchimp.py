"""Brings the answers of Heed to Mailchimp (docs/recipes/mailchimp.md): people.csv answers.db [--changed]."""

import base64
from urllib.error import HTTPError

from new_answers import NewAnswer, call, setting, synchronize

NOT_FOUND = 404


def send(batch: list[NewAnswer]) -> None:
    """Updates members one by one. The id of a contact is the MD5 of its address in lower case."""
    login = base64.b64encode(f"heed:{setting('MAILCHIMP_API_KEY')}".encode()).decode()
    for new in batch:
        url = f"{setting('MAILCHIMP_URL')}/3.0/lists/{setting('MAILCHIMP_LIST')}/members/{new.id}"
        fields = {"HEEDID": new.recipient, setting("MAILCHIMP_FIELD"): "yes" if new.sendable else "no"}
        try:
            call(
                "PATCH",
                f"{url}?skip_merge_validation=true",
                {"Authorization": f"Basic {login}"},
                {"merge_fields": fields},
            )
        except HTTPError as error:
            if error.code != NOT_FOUND:  # whoever is no member any more gets no mail
                raise


synchronize(send, 50)
