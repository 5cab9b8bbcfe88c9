"""Forms as browsers send them, and bodies that are none."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

from heed.entrypoints.http.forms import MAX_FIELD_BYTES

MOST = 62  # fields: the limit of the sample brand, which has six topics
URLENCODED = "application/x-www-form-urlencoded"


def multipart(fields: list[tuple[str, str]], boundary: str = "----WebKitFormBoundaryq7") -> bytes:
    parts = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields
    )
    return ("".join(parts) + f"--{boundary}--\r\n").encode()


def typed(boundary: str = "----WebKitFormBoundaryq7") -> str:
    return f"multipart/form-data; boundary={boundary}"


def unreadable(value: str) -> dict[str, tuple[bytes, str]]:
    """Bodies that are no form as a whole, each with its content type; `scope` has this value in each."""
    wanted = [("x", "y"), ("scope", value)]
    plain = urlencode(wanted).encode()
    return {
        "too many fields": (urlencode([("x", "y")] * MOST + wanted).encode(), URLENCODED),
        "too many parts": (multipart([("x", "y")] * MOST + wanted), typed()),
        "too long": (
            urlencode([("x", "y" * MOST * MAX_FIELD_BYTES), *wanted]).encode(),
            URLENCODED,
        ),
        "a multipart form without its boundary": (multipart(wanted), "multipart/form-data"),
        "an empty boundary": (multipart(wanted), 'multipart/form-data; boundary=""'),
        "another boundary": (multipart(wanted), typed("other")),
        "the beginning of the boundary": (multipart(wanted), typed("----WebKit")),
        "a boundary longer than any may be": (multipart(wanted, "b" * 71), typed("b" * 71)),
        "a header longer than any may be": (multipart(wanted), f"{typed()}; x={'y' * 1_024}"),
        "multipart said to be urlencoded": (multipart(wanted), URLENCODED),
        "multipart that nothing names": (multipart(wanted), ""),
        "urlencoded said to be multipart": (plain, typed()),
        "another type": (plain, "text/plain"),
        "plain text": (f"x=y\r\nscope={value}\r\n".encode(), "text/plain"),
        "JSON": (json.dumps(dict(wanted)).encode(), "application/json"),
        "JSON with spaces, said to be urlencoded": (json.dumps(dict(wanted)).encode(), URLENCODED),
        "JSON said to be urlencoded": (f'{{"x":"a=b","scope":"{value}"}}'.encode(), URLENCODED),
        "UTF-16": (plain.decode().encode("utf-16"), URLENCODED),
        "multipart in UTF-16": (multipart(wanted).decode().encode("utf-16"), typed()),
        "a percent sign that encodes nothing": (plain + b"&y=100%", URLENCODED),
        "bytes that are no text": (plain + b"&y=%ff", URLENCODED),
        "a part that is no text": (multipart(wanted).replace(b"\ny", b"\n\xff"), typed()),
        "control characters": (plain + b"&y=%1b", URLENCODED),
        "a name of nothing": (plain + b"&=y", URLENCODED),
        "a field without a value": (plain + b"&y", URLENCODED),
        "everything percent-encoded": (quote(plain, safe="").encode(), URLENCODED),
        "multipart that was cut": (multipart([*wanted, ("z", "z")])[:-40], typed()),
        "multipart without its end": (multipart(wanted).rsplit(b"\r\n--", 1)[0], typed()),
        "something before the first part": (b"hello\r\n" + multipart(wanted), typed()),
        "something behind the last part": (multipart(wanted) + b"hello", typed()),
        "a part without a name": (multipart(wanted).replace(b'; name="x"', b""), typed()),
        "a part without headers": (multipart(wanted).replace(b"Content-", b"\r\n", 1), typed()),
        "headers longer than any may be": (multipart([("x" * 1_024, "y"), *wanted]), typed()),
        "a part that is encoded": (
            multipart(wanted).replace(b"\r\n\r\ny", b"\r\nContent-Transfer-Encoding: base64\r\n\r\ny"),
            typed(),
        ),
        "line ends of another kind": (multipart(wanted).replace(b"\r", b""), typed()),
        "a part within a part": (
            multipart([("a", "b")]).replace(
                b'Content-Disposition: form-data; name="a"\r\n\r\nb',
                b"Content-Type: multipart/mixed; boundary=in\r\n\r\n" + multipart(wanted, "in"),
            ),
            typed(),
        ),
    }
