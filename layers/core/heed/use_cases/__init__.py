"""The use cases. Each file contains one of them, or a few of one topic. They use the domain and the ports."""
