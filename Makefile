# Everything a person types here. The first target is what a bare `make` does.
PYTHON ?= python3
ARGS ?=
VENV := .venv
IN := $(VENV)/bin/python
TEST_VAR := $(CURDIR)/var/test

# A stamp carries its lock's checksum: an unchanged lock costs nothing, a changed one is installed again.
RUNTIME := $(VENV)/.runtime-$(firstword $(shell cksum < requirements.lock))
TOOLS := $(VENV)/.tools-$(firstword $(shell cksum < requirements-dev.lock))

.DEFAULT_GOAL := help
.PHONY: help setup tools demo up test check bench quality fuzz chaos forget clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(RUNTIME)  ## virtual environment with what it needs to run

tools: $(TOOLS)  ## and with what tests and checks need

demo: $(RUNTIME)  ## the whole story on real input; ARGS=--json ends with one JSON object
	@$(IN) -m governance.demo $(ARGS)

up: $(RUNTIME)  ## the whole stack for a person, data in ./var, until Ctrl-C
	@$(IN) -m governance.stack up

test: $(TOOLS)  ## the whole suite on the embedded servers, or on DATABASE_URL and BROKER_URL; ARGS="tests/flows -k feed"
	@NEXUS_VAR="$(TEST_VAR)" $(IN) -m governance.stack run -- $(IN) -m pytest -n 2 --dist loadfile $(ARGS)

check: $(TOOLS)  ## lint, format, types, and who may import whom
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy .
	@$(VENV)/bin/lint-imports

bench: $(TOOLS)  ## figures against a peer or a floor; ARGS="NAME --json" for a program
	@$(IN) -m tests.benchmarks $(ARGS)

fuzz: $(TOOLS)  ## broken archives and files against the engine; ARGS="--archives 100000 --seed 7"
	@$(IN) -m tests.fuzz $(ARGS)

chaos: $(TOOLS)  ## kill -9 at a thousand moments, and count; ARGS="notices --kills 100 --seed 7"
	@NEXUS_VAR="$(CURDIR)/var/chaos" $(IN) -m governance.stack run -- $(IN) -m tests.chaos $(ARGS)

quality: $(TOOLS)  ## recall and false positives of the engine; ARGS="--fetch --ablate --json --malicious FOLDER"
	@$(IN) -m tests.quality $(ARGS)

forget:  ## remove what the tests' servers have stored
	@for link in "$(TEST_VAR)/postgres" "$(TEST_VAR)/valkey"; do \
	    if [ -L "$$link" ]; then rm -rf -- "$$(readlink "$$link")"; fi; done
	@rm -rf "$(TEST_VAR)"

clean: forget  ## remove the virtual environment, the caches and the tests' data; ./var stays
	rm -rf "$(VENV)" .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else 1)' || { \
	    echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "This Python cannot make virtual environments: install its venv part (Debian: apt-get install python3-venv)." >&2; \
	    exit 1; }
	@$(PYTHON) -m venv "$(VENV)" >&2
	@touch "$@"

$(RUNTIME): | $(VENV)/.made
	$(call install,requirements.lock)

$(TOOLS): | $(VENV)/.made
	$(call install,requirements-dev.lock)

# uv from the path, or from the virtual environment, is ten times faster; pip does it all the same where uv
# cannot be had. Both refuse a file whose hash is not in the lock. Nothing goes to standard output: it is the command's.
define install
	@echo "Installing $(1) ..." >&2
	@uv=$$(command -v uv || ls "$(VENV)/bin/uv" 2>/dev/null \
	    || { "$(IN)" -m pip install --quiet uv >&2 && ls "$(VENV)/bin/uv"; } || true); \
	{ [ -n "$$uv" ] && "$$uv" pip install --quiet --compile-bytecode --python "$(IN)" --require-hashes -r $(1) >&2; } \
	    || "$(IN)" -m pip install --quiet --require-hashes -r $(1) >&2
	@touch "$@"
endef
