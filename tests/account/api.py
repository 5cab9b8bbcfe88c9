"""The API under /v1 with its first key, and what becomes of a press in the ledger."""

from __future__ import annotations

from tests.account import web
from tests.account.checking import Check, Unexpected, check, soon
from tests.account.links import ONE_CLICK
from tests.account.target import Target
from tests.account.web import FORM

_CHALLENGE = "WWW-Authenticate"
_REMAPPED = "x-amzn-Remapped-WWW-Authenticate"  # the name that API Gateway gives it, at least in REST APIs


@check(f"401, application/problem+json, with {_CHALLENGE} or API Gateway's own name for it")
def without_a_key_nothing_is_answered(target: Target) -> str:
    """Nobody knows yet which of the two an HTTP API sends; clients go by the status."""
    answer = web.ask("POST", f"{target.api}/v1/check", {}, b"{}")
    found = [name for name in (_CHALLENGE, _REMAPPED) if name in answer.headers]
    seen = f"{answer}, {', '.join(found) or 'no challenge'}"
    is_problem = answer.headers.get_content_type() == "application/problem+json"
    if answer.status != 401 or not is_problem or not found:
        raise Unexpected(seen)
    return seen


@check("yes, with the reason ok, of somebody nobody ever spoke of")
def the_first_check_says_yes(target: Target) -> str:
    """With a key made a moment before: the first that this run needs."""
    result = target.verdict(target.person("first"))
    seen = f"sendable {result['sendable']}, {result['reason']}"
    if (result["sendable"], result["reason"]) != (True, "ok"):
        raise Unexpected(seen)
    return seen


@check("links on the stack's own host, and the two headers of RFC 8058")
def the_first_links_are_minted(target: Target) -> str:
    """With a custom domain they stand on that, which `ApiUrl` names too."""
    link = target.link(target.person("links"))
    headers = link["headers"]
    is_ours = str(link["unsubscribe_url"]).startswith(f"{target.api}/u/")
    if not is_ours or headers.get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click":
        raise Unexpected(f"another host, or the headers {sorted(headers)}")
    return f"{target.api}/u/…, {', '.join(sorted(headers))}"


@check("within five minutes one entry, with the source one-click")
def a_press_reaches_the_ledger(target: Target) -> str:
    """Table, stream, function, table; the API gives the ledger's entries of a person."""
    link = target.link(target.person("ledger"))
    web.ask("POST", link["unsubscribe_url"], {"Content-Type": FORM}, ONE_CLICK)

    def history() -> list[dict[str, str]]:
        answer = target.post("/v1/recipients/lookup", {"recipient": link["recipient"]})
        if answer.status != 200:
            raise Unexpected(f"{answer} from /v1/recipients/lookup")
        entries: list[dict[str, str]] = answer.json()["history"]
        return entries

    entries = soon(history, 300, "no entry")
    sources = [entry["source"] for entry in entries]
    if sources != ["one-click"]:
        raise Unexpected(f"entries with the sources {sources}")
    return "1 entry, one-click"


@check("within five minutes an object under hashes/")
def what_the_ledger_entered_is_hashed_into_the_bucket(target: Target) -> str:
    """The function may write there, through a policy that refuses what could lie over another."""
    s3, bucket = target.client("s3"), target.outputs["LedgerBucket"]

    def hashes() -> int:
        return int(s3.list_objects_v2(Bucket=bucket, Prefix="hashes/").get("KeyCount", 0))

    return f"{soon(hashes, 300, 'no object')} or more"


CHECKS: tuple[Check, ...] = (
    without_a_key_nothing_is_answered,
    the_first_check_says_yes,
    the_first_links_are_minted,
)
LEDGER: tuple[Check, ...] = (
    a_press_reaches_the_ledger,
    what_the_ledger_entered_is_hashed_into_the_bucket,
)
