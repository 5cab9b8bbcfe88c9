"""`heed minor` and `heed erase`: stop all mail to a person and erase the person's data."""

from __future__ import annotations

from heed.entrypoints.cli import api, options, output
from heed.entrypoints.cli.command import command
from heed.entrypoints.cli.failure import Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.recipient_arguments import to_person_field


@command("minor", "heed minor ada@example.com --source phone --reference CALL-118")
@options.person_argument
@options.source_option
@options.kept_reference_option
@options.common_options
def report_minor(common: options.CommonOptions, person: str, source: str, reference: str) -> Exit:
    """Report that a person is under 13: stop all mail and erase the data.

    Afterwards nothing is sent to the address, not even service mail. The command prints the id of the purge:
    heed purge ID shows its certificate. A second report changes nothing. Give the address, not the id, if you
    have it: then the address is removed from the SES list too. To undo a wrong report, use heed lift
    --suppression minor with two keys. While a hold is active, nothing is erased until it is lifted. Exit
    code 1 if your key has reported too many minors today: mail is stopped, and a privacy officer decides
    about the erasure.
    """
    body = {**to_person_field(person), "source": source, "reference": reference}
    return _post_and_print(common, "/v1/minors", body, "everything, service mail too")


@command("erase", "heed erase ada@example.com --source letter --reference L-7")
@options.person_argument
@options.source_option
@options.kept_reference_option
@options.common_options
def erase_person(common: options.CommonOptions, person: str, source: str, reference: str) -> Exit:
    """Erase a person's data on request and keep only opt-outs.

    The command prints the id of the purge: heed purge ID shows its certificate. It is refused while a hold is
    active (heed lift --suppression hold). It cannot be undone. Only the opt-out remains.
    """
    body = {**to_person_field(person), "source": source, "reference": reference}
    return _post_and_print(common, "/v1/erasures", body, "all marketing")


def _post_and_print(common: options.CommonOptions, path: str, body: dict[str, str], stopped: str) -> Exit:
    answer = api.post_to_api(find_stack(common.stack), path, body)
    is_waiting = answer.get("state") == "waiting"
    if common.json:
        output.print_json(answer)
    elif is_waiting:
        next_step = "a key with the scope privacy: heed minor, or heed lift --suppression hold"
        output.print_facts({**answer, "stopped": stopped, "waits for": next_step})
    else:
        next_step = f"heed purge {answer['purge']} shows what was cleared"
        output.print_facts({**answer, "stopped": stopped, "certificate": next_step})
    return Exit.NO if is_waiting else Exit.YES
