"""The desk: the pages for agents and privacy officers who use neither the API nor the command line."""
