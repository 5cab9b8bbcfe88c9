"""The settings of the desk that no environment variable can have: a secret, and the pool of the stack."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from heed.adapters.aws import failures_as
from heed.domain.errors import IssuerUnavailable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_ssm import SSMClient

_SECRET_SECONDS = 300


class ClientSecret:
    """The secret of the desk as a client of the issuer, in Secrets Manager.

    It is read again after five minutes, so that a new secret needs no deployment.

    Args:
        client: Client of Secrets Manager.
        arn: ARN of the secret.
        clock: Returns seconds. Only differences matter.
    """

    def __init__(
        self, client: SecretsManagerClient, arn: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._arn = arn
        self._clock = clock
        self._secret = ""
        self._read_at = 0.0

    def __call__(self) -> str:
        """Returns the secret.

        Raises:
            IssuerUnavailable: Secrets Manager did not answer, or its response is incomplete.
        """
        if not self._secret or self._clock() - self._read_at >= _SECRET_SECONDS:
            with failures_as(IssuerUnavailable):
                response = self._client.get_secret_value(SecretId=self._arn)
            if not response.get("SecretString"):  # botocore parses a truncated response as an empty one
                raise IssuerUnavailable("the response is incomplete")
            self._secret, self._read_at = response["SecretString"].strip(), self._clock()
        return self._secret


def read_pool_client(client: SSMClient, name: str) -> tuple[str, str]:
    """Returns the issuer and the id of the client of the pool that the stack made.

    They are in a parameter. As environment variables, the function would need the client, the client the URL
    of the API, and the API the function.

    Args:
        client: Client of Systems Manager.
        name: Name of the parameter.

    Raises:
        IssuerUnavailable: Systems Manager did not answer, or its response is incomplete.
    """
    with failures_as(IssuerUnavailable):
        response = client.get_parameter(Name=name)
    if "Parameter" not in response:  # botocore parses a truncated response as an empty one
        raise IssuerUnavailable("the response is incomplete")
    document = json.loads(response["Parameter"]["Value"])
    return document["issuer"], document["client_id"]
