"""Checks of the API under /v1 with its first key, and of the ledger after a press."""

from __future__ import annotations

from tests.account import web
from tests.account.checking import Check, Unexpected, check, wait_for
from tests.account.links import ONE_CLICK
from tests.account.target import Target
from tests.account.web import FORM

_CHALLENGE = "WWW-Authenticate"
_REMAPPED = "x-amzn-Remapped-WWW-Authenticate"  # API Gateway uses this name, at least in REST APIs


@check(f"401, application/problem+json, with {_CHALLENGE} or API Gateway's own name for it")
def a_request_without_a_key_is_refused(target: Target) -> str:
    """It is not known which of the two headers an HTTP API sends. Clients rely on the status."""
    answer = web.send("POST", f"{target.api}/v1/check", {}, b"{}")
    challenges = [name for name in (_CHALLENGE, _REMAPPED) if name in answer.headers]
    observed = f"{answer}, {', '.join(challenges) or 'no challenge'}"
    is_problem = answer.headers.get_content_type() == "application/problem+json"
    if answer.status != 401 or not is_problem or not challenges:
        raise Unexpected(observed)
    return observed


@check("yes, with the reason ok, for a person without a record")
def the_first_check_answers_yes(target: Target) -> str:
    """It uses a key that was created a moment before: the first one of this run."""
    result = target.check(target.person("first"))
    observed = f"sendable {result['sendable']}, {result['reason']}"
    if (result["sendable"], result["reason"]) != (True, "ok"):
        raise Unexpected(observed)
    return observed


@check("links on the stack's own host, and the two headers of RFC 8058")
def the_first_links_are_created(target: Target) -> str:
    """With a custom domain the links use that domain, and `ApiUrl` contains it too."""
    link = target.link(target.person("links"))
    headers = link["headers"]
    is_own_host = str(link["unsubscribe_url"]).startswith(f"{target.api}/u/")
    if not is_own_host or headers.get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click":
        raise Unexpected(f"another host, or the headers {sorted(headers)}")
    return f"{target.api}/u/…, {', '.join(sorted(headers))}"


@check("within five minutes one entry, with the source one-click")
def a_press_reaches_the_ledger(target: Target) -> str:
    """The way is table, stream, function, table. The API returns a person's entries in the ledger."""
    link = target.link(target.person("ledger"))
    web.send("POST", link["unsubscribe_url"], {"Content-Type": FORM}, ONE_CLICK)

    def read_history() -> list[dict[str, str]]:
        answer = target.post("/v1/recipients/lookup", {"recipient": link["recipient"]})
        if answer.status != 200:
            raise Unexpected(f"{answer} from /v1/recipients/lookup")
        entries: list[dict[str, str]] = answer.json()["history"]
        return entries

    entries = wait_for(read_history, 300, "no entry")
    sources = [entry["source"] for entry in entries]
    if sources != ["one-click"]:
        raise Unexpected(f"entries with the sources {sources}")
    return "1 entry, one-click"


@check("within five minutes an object under hashes/")
def the_hash_of_a_ledger_entry_is_in_the_bucket(target: Target) -> str:
    """The function may write there. The bucket's policy refuses writes that could replace an object."""
    s3, bucket = target.client("s3"), target.outputs["LedgerBucket"]

    def count_hashes() -> int:
        return int(s3.list_objects_v2(Bucket=bucket, Prefix="hashes/").get("KeyCount", 0))

    return f"{wait_for(count_hashes, 300, 'no object')} or more"


CHECKS: tuple[Check, ...] = (
    a_request_without_a_key_is_refused,
    the_first_check_answers_yes,
    the_first_links_are_created,
)
LEDGER: tuple[Check, ...] = (
    a_press_reaches_the_ledger,
    the_hash_of_a_ledger_entry_is_in_the_bucket,
)
