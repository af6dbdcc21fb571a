# Every target works on a machine with Python >= 3.10 and make: a local .venv is made first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
EXTRAS ?= test

.PHONY: verify test lint bench clean

verify: $(VENV)/core
	$(BIN)/urnn-proofs verify 4
	$(BIN)/urnn-proofs verify --network examples/digits_rnn.npz --input-bound 3

test: $(VENV)/$(EXTRAS)
	$(BIN)/python -m pytest

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/dev,experiments
	$(BIN)/python -m pytest benchmarks --benchmark-only --benchmark-sort=name

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "urnn_proofs needs Python >= 3.10; found $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "Could not create $(VENV); on Debian and Ubuntu install python3-venv."; exit 1; }

$(VENV)/core: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --constraint constraints.txt --editable .
	@touch $@

# One stamp for each comma-separated set of extras, such as EXTRAS=test,dev,examples.
$(VENV)/%: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --constraint constraints.txt --editable '.[$*]'
	@touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
