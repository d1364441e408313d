# `make` alone lists the commands.
SHELL := /bin/sh
PYTHON ?= python3
UV_VERSION := 0.13.9
UV := .tools/bin/uv
UV_THERE := .tools/uv-$(UV_VERSION)
RUN := .venv/bin
# How often each fault is tried, and what their chances come from.
ROUNDS ?= 100
SEED ?= 1
# Real daily series (a date and a figure a day) are no part of the project; those of a folder beside it are taken.
SERIES ?= $(wildcard ../*/data/*daily*.csv)
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := .venv

.PHONY: help run test check format lock coverage mutation test-faults fuzz scan bench bench-collect bench-reader bench-year bench-thousand bench-backfill bench-page bench-insight bench-viewers screenshots licences audit build sbom clean

help:  ## list these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 17

run: .venv/installed  ## install what is needed, then collect and show: http://127.0.0.1:8050/
	@exec $(RUN)/masthead up

test: .venv/installed-dev  ## install what the tests need, a browser too, then run all checks and tests
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

lock: $(UV_THERE)  ## write uv.lock anew from pyproject.toml
	$(UV) lock

coverage: .venv/installed-dev  ## run all tests, print what they miss; fails under 95 % of a room (half an hour)
	rm -rf build/coverage && mkdir -p build/coverage
	-$(RUN)/coverage run -m pytest -q $(TESTS)
	$(RUN)/coverage combine --quiet && rm -f build/coverage/data.*
	@failed=0; for room in collectors data dashboard; do \
	  printf '\n%s: what is missed, the worst first\n' $$room; \
	  $(RUN)/coverage report --include="$$room/*" --fail-under=95 || failed=1; done; exit $$failed

mutation: .venv/installed-dev  ## change one thing at a time and test it; MODULE=data/store.py is one (half an hour)
	$(UV) sync --quiet --locked --inexact --group mutation --python $(PYTHON)
	$(RUN)/python -m tests.mutation $(MODULE)

test-faults: .venv/installed-dev  ## break the real parts while they work; ROUNDS=100 SEED=1 (half an hour, as root)
	@ROUNDS='$(ROUNDS)' SEED='$(SEED)' $(RUN)/python -m pytest -q tests/faults

fuzz: .venv/installed-dev  ## feed it what nobody would send; SECONDS=600 each, TARGETS='page http' for some
	-@$(UV) sync --quiet --locked --python $(PYTHON) --group fuzz
	$(RUN)/python -m tests.fuzz --seconds $(or $(SECONDS),600) $(TARGETS)

scan: .venv/installed-dev  ## scan a real server from outside: headers of every answer, API by schemathesis
	$(RUN)/python -m tests.scan

bench: .venv/installed-dev  ## measure the store at ten years by the minute, beside others (half an hour)
	$(RUN)/python -m tests.benchmarks.store

bench-collect: .venv/installed-dev  ## measure collect as cron runs it, against urlwatch
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

bench-insight: .venv/installed-dev  ## measure reconstruction and moves; SERIES='FILE.csv …' names real days
	@SERIES='$(SERIES)' $(RUN)/python -m tests.benchmarks.insight

bench-viewers: .venv/installed-dev  ## let 50 viewers stay for MINUTES=10: errors, memory
	$(RUN)/python -m tests.benchmarks.staying --minutes $(or $(MINUTES),10)

screenshots: .venv/installed-dev  ## take the pictures of the page, two of them for the README
	$(RUN)/python -m tests.screenshots

licences: .venv/installed-dev  ## write anew which licences all that is locked stands under
	$(RUN)/python -m tests.supply.licences

audit: .venv/installed-dev  ## ask what is known against what is locked; AUDIT='…' are options of pip-audit
	$(RUN)/python -m tests.supply.audit $(AUDIT)

build: .venv/installed-dev  ## build wheel and source distribution, always the same ones, into dist
	$(RUN)/python -m tests.supply.build

sbom: .venv/installed-dev  ## write the bill of materials, CycloneDX, into build
	$(RUN)/python -m tests.supply.sbom

clean:  ## remove what make brought
	rm -rf .venv .tools dashboard/vendor .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist

$(UV_THERE):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Masthead needs Python 3.11 or newer: install it, or name one with 'make PYTHON=python3.12 …'." >&2; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || \
	  { echo "pip is missing for $(PYTHON): install it, on Debian with 'apt-get install python3-pip'." >&2; exit 1; }
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --target .tools --upgrade 'uv==$(UV_VERSION)'
	@touch $@

.venv/installed: $(UV_THERE) pyproject.toml uv.lock dashboard/bundle.py
	$(UV) sync --quiet --locked --compile-bytecode --no-default-groups --python $(PYTHON)
	-@$(RUN)/python -m dashboard.bundle $(UV)
	@touch $@

.venv/installed-dev: $(UV_THERE) pyproject.toml uv.lock dashboard/bundle.py
	$(UV) sync --quiet --locked --python $(PYTHON)
	-@$(RUN)/python -m dashboard.bundle $(UV)
	@$(RUN)/python tests/browser.py --install
	-@$(RUN)/python tests/machine.py --install
	@touch $@ .venv/installed
