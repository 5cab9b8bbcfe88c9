"""Brings the answers of Heed to listmonk (docs/recipes/listmonk.md): people.csv answers.db [--changed].

It subscribes nobody. Its output names subscribers whom it stopped and whom Heed permits again: a person has
to decide, because they may also have left at listmonk.
"""

from new_answers import NewAnswer, call, setting, synchronize


def send(batch: list[NewAnswer]) -> None:
    """Ends memberships of the list of the topic. The id of a contact is the number of the subscriber."""
    headers = {"Authorization": f"token {setting('LISTMONK_USER')}:{setting('LISTMONK_TOKEN')}"}
    stopped = [int(new.id) for new in batch if not new.sendable]
    if stopped:
        body = {"ids": stopped, "action": "unsubscribe", "target_list_ids": [int(setting("LISTMONK_LIST"))]}
        call("PUT", f"{setting('LISTMONK_URL')}/api/subscribers/lists", headers, body)
    for new in batch:
        if new.sendable and new.was_stopped:
            print(f"{new.id},{new.recipient}", flush=True)  # an answer that was not printed is not stored


synchronize(send, 500)
