# `make` alone lists the commands.
SHELL := /bin/sh
PYTHON ?= python3
UV_VERSION := 0.13.9
UV := .tools/bin/uv
RUN := .venv/bin
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := .venv

.PHONY: help run test check format bench bench-collect bench-reader bench-year bench-thousand bench-backfill bench-page screenshots lock clean

help:  ## list these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: .venv/installed  ## install what is needed, then collect and show: http://127.0.0.1:8050/
	@exec $(RUN)/masthead up

test: .venv/installed-dev  ## install what the tests need, browser and cron included, then run all checks and tests
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/python -m pytest

check: .venv/installed-dev  ## the checks without the tests: format, lint, types
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy

format: .venv/installed-dev  ## let ruff format and mend
	$(RUN)/ruff format .
	$(RUN)/ruff check --fix .

bench: .venv/installed-dev  ## measure the store at ten years by the minute, beside others (half an hour)
	$(RUN)/python -m tests.benchmarks.store

bench-collect: .venv/installed-dev  ## measure collect as cron runs it against urlwatch
	$(RUN)/python -m tests.benchmarks.cold_start

bench-reader: .venv/installed-dev  ## measure how many pages a second are read
	$(RUN)/python -m tests.benchmarks.reader

bench-year: .venv/installed-dev  ## simulate a year of troubles, kills and a store away (ten minutes)
	$(RUN)/python -m tests.benchmarks.year

bench-thousand: .venv/installed-dev  ## measure a thousand sources visited by one process
	$(RUN)/python -m tests.benchmarks.thousand

bench-backfill: .venv/installed-dev  ## kill a backfill of 2,000 captures five times
	$(RUN)/python -m tests.benchmarks.backfill

bench-page: .venv/installed-dev  ## measure the page against a tutorial's Dash app (a quarter of an hour)
	$(RUN)/python -m tests.benchmarks.page_load

screenshots: .venv/installed-dev  ## take the pictures of the page, two of them for the README
	$(RUN)/python -m tests.screenshots

lock: $(UV)  ## write uv.lock anew from pyproject.toml
	$(UV) lock

clean:  ## remove what make brought
	rm -rf .venv .tools dashboard/vendor .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Masthead needs Python 3.11 or newer: install it, or name one with 'make PYTHON=python3.12 …'." >&2; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || \
	  { echo "pip is missing for $(PYTHON): install it, on Debian with 'apt-get install python3-pip'." >&2; exit 1; }
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --target .tools --upgrade 'uv==$(UV_VERSION)'

.venv/installed: $(UV) pyproject.toml uv.lock dashboard/bundle.py
	$(UV) sync --quiet --locked --compile-bytecode --no-default-groups --python $(PYTHON)
	-@$(RUN)/python -m dashboard.bundle $(UV)
	@touch $@

.venv/installed-dev: $(UV) pyproject.toml uv.lock dashboard/bundle.py
	$(UV) sync --quiet --locked --python $(PYTHON)
	-@$(RUN)/python -m dashboard.bundle $(UV)
	@$(RUN)/python tests/browser.py --install
	-@$(RUN)/python tests/machine.py --install
	@touch $@ .venv/installed
