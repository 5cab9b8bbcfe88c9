"""AWS clients that talk to the emulator and ignore the AWS settings of this machine."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.session import Session as BotocoreSession

from local.places import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient

_CONFIG = Config(
    proxies={},
    max_pool_connections=64,  # the HTTP front uses as many threads
    read_timeout=60,
    retries={"mode": "standard", "total_max_attempts": 1},
)


# Settings that botocore must not read from the developer's environment and files:
# (name in a file, name in the environment, value, conversion).
_HIDDEN = {
    "profile": (None, None, None, None),
    "config_file": (None, None, "/dev/null", None),
    "credentials_file": (None, None, "/dev/null", None),
    "ca_bundle": (None, None, None, None),
}


def make_session() -> boto3.Session:
    """Returns a session with the emulator's credentials and without the developer's settings."""
    botocore_session = BotocoreSession(session_vars=_HIDDEN)
    botocore_session.set_credentials(ACCOUNT, "local")
    return boto3.Session(botocore_session=botocore_session, region_name=REGION)


def _client(service: str) -> cached_property[Any]:
    return cached_property(lambda clients: clients.make_client(service))


class Clients:
    """AWS clients for the services that the local stack itself calls. Each is created once."""

    def __init__(self, endpoint: str) -> None:
        client: Callable[..., Any] = make_session().client
        self.make_client = partial(client, endpoint_url=endpoint, config=_CONFIG)

    cloudformation: cached_property[CloudFormationClient] = _client("cloudformation")
    """Deploys the template."""

    s3: cached_property[S3Client] = _client("s3")
    """Stores the code, and inbound mails as SES does."""

    lambda_: cached_property[LambdaClient] = _client("lambda")
    """Calls the functions."""

    dynamodb: cached_property[DynamoDBClient] = _client("dynamodb")
    """Shows the tables."""

    cognito: cached_property[CognitoIdentityProviderClient] = _client("cognito-idp")
    """Creates the people who sign in to the desk, as an administrator does."""

    sesv2: cached_property[SESV2Client] = _client("sesv2")
    """Marks the sender's address as verified, as an operator does, and shows the SES list."""

    sns: cached_property[SNSClient] = _client("sns")
    """Publishes bounces, complaints and notices about inbound mail, as SES does."""

    secretsmanager: cached_property[SecretsManagerClient] = _client("secretsmanager")
    """Reads the secret of webhooks."""

    scheduler: cached_property[Any] = _client("scheduler")
    """Lists the schedules of functions."""
