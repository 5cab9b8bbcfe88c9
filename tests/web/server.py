"""Serves the sample views on this machine, with the headers of the real pages."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from heed.edge.pages import Pages
from tests.pages import LANGUAGES, catalogue, render, samples


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Address of the site and the path of every page; `/{language}/{sample}`.

    A form's post is answered with the page that would follow it: the landing page's with the done
    page, any other with the saved preference centre.
    """
    pages = Pages(folder)
    topics = catalogue(folder)["topics"]
    html = {
        f"/{language}/{name}": (language, render(pages, page, view))
        for language in LANGUAGES
        for name, (page, view) in samples(language, topics).items()
    }

    class Handler(BaseHTTPRequestHandler):
        """The pages, and nothing else."""

        def do_GET(self) -> None:
            self._answer(urlsplit(self.path).path)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            path = urlsplit(self.path).path
            landing = path.startswith("/en/landing")
            self._answer("/en/done" if landing else "/en/preferences-saved")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Nothing: what is served here is in the test's own output."""

        def _answer(self, path: str) -> None:
            language, page = html.get(path, ("en", ""))
            body = page.encode()
            self.send_response(200 if page else 404)
            for name, value in pages.headers(language).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", list(html)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
