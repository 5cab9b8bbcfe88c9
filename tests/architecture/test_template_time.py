"""A function's time in template.yaml, and the calls that it may have to wait for."""

from __future__ import annotations

from typing import Any

from heed.adapters.aws import CONFIG
from tests.template import template

_API_WAITS = 30  # seconds; API Gateway's limit for an integration of an HTTP API


def test_an_opt_out_reaches_its_queue_before_the_function_is_cut_off() -> None:
    config: Any = CONFIG  # whose attributes botocore makes up
    call = config.retries["total_max_attempts"] * (config.connect_timeout + config.read_timeout)
    time = template()["Resources"]["UnsubscribeFunction"]["Properties"]["Timeout"]

    assert 3 * call < time < _API_WAITS  # a read, a write, the queue
