"""Use cases about jobs: bulk work on files."""
