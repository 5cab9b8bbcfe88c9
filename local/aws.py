"""AWS clients that talk to the emulator and ignore the AWS settings of this machine."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.session import Session as BotocoreSession

from local.places import ACCOUNT, REGION

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
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


class Clients:
    """AWS clients for the services that the local stack itself calls. Each is created once."""

    def __init__(self, endpoint: str) -> None:
        self._session = make_session()
        self._endpoint = endpoint

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        """Deploys the template."""
        return self._session.client("cloudformation", endpoint_url=self._endpoint, config=_CONFIG)

    @cached_property
    def s3(self) -> S3Client:
        """Stores the code."""
        return self._session.client("s3", endpoint_url=self._endpoint, config=_CONFIG)

    @cached_property
    def lambda_(self) -> LambdaClient:
        """Calls the functions."""
        return self._session.client("lambda", endpoint_url=self._endpoint, config=_CONFIG)

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """Shows the tables."""
        return self._session.client("dynamodb", endpoint_url=self._endpoint, config=_CONFIG)

    @cached_property
    def sesv2(self) -> SESV2Client:
        """Marks the sender's address as verified, as an operator does, and shows the SES list."""
        return self._session.client("sesv2", endpoint_url=self._endpoint, config=_CONFIG)

    @cached_property
    def sns(self) -> SNSClient:
        """Publishes bounces and complaints, as SES does."""
        return self._session.client("sns", endpoint_url=self._endpoint, config=_CONFIG)
