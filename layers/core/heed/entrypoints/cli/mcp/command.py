"""`heed mcp`: lets an assistant read from Heed."""

from __future__ import annotations

import sys

from heed.entrypoints.cli.command import command
from heed.entrypoints.cli.failure import Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.options import CommonOptions, common_options


@command("mcp", "heed mcp", "heed mcp --stack heed")
@common_options
def serve_mcp(common: CommonOptions) -> Exit:
    """Let an assistant read from Heed, by the Model Context Protocol.

    An assistant starts this command and talks to it by standard input and output (docs/mcp.md). The tools
    check, look up, explain, report deadlines and read cases. None of them records, lifts or erases. Give the
    assistant an API key of its own, with the scopes check and read.
    """
    from heed.entrypoints.cli.mcp.server import make_server, serve

    server = make_server(find_stack(common.stack))
    if sys.stdin.isatty():
        print("An assistant starts this command (docs/mcp.md); end with Ctrl-D", file=sys.stderr)
    serve(server)
    return Exit.YES
