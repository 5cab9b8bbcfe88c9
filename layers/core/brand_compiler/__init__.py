"""Compiles what a marketer edits (layers/brand) into JSON that the functions read.

    build       the command: `python -m brand_compiler.build SOURCE DESTINATION`
    document    TOML with the line of every key
    catalogue   brands, topics, contact ways, policies: read, checked
    lock        what each number has meant since the first release
    texts       the locales: same keys and placeholders in every language
    template    the pages' small markup
    program     a page in a language, as `heed.entrypoints.http.pages.render` runs it

It runs at build time on the standard library alone; no function imports it.
"""
