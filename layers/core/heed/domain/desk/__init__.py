"""Who works at the desk, the web page for agents and privacy officers."""
