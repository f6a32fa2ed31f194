# Needs Python 3.11+, git and make; all else goes into .venv.
PYTHON ?= python3
PORT ?= 8000
N ?= 10000
BIN = .venv/bin
# The locks carry hashes: nothing that is not in them is installed.
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
LOCK = uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help setup serve test lint soak bench golden lock clean

help:  ## what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

setup: .venv/dev.stamp  ## make .venv with all that is needed (again only after a lock changed)

.venv/run.stamp: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	@echo "Setting up .venv (about a minute, once) …"
	@$(PYTHON) -m venv --clear .venv
	@$(INSTALL) -r requirements.lock
	@touch $@

.venv/dev.stamp: .venv/run.stamp requirements-dev.lock
	@echo "Adding what tests and the benchmark need …"
	@$(INSTALL) -r requirements-dev.lock
	@touch $@

serve: .venv/run.stamp  ## show the hall on http://127.0.0.1:8000/ (make serve PORT=…)
	@$(BIN)/python publish.py serve --port $(PORT)

test: setup  ## lint and tests; says loudly which engines are missing (REQUIRE_ENGINES=1: fails then)
	@tests/node/install
	@start=$$(date +%s); $(MAKE) --no-print-directory lint && LINT_SECONDS=$$(($$(date +%s) - start)) $(BIN)/python -m pytest

lint: setup  ## ruff and mypy
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

soak: setup  ## votes under random faults, as many schedules as you like (make soak N=… [STORE=dynamodb]; make test runs a thousand)
	@PYTHONPATH=.:functions:tests $(BIN)/python tests/soak.py $(N) $(STORE)

bench: setup  ## builds beside stock Pelican and Hugo; votes over HTTP beside bare floors; counting and recounting; pictures
	@$(BIN)/python bench/build.py
	@$(BIN)/python bench/votes.py
	@$(BIN)/python bench/counting.py
	@$(BIN)/python bench/pictures.py
	@$(BIN)/python bench/votes_dynamo.py
	@$(BIN)/python bench/votes_wire.py

golden: setup  ## write the golden site of the tiny edition anew; then look at git diff
	@$(BIN)/python -m pytest tests/test_golden.py --golden

lock:  ## write the locks anew (needs uv)
	$(LOCK) requirements.in -o requirements.lock
	$(LOCK) -c requirements.lock requirements-dev.in -o requirements-dev.lock
	npm install --prefix tests/node --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --silent

clean:  ## remove what was built and installed; var/ stays
	rm -rf .venv tests/node/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis output site
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
