"""Mail through SES, under a configuration set without suppression: SES's list would drop it in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError

from heed.adapters.aws import FAILURES, error_code, is_invalid_request
from heed.domain.errors import MailNotSent, MailRefused, MailUncertain
from heed.domain.recipients.recipient import MESSAGE_TAG
from heed.override import override
from heed.use_cases.ports.opt_in import Mailer

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

_NEVER = ("MessageRejected", "BadRequestException")
_NEVER_CONNECTED = (ConnectTimeoutError, EndpointConnectionError)


class SesMailer(Mailer):
    """Serves the port Mailer.

    Args:
        client: of SES v2, one that repeats no call by itself: a repeated call is a second mail.
        configuration_set: name of the set.
    """

    def __init__(self, client: SESV2Client, configuration_set: str) -> None:
        self._client = client
        self._configuration_set = configuration_set

    @override
    def send(self, address: str, recipient: str, message: bytes) -> None:
        try:
            self._client.send_email(
                Destination={"ToAddresses": [address]},
                Content={"Raw": {"Data": message}},
                ConfigurationSetName=self._configuration_set,
                EmailTags=[{"Name": MESSAGE_TAG, "Value": recipient}],
            )
        except ClientError as error:
            raise _meaning(error) from error
        except _NEVER_CONNECTED as error:
            raise MailNotSent(error_code(error)) from error
        except FAILURES as error:
            if is_invalid_request(error):
                raise
            raise MailUncertain(error_code(error)) from error


def _meaning(error: ClientError) -> Exception:
    """What SES's answer means.

    A sender that is not verified is rejected as a bad recipient is, yet mends: the queue's age tells of it.
    """
    text = str(error.response.get("Error", {}).get("Message", ""))
    if error_code(error) in _NEVER and "not verified" not in text:
        return MailRefused(error_code(error))
    if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
        return MailUncertain(error_code(error))
    return MailNotSent(error_code(error))
