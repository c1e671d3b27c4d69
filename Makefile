# `make check` is what continuous integration runs, in the virtual environment .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: check environment test lint format bench bench-explorer

check: test lint

environment: $(BIN)/pytest

$(BIN)/pytest: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -e '.[dev]'
	touch $@

test: environment
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: environment
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: environment
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# How long things take beside what a user would wait for anyway; nothing here fails.
bench: environment
	$(BIN)/python tests/benchmarks/bars.py

# The explorer in a terminal, beside a bare Textual program.
bench-explorer: environment
	$(BIN)/python tests/benchmarks/explorer.py
