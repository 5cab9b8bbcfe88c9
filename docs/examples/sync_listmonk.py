"""Brings the answers of Heed to listmonk (docs/recipes/listmonk.md): people.csv answers.db [--changed]."""

from new_answers import NewAnswer, call, setting, synchronize


def send(batch: list[NewAnswer]) -> None:
    """Changes memberships of the list of the topic. The id of a contact is the number of the subscriber."""
    headers = {"Authorization": f"token {setting('LISTMONK_USER')}:{setting('LISTMONK_TOKEN')}"}
    lists = [int(setting("LISTMONK_LIST"))]
    stopped = [int(new.id) for new in batch if not new.sendable]
    permitted = [int(new.id) for new in batch if new.sendable and new.was_stopped]
    if stopped:
        body = {"ids": stopped, "action": "unsubscribe", "target_list_ids": lists}
        call("PUT", f"{setting('LISTMONK_URL')}/api/subscribers/lists", headers, body)
    if permitted:
        body = {"ids": permitted, "action": "add", "target_list_ids": lists, "status": "confirmed"}
        call("PUT", f"{setting('LISTMONK_URL')}/api/subscribers/lists", headers, body)


synchronize(send, 500)
