from __future__ import annotations

import pytest

from local.aws import Clients


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AWS_PROFILE", "of-the-developer"),
        ("AWS_CONFIG_FILE", "/nowhere/config"),
        ("AWS_CA_BUNDLE", "/nowhere/bundle.pem"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "a real one"),
    ],
)
def test_the_developers_aws_settings_are_ignored(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)

    client = Clients("http://127.0.0.1:4566").s3

    assert client.meta.endpoint_url == "http://127.0.0.1:4566"
    assert client.meta.region_name == "us-east-1"
    assert client._request_signer._credentials.access_key == "000000000000"  # type: ignore[attr-defined]
