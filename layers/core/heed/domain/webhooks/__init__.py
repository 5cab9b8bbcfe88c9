"""Webhooks: events of the bus as signed HTTP requests to a system of the company."""
