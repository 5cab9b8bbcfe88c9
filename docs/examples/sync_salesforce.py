"""Brings the answers of Heed to Marketing Cloud (docs/recipes/salesforce.md)."""

from new_answers import NewAnswer, call, setting, synchronize


def send(batch: list[NewAnswer]) -> None:
    """Upserts the rows of a data extension. The id of a contact is its `SubscriberKey`."""
    client = {
        "grant_type": "client_credentials",
        "client_id": setting("SFMC_CLIENT_ID"),
        "client_secret": setting("SFMC_CLIENT_SECRET"),
    }
    token = call("POST", f"{setting('SFMC_AUTH_URL')}/v2/token", {}, client)["access_token"]
    rows = [
        {
            "keys": {"SubscriberKey": new.id},
            "values": {"HeedRecipient": new.recipient, "MaySend": new.sendable},
        }
        for new in batch
    ]
    url = f"{setting('SFMC_REST_URL')}/hub/v1/dataevents/key:{setting('SFMC_DATA_EXTENSION')}/rowset"
    call("POST", url, {"Authorization": f"Bearer {token}"}, rows)


synchronize(send, 1_000)
