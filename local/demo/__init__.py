"""The demo: what happens to a stack within some months, before `make demo` hands it over."""
