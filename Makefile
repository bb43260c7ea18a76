# Everything a person does with the checkout. Needs make and Python 3.11 or newer, nothing else.
# Each set-up step leaves a stamp and is done again only when the file it rests on changes.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet
SAMPLE := var/sample
PYTEST := $(BIN)/python -m pytest
QUICK  := -m "not slow and not bench" --ignore=tests/e2e

.PHONY: help setup setup-dev run check format test test-slow bench sample notice bundle clean
.DEFAULT_GOAL := help

help:
	@echo "make run        set up, make the sample if there is none, open http://127.0.0.1:8501"
	@echo "make check      format, lint, types, import contracts, rule tests"
	@echo "make test       every test but the slow ones and the benchmarks"
	@echo "make test-slow  the slow tests        make bench   speed measurements, var/bench.json"
	@echo "make sample     the sample workspace  make bundle  dist/hatangso.zip of the committed tree"
	@echo "make notice     NOTICE from the pins  make format  mend format and lint"
	@echo "make clean      remove caches (the environment and workspaces stay)"

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 setup" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "The module venv is missing; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

$(VENV)/.runtime: requirements.txt | $(VENV)/bin/python
	@echo "Installing the pinned packages (about 1.5 minutes the first time) ..."
	@$(PIP) install --requirement requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	@echo "Installing the pinned tools ..."
	@$(PIP) install --requirement requirements-dev.txt
	@touch $@

web/vendor/.stamp: web/package.json web/package-lock.json web/.npmrc web/install.py $(VENV)/.runtime
	@$(BIN)/python web/install.py
	@touch $@

setup: $(VENV)/.runtime web/vendor/.stamp

setup-dev: setup $(VENV)/.dev

$(SAMPLE)/workspace.gpkg: | setup
	@echo "Making the sample commune and its first coverage estimate (about half a minute, once) ..."
	@$(BIN)/python -m planning sample --size commune --seed 1 --workspace $(SAMPLE) >/dev/null
	@$(BIN)/python -m planning coverage --technology 4G --workspace $(SAMPLE) >/dev/null
	@$(BIN)/python -m planning coverage --workspace $(SAMPLE)

sample: $(SAMPLE)/workspace.gpkg

run: setup $(if $(HATANGSO_WORKSPACE),,sample)
	@$(BIN)/streamlit run app.py

check: setup-dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy --strict geo layers planning
	@$(BIN)/lint-imports
	@$(PYTEST) -q tests/rules

format: setup-dev
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

test: setup-dev
	@$(PYTEST) -q $(QUICK) tests/planning & jobs=$$!; \
	  $(PYTEST) -q $(QUICK) --ignore=tests/planning; rest=$$?; wait $$jobs && exit $$rest  # two at a time
	@$(PYTEST) -q tests/e2e || $(PYTEST) -q --last-failed tests/e2e  # a browser on a busy machine gets a second try

test-slow: setup-dev
	@$(PYTEST) -q -m slow

bench: setup-dev
	@mkdir -p var
	@$(PYTEST) -q -s -m bench --benchmark-json=var/bench.json tests/bench

notice: setup
	@$(BIN)/python .ci/notice.py

bundle:
	@mkdir -p dist
	@git archive --format=zip --prefix=hatangso/ --output=dist/hatangso.zip HEAD
	@echo dist/hatangso.zip

clean:
	@rm -rf dist .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis .benchmarks
	@find . -path ./$(VENV) -prune -o -name __pycache__ -type d -exec rm -rf {} +
