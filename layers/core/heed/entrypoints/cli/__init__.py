"""The `heed` command, for people and their scripts.

Each command has a module; `commands.py` lists them. `find_stack.py` finds the stack, and `stack.py` gives
access to its parts. Slow imports are inside the functions that need them, so that `heed --help` is fast. Only
`main.py` and `failure.py` work without the extra `cli` of the package.
"""
