"""Sends mail through SES.

Mail is sent under a configuration set that ignores the SES list. Otherwise SES would silently drop a mail to
a listed address.
"""

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

_PERMANENT_ERRORS = ("MessageRejected", "BadRequestException")
_CONNECTION_ERRORS = (ConnectTimeoutError, EndpointConnectionError)


class SesMailer(Mailer):
    """Implements the port Mailer with SES.

    Args:
        client: SES v2 client that makes no retries. A retry could send a second mail.
        configuration_set: Name of the configuration set.
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
            raise _to_mail_error(error) from error
        except _CONNECTION_ERRORS as error:
            raise MailNotSent(error_code(error)) from error
        except FAILURES as error:
            if is_invalid_request(error):
                raise
            raise MailUncertain(error_code(error)) from error


def _to_mail_error(error: ClientError) -> Exception:
    """Converts an error response from SES.

    SES uses the same code for an invalid recipient and for a sender that is not verified. The second can be
    corrected, so the message is retried. The alarm on the age of the queue reports it.
    """
    message = str(error.response.get("Error", {}).get("Message", ""))
    if error_code(error) in _PERMANENT_ERRORS and "not verified" not in message:
        return MailRefused(error_code(error))
    if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
        return MailUncertain(error_code(error))
    return MailNotSent(error_code(error))
