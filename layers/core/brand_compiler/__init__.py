"""Checks the brand that a marketer edits (layers/brand), and compiles it for the functions.

    build        The command `python -m brand_compiler.build`, which `sam build` runs.
    __main__     The command `python -m brand_compiler`, which `make brand` runs.
    sources      Finds the files of a brand: an adopter's folder has only what differs from the project's.
    fault        Collects all mistakes, so that one build reports them together.
    document     Reads TOML with the line of each key.
    reader       Reads a table of it, and checks the type of each value.
    catalogue    Reads and checks brands, topics, contact details and policies.
    lock         Records the meaning of each number since its first use.
    texts        Reads the locales and checks that all languages have the same texts.
    mail_words   Reads the words by which the mailbox reads mails.
    pages        Compiles the pages, which are templates of Jinja2, to Python.
    expressions  Checks the names that pages and texts use against the views.
    answers      Lists the pages that the build renders.
    style, logo  Read the colours, the style sheet and the logo.
    samples      Each page in each state, for tests and the preview.
    preview      Writes them for a browser.

It runs at build time, and no function imports it.
"""
