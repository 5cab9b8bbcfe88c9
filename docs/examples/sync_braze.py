"""Brings the answers of Heed to Braze (docs/recipes/braze.md): people.csv answers.db [--changed]."""

from new_answers import NewAnswer, call, setting, synchronize


def attributes_of(new: NewAnswer) -> dict[str, object]:
    """Returns the user attributes object of a contact, whose id is its `external_id`."""
    return {
        "external_id": new.id,
        "_update_existing_only": True,
        "heed_recipient": new.recipient,
        setting("BRAZE_FIELD"): new.sendable,
    }


def send(batch: list[NewAnswer]) -> None:
    """Sends a batch by `/users/track`."""
    attributes = [attributes_of(new) for new in batch]
    headers = {"Authorization": f"Bearer {setting('BRAZE_API_KEY')}"}
    answer = call("POST", f"{setting('BRAZE_URL')}/users/track", headers, {"attributes": attributes})
    if answer.get("message") != "success" or answer.get("errors"):  # with `errors`, some were not taken
        raise SystemExit("Braze did not take all of a batch. The next run sends it again.")


synchronize(send, 50)
