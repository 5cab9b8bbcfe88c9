"""Real AWS clients that speak to the emulator, whatever this machine's own AWS settings are."""

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
    max_pool_connections=64,  # the front calls from as many threads
    read_timeout=60,
    retries={"mode": "standard", "total_max_attempts": 1},
)


# Where botocore would look in the developer's environment and files, and what it finds instead:
# (name in a file, name in the environment, value, conversion).
_HIDDEN = {
    "profile": (None, None, None, None),
    "config_file": (None, None, "/dev/null", None),
    "credentials_file": (None, None, "/dev/null", None),
    "ca_bundle": (None, None, None, None),
}


def session() -> boto3.Session:
    """A session with the emulator's credentials and nothing of the developer's."""
    plain = BotocoreSession(session_vars=_HIDDEN)
    plain.set_credentials(ACCOUNT, "local")
    return boto3.Session(botocore_session=plain, region_name=REGION)


class Clients:
    """A client of each service that the local stack itself speaks to, made once."""

    def __init__(self, endpoint: str) -> None:
        self._session = session()
        self._endpoint = endpoint

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        """Deploys the template."""
        return self._session.client("cloudformation", endpoint_url=self._endpoint, config=_CONFIG)

    @cached_property
    def s3(self) -> S3Client:
        """Holds the code."""
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
        """Is told that the sender's address is verified, which an operator does by hand; shows its list."""
        return self._session.client("sesv2", endpoint_url=self._endpoint, config=_CONFIG)

    @cached_property
    def sns(self) -> SNSClient:
        """Speaks for SES: bounces and complaints."""
        return self._session.client("sns", endpoint_url=self._endpoint, config=_CONFIG)
