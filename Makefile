# Each target a line or two; the work is done by the tools themselves.
SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PYTHONPATH := $(CURDIR):$(CURDIR)/layers/core

.PHONY: help setup run test check lint types unit package bench lock clean

help: ## What there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: $(VENV)/.ready ## Everything that tests and the local stack need, hash-locked, into .venv

$(VENV)/bin/uv: requirements/uv.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	touch $@

$(VENV)/.ready: $(VENV)/bin/uv requirements/dev.txt layers/core/pyproject.toml
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt requirements/uv.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable layers/core
	touch $@

lock: $(VENV)/bin/uv ## Lock every requirement again, with hashes and without addresses
	for name in uv dev emulator sam; do
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header --no-annotate -o requirements/$$name.txt requirements/$$name.in
	done
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate -o layers/core/requirements.txt layers/core/requirements.in

check: lint types unit ## Lint, types, unit tests: under a minute

lint: setup
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

unit: setup
	$(BIN)/pytest -q -m "not system"

clean: ## Remove what was made here
	rm -rf $(VENV) .tools .local .aws-sam build .pytest_cache .mypy_cache .ruff_cache .hypothesis
