"""The `heed` command: an entrance beside the functions, for people and their scripts.

One command a module, listed in `commands.py`; `finding.py` knows where a stack is, `stack.py` how its
parts are reached. What is heavy is imported where it is needed, so that `heed --help` is quick.
"""
