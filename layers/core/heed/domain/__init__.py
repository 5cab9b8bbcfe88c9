"""The rules: pure Python, no AWS, no clock, no I/O."""
