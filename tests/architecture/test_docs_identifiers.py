"""Each identifier in a document exists: in the code, the template, the API, or a file of the project."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from tests.explanations import FILE as EXPLANATIONS

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *ROOT.glob("docs/**/*.md")]
)
FOLDERS = (
    "clients",
    "docs/examples",
    "events",
    "functions",
    "layers",
    "local",
    "release",
    "requirements",
    "tests",
)
FILES = ("template.yaml", "openapi.yaml", "samconfig.toml", "pyproject.toml", "Makefile")
SUFFIXES = {".py", ".toml", ".json", ".yaml", ".html", ".js", ".mjs", ".sh", ".txt", ".in", ".css"}

EXCEPTIONS = {
    "AWS_DATA_PATH": "a variable of botocore, rejected in 0055",
    "CLOUDFRONT_ORIGIN_FACING": "a name in the list of address ranges of AWS",
    "DescribeActiveReceiptRuleSet": "an operation of SES",
    "DescribeAlarms": "an operation of CloudWatch",
    "DescribeContinuousBackups": "an operation of DynamoDB",
    "DescribeRule": "an operation of EventBridge",
    "DescribeStacks": "an operation of CloudFormation",
    "FEEDBACK_QUEUE_URL": "a placeholder in a command",
    "ForEach": "a function of CloudFormation, rejected in 0053",
    "GetAccount": "an operation of SES",
    "GetAccountSettings": "an operation of Lambda",
    "GetBucketObjectLockConfiguration": "an operation of S3",
    "GetConfigurationSetEventDestinations": "an operation of SES",
    "GetEmailIdentity": "an operation of SES",
    "GetEventSourceMapping": "an operation of Lambda",
    "GetKeyRotationStatus": "an operation of KMS",
    "GetSchedule": "an operation of EventBridge Scheduler",
    "GetSubscriptionAttributes": "an operation of SNS",
    "LanguageExtensions": "a transform of CloudFormation, rejected in 0001",
    "LatestStreamArn": "a member of the answer of DynamoDB",
    "LazyLoader": "a class of Python, rejected in 0055",
    "ListManagementOptions": "a member of a request of SES",
    "ListStackResources": "an operation of CloudFormation",
    "ListSubscriptionsByTopic": "an operation of SNS",
    "ListTenants": "an operation of SES",
    "SuppressionListDestination": "a resource of the SES API",
    "account_id": "a member of a request of Marketing Cloud",
    "aws_cloudformation_stack": "a resource of Terraform",
    "hard_bounces": "a path of Braze's API",
    "invalid_emails": "a path of SendGrid's API",
    "jsonb_to_recordset": "a function of PostgreSQL",
    "log_statement": "a setting of PostgreSQL",
    "per_page": "a parameter of listmonk's API",
    "spam_reports": "a path of SendGrid's and of Customer.io's API",
    "use_rfc3339": "an option of Powertools, rejected in 0050",
}
"""Names that are not in the project, each with the reason."""
COMPOSED = {"metrics.md"}
"""Pages whose names the code composes. tests/architecture/test_docs.py compares them."""

_IDENTIFIER = re.compile(
    r"_?[a-z][a-z0-9]*(?:_[a-z0-9]+)+|_?(?:[A-Z][a-z0-9]+){2,}|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+"
)
_WORD = re.compile(r"\w+")


@functools.cache
def known_names() -> set[str]:
    """Returns every word of the code and of the contracts, and the name of each file and folder."""
    paths = [
        path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if "node_modules" not in path.parts
    ]
    left_out = (Path(__file__), EXPLANATIONS)
    sources = [p for p in paths if p.suffix in SUFFIXES and p.is_file() and p not in left_out]
    words = {path.stem for path in paths} | {path.name for path in paths}
    for source in [*sources, *(ROOT / file for file in FILES)]:
        words.update(_WORD.findall(source.read_text(encoding="utf-8")))
    return words


def identifiers(text: str) -> set[str]:
    """Returns the identifiers in the backquotes of a page: snake_case, CamelCase and constants."""
    without_blocks = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", without_blocks)
    parts = (part for span in spans for part in re.split(r"[^\w]+", span))
    return {part for part in parts if _IDENTIFIER.fullmatch(part)}


def test_each_identifier_in_a_document_exists() -> None:
    unknown = {
        f"{page.relative_to(ROOT)}: {name}"
        for page in PAGES
        if page.name not in COMPOSED
        for name in identifiers(page.read_text(encoding="utf-8")) - known_names() - EXCEPTIONS.keys()
    }
    assert not unknown, f"rename them, or add them to EXCEPTIONS with a reason: {sorted(unknown)}"


def test_each_exception_is_necessary() -> None:
    named = set().union(*(identifiers(page.read_text(encoding="utf-8")) for page in PAGES))
    assert not EXCEPTIONS.keys() - (named - known_names())


def test_an_unknown_identifier_is_found() -> None:
    text = "`stop_changes`, `Record.lost_member`, `GoneClass`, `OLD_LIMIT` and `heed`, but not lost_word"
    assert identifiers(text) == {"stop_changes", "lost_member", "GoneClass", "OLD_LIMIT"}
