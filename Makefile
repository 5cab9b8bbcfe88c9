# A target has few lines. The tools do the work.
ifeq ($(filter oneshell,$(.FEATURES)),)
  $(error Heed needs GNU make 4; this one is $(MAKE_VERSION). On macOS: brew install make, then call it gmake)
endif
SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
AWS_PORT ?= 4566
export PYTHONPATH := $(CURDIR):$(CURDIR)/layers/core
# Compiled tests are kept, whatever the shell says: compiling them takes longer than most of them.
export PYTHONDONTWRITEBYTECODE :=

# The folder of your brand (docs/brand.md). Without it, the brand is the sample of the project. Tests have the sample.
# abspath takes a space for the end of a name.
empty :=
space := $(empty) $(empty)
override export BRAND := $(subst |,$(space),$(abspath $(subst $(space),|,$(BRAND))))

.PHONY: help setup run demo brand test test-all check lint types quick unit oldest system browser iam steady soak load \
  campaign bench bench-bulk lock build package release deploy chosen-brand account destroy clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: $(VENV)/.ready ## Install everything that tests and the local stack need into .venv, with hashes

$(VENV)/bin/uv: requirements/uv.txt
	@$(PYTHON) -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
	  echo "Heed needs Python 3.11 or newer with its venv module; $(PYTHON) is not that. Name one: make PYTHON=/path/to/python3.11" >&2
	  exit 1
	}
	echo "Making .venv (once) …"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt || {
	  echo "The setup needs a network, or a package index that has what requirements/uv.txt lists" >&2
	  exit 1
	}
	touch $@

$(VENV)/.ready: $(VENV)/bin/uv requirements/dev.txt layers/core/pyproject.toml
	@echo "Installing what requirements/dev.txt lists into .venv (once) …"
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt requirements/uv.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable layers/core
	touch $@

run: setup ## Run the whole stack on this machine until Ctrl-C (PORT=8000, AWS_PORT=4566, BRAND=, WEBHOOK_URL=)
	@exec $(BIN)/python -m local --port $(PORT) --aws-port $(AWS_PORT) $(if $(BRAND),--brand "$(BRAND)") \
	  $(if $(WEBHOOK_URL),--webhook-url "$(WEBHOOK_URL)")

demo: setup ## The same with six months of 300 invented people, which take about two minutes (PEOPLE=, WEEKS=)
	@exec $(BIN)/python -m local --port $(PORT) --aws-port $(AWS_PORT) $(if $(BRAND),--brand "$(BRAND)") \
	  --demo $(if $(PEOPLE),--people $(PEOPLE)) $(if $(WEEKS),--weeks $(WEEKS))

brand: setup ## Start, check, lock and show your brand: BRAND= is its folder
	@$(BIN)/python -m brand_compiler layers/brand $(if $(BRAND),"$(BRAND)") --preview build/brand

lock: $(VENV)/bin/uv ## Lock every requirement again, with hashes and without addresses
	for name in uv dev emulator oldest fastfilter release sam; do
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header --no-annotate -o requirements/$$name.txt requirements/$$name.in
	done
	for layer in core desk; do
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header --no-annotate -o layers/$$layer/requirements.txt layers/$$layer/requirements.in
	done

check: lint types quick ## Run the linter, the type checker and the quick tests: a minute on two cores

lint: setup
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

CALLS := build/calls
# Tests of these folders emulate AWS, or compile a brand.
SLOW := adapters brand_compiler functions simulation

quick: setup ## Run the unit tests that take milliseconds, with few examples of each property
	$(BIN)/pytest -q -n auto --dist worksteal -m "not system" --quick $(SLOW:%=--ignore=tests/%)

unit: setup ## Run the tests that need nothing but Python
	rm -rf $(CALLS)
	$(BIN)/pytest -q -n auto --dist worksteal -m "not system" $(FULL) $(RECORD)

NODE_PACKAGES := $(patsubst %,tests/%/node_modules/.ready,web iam integrating)

# Two steps run at once, since most leave a core idle; the longest start first. Each prints its output when it ends.
# What they need is installed before, one after the other: a step that waits for it would start last.
test: lint $(NODE_PACKAGES) .tools/fastfilter/.ready ## Run all that CI runs: unit tests, local stack, IAM, browser, build: ten minutes on two cores
	@echo "Two steps run at a time. Each prints what it did when it ends: the first after some minutes."
	$(MAKE) --no-print-directory --jobs=2 --output-sync=target FULL=$(FULL) RECORD=--calls=$(CALLS) \
	  system browser unit types iam package

test-all: FULL := --full
test-all: test steady oldest release ## Run every test in full, before an issue is resolved

steady: setup ## Run the unit tests on three other days, in other time zones, on a busy machine
	$(BIN)/python -m tests.steady

oldest: setup .tools/oldest/.ready ## Run the tests of adapters and functions on the oldest supported botocore
	$(BIN)/python -m service_models build/service_models
	.tools/oldest/bin/python -m pytest -q -n auto --dist worksteal -m "not system" --quick \
	  --service-models=build/service_models tests/adapters tests/functions

.tools/oldest/.ready: $(VENV)/bin/uv requirements/oldest.txt
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .tools/oldest
	$(BIN)/uv pip sync --quiet --python .tools/oldest/bin/python --require-hashes requirements/oldest.txt
	touch $@

.tools/fastfilter/.ready: $(VENV)/bin/uv requirements/fastfilter.txt
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .tools/fastfilter
	$(BIN)/uv pip sync --quiet --python .tools/fastfilter/bin/python --require-hashes requirements/fastfilter.txt
	touch $@

system: setup .tools/fastfilter/.ready tests/integrating/node_modules/.ready ## Run the tests against the local stack and the tests that take more than a second
	$(BIN)/pytest -q -m system tests/simulation/test_machines.py $(FULL)
	$(BIN)/pytest -q -n 2 --dist loadfile -m system $(FULL) \
	  --ignore=tests/web --ignore=tests/iam --ignore=tests/package --ignore=tests/release --ignore=tests/simulation/test_machines.py

browser: setup tests/web/node_modules/.ready ## Test every page in Chromium: axe, keyboard, sizes, colours
	$(BIN)/pytest -q -m system tests/web $(FULL)

tests/web/node_modules/.ready: tests/web/setup.sh tests/web/package-lock.json
	tests/web/setup.sh
	touch $@

# The calls are recorded by the tests of the functions: in `make test` when they run, here by a short run of them.
iam: setup $(if $(RECORD),unit) tests/iam/node_modules/.ready ## Check that the template allows every call of AWS and that every permission is used
	if [ -z "$(RECORD)" ]; then
	  rm -rf $(CALLS)
	  $(BIN)/pytest -q -n auto --dist worksteal -m "not system" --quick --calls=$(CALLS) tests/functions
	fi
	$(BIN)/pytest -q -m system --calls=$(CALLS) tests/iam

tests/iam/node_modules/.ready tests/integrating/node_modules/.ready: %/node_modules/.ready: tests/node_packages.sh %/package-lock.json
	tests/node_packages.sh $*
	touch $@

soak: setup ## Run the simulation for a long time and print the tables of docs/evidence.md (SEED= is the first seed)
	@$(BIN)/python -W ignore -m tests.simulation.soak $(if $(SEED),--first $(SEED))

load: setup ## Measure one-clicks on a local stack, alone and while checks, imports, feedback and forms flood it (ARGS=)
	@$(BIN)/python -m tests.load.flood $(ARGS)

campaign: setup ## Simulate ten million mails and print where the first opt-out would be refused (SEED=)
	@$(BIN)/python -m tests.load $(if $(SEED),--seed $(SEED))

COLD_START := tests/bench/bench_cold_start.py

bench: setup ## Measure the figures that the documents name: cold start, cost, feedback, mail, warm requests
	for each in $(COLD_START) $(filter-out $(COLD_START),$(wildcard tests/bench/bench_*.py)); do
	  $(BIN)/python $$each
	  echo
	done

bench-bulk: setup ## Measure what takes longer: a ledger, files, a snapshot, and how well mails are read
	for each in tests/bench/bulk_*.py; do $(BIN)/python $$each; echo; done

# ---- Deployment: the template and its build. Only deploy and destroy need an account. ----

SAM := env -u PYTHONPATH SAM_CLI_TELEMETRY=0 .tools/sam/bin/sam
ENV ?= trial

.tools/sam/.ready: $(VENV)/bin/uv requirements/sam.txt
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .tools/sam
	$(BIN)/uv pip sync --quiet --python .tools/sam/bin/python --require-hashes requirements/sam.txt
	touch $@

build: .tools/sam/.ready ## Build what is deployed into .aws-sam/build (LAMBDA_PYTHON= names a Python 3.13, BRAND= a brand)
	PYTHON=$(CURDIR)/$(BIN)/python $(SAM) build

# What is tested and released has the sample.
package release: override BRAND :=
package: setup build ## Lint and validate the template, and check the build
	$(BIN)/cfn-lint template.yaml
	AWS_DEFAULT_REGION=us-east-1 $(SAM) validate
	$(BIN)/pytest -q tests/package

release: setup .tools/sam/.ready .tools/release/.ready tests/integrating/node_modules/.ready ## Build the files of a release from the newest commit into build/release, and check them
	$(BIN)/python -m release build/release
	$(BIN)/pytest -q tests/release

.tools/release/.ready: $(VENV)/bin/uv requirements/release.txt
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .tools/release
	$(BIN)/uv pip sync --quiet --python .tools/release/bin/python --require-hashes requirements/release.txt
	touch $@

deploy: setup chosen-brand build ## Show what changes, and deploy: ENV=trial (default) or production, as samconfig.toml says
	$(BIN)/python -m local.changes $(ENV)
	$(SAM) deploy --config-env $(ENV)

# Production has the brand that is named, so that a forgotten BRAND= cannot replace it by the sample.
chosen-brand:
	@if [ "$(ENV)$(BRAND)" = production ]; then
	  echo "Name your brand: make deploy ENV=production BRAND=../my-brand (docs/brand.md)" >&2
	  exit 1
	fi

account: setup ## Check a deployed trial in its AWS account (ARGS="--tester ADDRESS")
	$(BIN)/python -m tests.account --env $(ENV) $(ARGS)

destroy: setup .tools/sam/.ready ## Delete a stack: a trial leaves only keys, production keeps its tables and keys
	$(BIN)/python -m local.empty $(ENV)
	$(SAM) delete --config-env $(ENV)

clean: ## Remove the files that make created here
	rm -rf $(VENV) .tools .local .aws-sam build .pytest_cache .mypy_cache .ruff_cache .hypothesis
