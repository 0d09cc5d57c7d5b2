# Two commands do everything: `make demo` and `make test`. Both set up .venv first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench messages lock clean

help: ## What can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## The virtual environment, from requirements.lock

# Everything that is installed is pinned by hash. The project itself is linked, not copied, and built without
# a download: setuptools is in the lock. `compat` writes a plain .pth file, which type checkers and editors follow.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Keyturn needs Python 3.11 or newer; $(PYTHON) is not. Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) has no venv module. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-index --no-build-isolation \
		--config-settings editable_mode=compat --editable .
	@touch $@

demo: $(STAMP) ## The real bot against local stand-ins of every system
	$(BIN)/keyturn demo

# One worker more than there are cores: the stories wait for sockets about a third of their time.
test: $(STAMP) ## The whole test suite
	$(BIN)/python -m pytest -n $$($(BIN)/python -c 'import os; print((os.cpu_count() or 1) + 1)') --dist loadfile

lint: $(STAMP) ## Style, types, import arrows
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(STAMP) ## Speed, as ratios against a bare Bolt app on this machine
	$(BIN)/python -m benchmarks

messages: $(STAMP) ## Collect the sentences of cards/, dialogs/ and bot/, update the catalogues and compile them
	mkdir -p build
	$(BIN)/pybabel --quiet extract --keyword line --keyword say --no-location --sort-output --no-wrap --omit-header \
		--ignore-dirs cli --output-file build/keyturn.pot cards dialogs bot
	$(BIN)/pybabel --quiet update --domain keyturn --no-fuzzy-matching --ignore-obsolete --no-wrap --ignore-pot-creation-date \
		--input-file build/keyturn.pot --output-dir cards/locale
	$(BIN)/pybabel compile --domain keyturn --directory cards/locale --statistics

lock: ## Pin every dependency anew (needs uv)
	uv pip compile pyproject.toml --group dev --extra openai --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --output-file requirements.lock

clean: ## Remove the virtual environment and caches
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
