from __future__ import annotations

import pytest

from heed.entrypoints.inbound_mail.parameters import parse_parameter_field


@pytest.mark.parametrize(
    ("value", "name", "text"),
    [
        ("text/plain; charset=utf-8", "charset", "utf-8"),
        ('text/plain;CHARSET = "utf-8" ; format=flowed', "charset", "utf-8"),
        ('multipart/mixed; boundary="a;b=c\\"d"', "boundary", 'a;b=c"d'),
        ("multipart/mixed; boundary=a; boundary=b", "boundary", "a"),
        ("attachment; filename=my file.pdf", "filename", "my file.pdf"),
        ('attachment; filename="my file.pdf', "filename", "my file.pdf"),
        ("attachment; filename*=utf-8'de'M%C3%A4rz.pdf", "filename", "März.pdf"),
        ("attachment; filename*=iso-8859-1''M%E4rz.pdf; filename=x", "filename", "März.pdf"),
        ("attachment; filename*1*=%A4rz; filename*2=.pdf; filename*0*=utf-8''M%C3", "filename", "März.pdf"),
        ("attachment; filename*0=M; filename*1=ay", "filename", "May"),
        ("attachment; filename*=a; filename*1=b; filename*=c", "filename", "acb"),
        ("attachment; filename*x=a; =b; ;; filename", "filename", ""),
        ("attachment; filename*99999=a", "filename", ""),
        ("", "filename", ""),
    ],
)
def test_a_parameter_is_read(value: str, name: str, text: str) -> None:
    assert parse_parameter_field(value).get(name) == text


@pytest.mark.parametrize("value", ["Text/HTML ; charset=x", "text/html"])
def test_the_word_before_the_parameters_is_in_lower_case(value: str) -> None:
    assert parse_parameter_field(value).word == "text/html"
