"""The timeouts of functions in template.yaml, compared with the duration of their calls."""

from __future__ import annotations

from typing import Any

import pytest

from heed.adapters.aws import CLIENT_CONFIG
from tests.architecture.test_template_api import ROUTES
from tests.support.template import timeout_of

_CONFIG: Any = CLIENT_CONFIG  # botocore creates its attributes at run time
_ATTEMPT = _CONFIG.connect_timeout + _CONFIG.read_timeout
LONGEST_CALL = _CONFIG.retries["total_max_attempts"] * _ATTEMPT
_API_TIMEOUT = 30  # seconds; API Gateway's limit for an integration of an HTTP API


@pytest.mark.parametrize("function", ROUTES)
def test_the_timeout_of_a_function_is_longer_than_its_calls_and_shorter_than_that_of_the_api(
    function: str,
) -> None:
    calls = 3  # a read, a write and a message to the queue
    assert calls * LONGEST_CALL < timeout_of(function) < _API_TIMEOUT
