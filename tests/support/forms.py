"""Forms as browsers send them, and bodies that are not valid forms."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

from heed.entrypoints.http.forms import MAX_FIELD_BYTES

MAX_FIELDS = 62  # fields: the limit of the sample brand, which has six topics
URLENCODED = "application/x-www-form-urlencoded"


def multipart(fields: list[tuple[str, str]], boundary: str = "----WebKitFormBoundaryq7") -> bytes:
    parts = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields
    )
    return ("".join(parts) + f"--{boundary}--\r\n").encode()


def multipart_type(boundary: str = "----WebKitFormBoundaryq7") -> str:
    return f"multipart/form-data; boundary={boundary}"


def unreadable_bodies(value: str) -> dict[str, tuple[bytes, str]]:
    """Returns bodies that are not valid forms, each with its content type. `scope` has this value in each."""
    fields = [("x", "y"), ("scope", value)]
    plain = urlencode(fields).encode()
    return {
        "too many fields": (urlencode([("x", "y")] * MAX_FIELDS + fields).encode(), URLENCODED),
        "too many parts": (multipart([("x", "y")] * MAX_FIELDS + fields), multipart_type()),
        "too long": (
            urlencode([("x", "y" * MAX_FIELDS * MAX_FIELD_BYTES), *fields]).encode(),
            URLENCODED,
        ),
        "a multipart form without its boundary": (multipart(fields), "multipart/form-data"),
        "an empty boundary": (multipart(fields), 'multipart/form-data; boundary=""'),
        "another boundary": (multipart(fields), multipart_type("other")),
        "the beginning of the boundary": (multipart(fields), multipart_type("----WebKit")),
        "a boundary longer than any may be": (multipart(fields, "b" * 71), multipart_type("b" * 71)),
        "a header longer than any may be": (multipart(fields), f"{multipart_type()}; x={'y' * 1_024}"),
        "multipart with the content type of urlencoded": (multipart(fields), URLENCODED),
        "multipart without a content type": (multipart(fields), ""),
        "urlencoded with the content type of multipart": (plain, multipart_type()),
        "another type": (plain, "text/plain"),
        "plain text": (f"x=y\r\nscope={value}\r\n".encode(), "text/plain"),
        "JSON": (json.dumps(dict(fields)).encode(), "application/json"),
        "JSON with spaces and the content type of urlencoded": (
            json.dumps(dict(fields)).encode(),
            URLENCODED,
        ),
        "JSON with the content type of urlencoded": (f'{{"x":"a=b","scope":"{value}"}}'.encode(), URLENCODED),
        "UTF-16": (plain.decode().encode("utf-16"), URLENCODED),
        "multipart in UTF-16": (multipart(fields).decode().encode("utf-16"), multipart_type()),
        "a percent sign that encodes nothing": (plain + b"&y=100%", URLENCODED),
        "bytes that are not text": (plain + b"&y=%ff", URLENCODED),
        "a part that is not text": (multipart(fields).replace(b"\ny", b"\n\xff"), multipart_type()),
        "control characters": (plain + b"&y=%1b", URLENCODED),
        "an empty name": (plain + b"&=y", URLENCODED),
        "a field without a value": (plain + b"&y", URLENCODED),
        "everything percent-encoded": (quote(plain, safe="").encode(), URLENCODED),
        "truncated multipart": (multipart([*fields, ("z", "z")])[:-40], multipart_type()),
        "multipart without its end": (multipart(fields).rsplit(b"\r\n--", 1)[0], multipart_type()),
        "text before the first part": (b"hello\r\n" + multipart(fields), multipart_type()),
        "text after the last part": (multipart(fields) + b"hello", multipart_type()),
        "a part without a name": (multipart(fields).replace(b'; name="x"', b""), multipart_type()),
        "a part without headers": (multipart(fields).replace(b"Content-", b"\r\n", 1), multipart_type()),
        "headers longer than any may be": (multipart([("x" * 1_024, "y"), *fields]), multipart_type()),
        "a part with a transfer encoding": (
            multipart(fields).replace(b"\r\n\r\ny", b"\r\nContent-Transfer-Encoding: base64\r\n\r\ny"),
            multipart_type(),
        ),
        "line ends of another kind": (multipart(fields).replace(b"\r", b""), multipart_type()),
        "a part within a part": (
            multipart([("a", "b")]).replace(
                b'Content-Disposition: form-data; name="a"\r\n\r\nb',
                b"Content-Type: multipart/mixed; boundary=in\r\n\r\n" + multipart(fields, "in"),
            ),
            multipart_type(),
        ),
    }
