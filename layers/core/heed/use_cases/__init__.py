"""The use cases. Each file states one of them in terms of the domain and the ports."""
