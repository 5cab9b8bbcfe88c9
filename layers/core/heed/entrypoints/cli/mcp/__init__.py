"""`heed mcp`: a server of the Model Context Protocol (MCP), through which an assistant reads from Heed."""
