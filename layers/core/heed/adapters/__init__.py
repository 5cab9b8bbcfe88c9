"""Adapters: the implementations of the ports with AWS."""
