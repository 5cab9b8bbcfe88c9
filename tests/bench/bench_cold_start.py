"""Cold start of a function compared with a bare boto3 script that makes the same call, in one run.

Each case is a fresh interpreter: import, client, (derive keys, verify a token,) one UpdateItem against a
canned local server. The cases take turns, and the least time of each is compared, because other load only
adds time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from brand_compiler.build import compile_command as build_brand
from heed.domain.links.link_token import LinkToken, TokenPurpose, mint_link_token
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import ScopeNumber
from heed.domain.recipients.recipient import recipient_id
from service_models import write_service_models
from tests.bench.canned import KEY, canned_aws

ROOT = Path(__file__).parents[2]
ROUNDS = int(os.environ.get("ROUNDS", "15"))  # noqa: TID251

BARE = """
import boto3
boto3.client("dynamodb").update_item(
    TableName="t", Key={"id": {"S": "x"}}, UpdateExpression="SET a = :a",
    ExpressionAttributeValues={":a": {"S": "b"}})
"""

HEED = """
import json, os, sys
sys.modules["markupsafe._speedups"] = None  # the layer is without it
from app import handler
event = json.load(open(os.environ["EVENT"]))
class Context:
    aws_request_id = "r"
    def get_remaining_time_in_millis(self): return 9000
answer = handler(event, Context())
assert answer["statusCode"] == int(os.environ["EXPECTED"]), answer
for banned in ("pydantic", "aws_xray_sdk"):
    assert banned not in sys.modules, banned
has_pages_alone = event["rawPath"].startswith("/desk")
assert ("jinja2" in sys.modules) == (has_pages_alone or event["requestContext"]["http"]["method"] == "GET")
"""

USUAL = """
import json, boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from pydantic import BaseModel
logger, metrics, tracer = Logger(), Metrics(namespace="x", service="x"), Tracer(service="x")
class Body(BaseModel):
    a: str
app = APIGatewayHttpResolver()
table = boto3.resource("dynamodb").Table("t")
@app.post("/u/<token>")
def go(token: str):
    table.update_item(Key={"id": "x"}, UpdateExpression="SET a = :a",
                      ExpressionAttributeValues={":a": Body(a="b").a})
    return {}
class Context:
    aws_request_id = function_name = invoked_function_arn = "r"
    memory_limit_in_mb = 128
import os
answer = app.resolve(json.load(open(os.environ["EVENT"])), Context())
assert answer["statusCode"] == 200, answer
"""


def main() -> int:
    """Measures and prints."""
    from tests.support.deployment import NOW, http_event

    work = ROOT / "build" / "bench"
    work.mkdir(parents=True, exist_ok=True)
    assert build_brand([str(ROOT / "layers" / "brand"), str(work / "brand")]) == 0
    write_service_models(work / "service_models")
    recipient = recipient_id(KEY, "reader@example.com")
    cases = {}
    with canned_aws() as endpoint:
        common = {
            "PATH": os.environ["PATH"],  # noqa: TID251
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "y",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "POWERTOOLS_TRACE_DISABLED": "true",
            "POWERTOOLS_METRICS_NAMESPACE": "Heed/bench",
            "POWERTOOLS_SERVICE_NAME": "bench",
        }
        one_click = {"List-Unsubscribe": "One-Click"}
        events = {
            "unsubscribe": ("POST", "u", TokenPurpose.UNSUBSCRIBE, one_click, "200"),
            "unsubscribe: a page": ("GET", "u", TokenPurpose.UNSUBSCRIBE, None, "200"),
            "preferences": ("POST", "p", TokenPurpose.PREFERENCES, {"all": "out"}, "303"),
            "preferences: a page": ("GET", "p", TokenPurpose.PREFERENCES, None, "200"),
        }
        desk = {
            "desk: a page": (http_event("GET", "/desk", headers={"cookie": "__Host-desk=x"}), "200"),
            "desk: a sign-in": (http_event("GET", "/desk/sign-in"), "303"),
        }
        cases["bare boto3"] = (BARE, common)
        for name, (method, letter, purpose, form, expected) in events.items():
            token = mint_link_token(
                LinkToken(recipient, ScopeNumber(2), Millis(NOW - 86_400_000), 1), purpose, KEY
            )
            function = name.partition(":")[0]
            path = work / f"{len(cases)}.json"
            path.write_text(_json(http_event(method, f"/{letter}/{token}", form=form)))
            cases[name] = (
                HEED,
                {
                    **common,
                    "PYTHONPATH": f"{ROOT / 'layers' / 'core'}:{ROOT / 'functions' / function}",
                    "AWS_LAMBDA_FUNCTION_NAME": function,
                    "PREFERENCES_TABLE": "Preferences",
                    "LINKS_KEY": "k",
                    "BRAND_DIR": str(work / "brand"),
                    "SERVICE_MODELS_DIR": str(work / "service_models"),
                    "EVENT": str(path),
                    "EXPECTED": expected,
                },
            )
        for name, (event, expected) in desk.items():
            path = work / f"{len(cases)}.json"
            path.write_text(_json(event))
            cases[name] = (
                HEED,
                {
                    **common,
                    "PYTHONPATH": f"{ROOT / 'layers' / 'core'}:{ROOT / 'functions' / 'desk'}",
                    "AWS_LAMBDA_FUNCTION_NAME": "desk",
                    "CONTROL_TABLE": "Control",
                    "PREFERENCES_TABLE": "Preferences",
                    "LEDGER_TABLE": "Ledger",
                    "IDENTITY_KEY": "k",
                    "LINKS_KEY": "k",
                    "DESK_ISSUER": endpoint,
                    "DESK_CLIENT_ID": "desk",
                    "DESK_GROUPS_CLAIM": "groups",
                    "BRAND_DIR": str(work / "brand"),
                    "SERVICE_MODELS_DIR": str(work / "service_models"),
                    "EVENT": str(path),
                    "EXPECTED": expected,
                },
            )
        cases["the usual stack"] = (USUAL, {**common, "EVENT": str(work / "1.json")})
        taken: dict[str, list[float]] = {name: [] for name in cases}
        for turn in range(ROUNDS + 1):
            for name, (script, environment) in cases.items():
                began = time.perf_counter()
                subprocess.run(
                    [sys.executable, "-c", script],
                    env=environment,
                    check=True,
                    stdout=subprocess.DEVNULL,
                )
                if turn:  # the first run compiles
                    taken[name].append(time.perf_counter() - began)
    base = min(taken["bare boto3"])
    print(f"cold start, {ROUNDS} rounds           ms   x bare boto3   (limit)")
    limits = {
        "unsubscribe": "0.88",
        "preferences": "1.25",
        "preferences: a page": "1.25",
        "desk: a page": "1.60",
        "desk: a sign-in": "1.60",
    }
    for name, times in taken.items():
        least = min(times)
        print(f"  {name:<24} {least * 1e3:8.0f} {least / base:10.2f}     {limits.get(name, '')}")
    return 0


def _json(event: object) -> str:
    import json

    return json.dumps(event)


if __name__ == "__main__":
    sys.exit(main())
