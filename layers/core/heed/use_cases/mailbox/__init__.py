"""Records what people request by mail."""
