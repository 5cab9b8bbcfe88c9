"""An SMTP server on this machine that keeps the messages as they arrive, byte by byte."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class SmtpReceiver:
    """Receives mail.

    Attributes:
        port: The port on 127.0.0.1.
        messages: The messages that arrived, with the ends of lines of SMTP.
    """

    port: int
    messages: list[bytes] = field(default_factory=list)


@contextmanager
def receiving_mail() -> Iterator[SmtpReceiver]:
    """Receives mail while the block runs. The server has no extension of SMTP."""

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 receiver\r\n")
            for line in self.rfile:
                command = line[:4].strip().upper()
                if command == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    receiver.messages.append(b"".join(self._lines()))
                self.wfile.write(b"221 bye\r\n" if command == b"QUIT" else b"250 ok\r\n")

        def _lines(self) -> Iterator[bytes]:
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                yield line.removeprefix(b".") if line.startswith(b"..") else line

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        receiver = SmtpReceiver(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
