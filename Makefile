# Thin targets over the console script `mep`; `make install` is done when .venv is missing or out of date.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo dev docs test test-pooled test-unit test-data check bench chaos install format lock tables commands walkthrough

demo: install
	@$(BIN)/mep demo

dev: install
	@$(BIN)/mep up

# What dbt knows of tables, views and columns, as one file that needs no network: target/static_index.html.
docs: install
	@$(BIN)/python -m sandbox.docs

# One process of tests per core, each with servers and databases of its own; a file stays in one of them.
SIDE_BY_SIDE := -n logical --dist loadfile --no-loadscope-reorder

test: install
	@$(BIN)/pytest $(SIDE_BY_SIDE)

# Once more, through PgBouncer in transaction mode: each command, and runs that sensors start. Not what kills PostgreSQL or
# runs one of its own, what runs behind PgBouncer anyway, and what differs in settings alone.
POOLED := arrivals canary demo fix_files forms planning replays templates

test-pooled: install
	@MEP_TEST_POOLED=1 $(BIN)/pytest $(SIDE_BY_SIDE) $(POOLED:%=tests/pipeline/test_%.py)

test-unit: install
	@$(BIN)/pytest tests/unit

# `dbt test` on a fresh database, and on what the demo leaves; `make test` runs these too.
test-data: install
	@$(BIN)/pytest -v tests/integration/analytics/test_gate.py tests/pipeline/test_demo.py -k dbt_test

check: install
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/pyright
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/sqlfluff lint --quiet --nocolor migrations dbt_project/models dbt_project/tests
	@$(BIN)/dbt parse --quiet
	@$(BIN)/python -m tests.locked

# Imports under faults, with runs and PostgreSQL killed; OPTIONS='--rounds 20 --seed 7' for others (the tests play 20).
chaos: install
	@$(BIN)/python -m tests.chaos $(OPTIONS)

# An hour; OPTIONS='--only small' or '--rows 100000 …' for less (see `python -m benchmarks --help`).
bench: install .mep/bench-venv/installed
	@$(BIN)/python -m benchmarks $(OPTIONS)

# Other loaders to compare with, in an environment of their own.
.mep/bench-venv/installed: benchmarks/requirements.lock | install
	@$(PYTHON) -m venv .mep/bench-venv
	@.mep/bench-venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

format: install
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .

install: .venv/installed

.venv/installed: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python is missing: install Python 3.11 or newer, with pip and venv."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python is too old: install Python 3.11 or newer, or name one with PYTHON=python3.12."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python has no venv or pip: install them (on Debian: apt install python3-venv)."; exit 1; }
	@echo "installing into .venv (about a minute)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Pins every dependency with hashes, for every Python and platform, without naming an index.
lock:
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-strip-extras \
		--generate-hashes --all-extras pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-strip-extras \
		--generate-hashes benchmarks/requirements.txt -o benchmarks/requirements.lock

# Describes the tables for the UI, after a migration that changes one.
tables: install
	@$(BIN)/python -m sandbox.tables

# Writes the pages of all commands into docs/commands.md, after a command changed.
commands: install
	@$(BIN)/python -m sandbox.commands_page

# Plays the chapters of docs/walkthrough/ on a stack of their own, and writes what was printed and seen into them. Needs
# Chromium; about ten minutes.
walkthrough: install
	@$(BIN)/python -m sandbox.walkthrough
