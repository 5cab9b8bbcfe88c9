"""A function's time in template.yaml, and the calls that it may have to wait for."""

from __future__ import annotations

from typing import Any

import pytest

from heed.adapters.aws import CLIENT_CONFIG
from tests.architecture.test_template_api import ROUTES
from tests.support.template import time_of

_CONFIG: Any = CLIENT_CONFIG  # whose attributes botocore makes up
_ATTEMPT = _CONFIG.connect_timeout + _CONFIG.read_timeout
LONGEST_CALL = _CONFIG.retries["total_max_attempts"] * _ATTEMPT
_API_WAITS = 30  # seconds; API Gateway's limit for an integration of an HTTP API


@pytest.mark.parametrize("function", ROUTES)
def test_whoever_asks_is_answered_before_the_function_is_cut_off(function: str) -> None:
    a_read_a_write_the_queue = 3
    assert a_read_a_write_the_queue * LONGEST_CALL < time_of(function) < _API_WAITS
