# Two commands matter: `make demo` and `make test`. Both work in a fresh clone.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test lint pytest docs bench clean
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
# The first interpreter that is new enough.
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3.14 python3 python; do \
  $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; \
  done)
# One thread for each process: the pipeline runs its tasks side by side.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1

RAW := demo/raw
REDUCED := demo/reduced

help:
	@echo "make demo    simulate a small observing block and reduce it (a few minutes)"
	@echo "make test    style, imports, types, tests"
	@echo "make docs    documentation, into docs/_build/html"
	@echo "make bench   time and memory of every step"
	@echo "make clean   remove what these made"

# A stamp newer than pyproject.toml says that the environment is as declared there.
$(VENV)/.stamp-run: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, none was found"; exit 1; }
	@echo "environment: $(VENV) ($$($(PYTHON) --version))"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install -qq --editable .
	@touch $@

$(VENV)/.stamp-develop: $(VENV)/.stamp-run
	@echo "environment: adding what tests and documentation need"
	@$(BIN)/python -m pip install -qq --editable '.[test,docs]'
	@touch $@

demo: $(VENV)/.stamp-run
	@rm -rf $(RAW) $(REDUCED)
	@echo "simulating a flux standard and a target in both arms into $(RAW)"
	@$(BIN)/soxspipe simulate $(RAW) --block flux
	@echo "reducing it into $(REDUCED)"
	@$(BIN)/soxspipe reduce $(RAW) -o $(REDUCED)
	@echo
	@echo "Done. Where to look:"
	@find $(REDUCED) -name '*.html' | sed 's/^/  page      /'
	@find $(REDUCED) -path '*/soxs_merge/*_VISNIR_MERGE_OBJ_*.fits' | sed 's/^/  spectrum  /'
	@find $(REDUCED) -path '*/soxs_merge/*_VISNIR_MERGE_OBJ_*.png' | sort | sed 's/^/  figure    /'

test: lint pytest

lint: $(VENV)/.stamp-develop
	@echo "ruff" && $(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check .
	@echo "lint-imports"; said=$$($(BIN)/lint-imports --no-cache 2>&1) || { echo "$$said"; exit 1; }
	@echo "mypy" && $(BIN)/mypy

# -rs prints each test that was skipped, and why.
pytest: $(VENV)/.stamp-develop
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -q -rs

docs: $(VENV)/.stamp-develop
	@$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "documentation: docs/_build/html/index.html"

bench: $(VENV)/.stamp-run
	@$(BIN)/python benchmarks/run.py

clean:
	@rm -rf $(VENV) demo docs/_build docs/reference/generated build dist .pytest_cache .mypy_cache .ruff_cache
