"""The API under `/v1`: routes, authentication, requests and responses in JSON."""
