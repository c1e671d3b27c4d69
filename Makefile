# `make check` is what continuous integration runs, in the virtual environment .venv.
PYTHON ?= python3
BIN := .venv/bin
# `make bench BENCH=DIR/bin` measures in an environment that is there already.
BENCH ?= .venv-bench/bin
PEERS := torchinfo torchsummary torchview torchlens fvcore ptflops

.PHONY: check environment test test-oldest smoke fuzz lint format bench bench-explorer bench-page docs

check: test lint

environment: $(BIN)/pytest

$(BIN)/pytest: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -e '.[dev]'
	touch $@

test: environment
	$(BIN)/python -m pytest -n 2 --dist worksteal

# The suite against the oldest torch and torchvision that are supported, in a second environment.
test-oldest: .venv-oldest/bin/pytest
	.venv-oldest/bin/python -m pytest -n 2 --dist worksteal

.venv-oldest/bin/pytest: pyproject.toml Makefile
	$(PYTHON) -m venv .venv-oldest
	.venv-oldest/bin/pip install --quiet -e '.[dev]' 'torch==2.6.*' 'torchvision==0.21.*'
	touch $@

# The wheel, installed with nothing but what it needs: every command once, without the tests' packages.
smoke:
	rm -rf .venv-smoke dist
	$(PYTHON) -m venv .venv-smoke
	.venv-smoke/bin/pip install --quiet build twine
	.venv-smoke/bin/python -m build --outdir dist .
	.venv-smoke/bin/twine check --strict dist/*
	rm -rf .venv-smoke
	$(PYTHON) -m venv .venv-smoke
	.venv-smoke/bin/pip install --quiet dist/*.whl
	.venv-smoke/bin/python tests/smoke.py .venv-smoke/bin/resnet-inspect

# What the suite does for seconds, for long: weights with damage at random, for ten minutes, and saved
# files with values changed at random, put to every command: traces, and a fifth as many of each other
# kind: `make fuzz SEED=2 EDITS=1000`.
SEED ?= 1
EDITS ?= 100000
fuzz: environment
	RESNET_INSPECT_FUZZ_SECONDS=600 RESNET_INSPECT_FUZZ_SEED=$(SEED) $(BIN)/python -m pytest tests/fuzz/test_checkpoints.py
	PYTHONPATH=. $(BIN)/python tests/fuzz/typed_edits.py $(SEED) $(EDITS) trace
	PYTHONPATH=. $(BIN)/python tests/fuzz/typed_edits.py $(SEED) $$(($(EDITS) * 4 / 5)) \
	  run signals measured lock

lint: environment
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: environment
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# How long things take beside what a user would wait for anyway, and beside other tools, which have
# to be installed for it: an environment of its own. Writes docs/speed.md; nothing here fails.
bench: $(BENCH)/resnet-inspect
	$(BENCH)/python tests/benchmarks/bars.py --write
	$(BENCH)/python tests/benchmarks/peers.py --write

.venv-bench/bin/resnet-inspect: pyproject.toml Makefile
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install --quiet --upgrade -e . $(PEERS)
	touch $@

# The explorer in a terminal, beside a bare Textual program.
bench-explorer: environment
	$(BIN)/python tests/benchmarks/explorer.py

# The page of a network in a browser, beside a plain table of its layers.
bench-page: environment
	$(BIN)/python tests/benchmarks/page.py

# The pages under docs/ as a site, in site/; it stops at a link that leads nowhere.
docs: .venv-docs/bin/zensical
	.venv-docs/bin/zensical build --strict

.venv-docs/bin/zensical: Makefile
	$(PYTHON) -m venv .venv-docs
	.venv-docs/bin/pip install --quiet zensical
	touch $@
