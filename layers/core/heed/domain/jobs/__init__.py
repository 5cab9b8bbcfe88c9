"""Jobs: bulk work on files, such as the import of an old list."""
