"""Compiles the brand that a marketer edits (layers/brand) to JSON for the functions.

    build       The command: `python -m brand_compiler.build SOURCE DESTINATION`.
    document    Reads TOML with the line of each key.
    catalogue   Reads and checks brands, topics, contact details and policies.
    lock        Records the meaning of each number since its first use.
    texts       Reads the locales and checks that all languages have the same texts.
    template    Parses the markup of the pages.
    program     Compiles a page in one language for `heed.entrypoints.http.pages.render`.

It runs at build time and uses only the standard library. No function imports it.
"""
