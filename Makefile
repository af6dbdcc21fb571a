# Every target works on a machine with Python >= 3.10 and make: a local .venv is made first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
EXTRAS ?= test

.PHONY: verify paper latex-found test many-networks mutants lint bench growth notebooks notebooks-check notebooks-store docs docs-screenshots formal formal-check formal-record clean

verify: $(VENV)/core
	$(BIN)/urnn-proofs verify 4
	$(BIN)/urnn-proofs verify --network examples/digits_rnn.npz --input-bound 3

# A paper on what is known, proved first: build/paper.pdf.  Status 3: a theorem rests on words, and
# the paper says so.
paper: latex-found $(VENV)/core
	@mkdir -p build
	$(BIN)/urnn-proofs latex paper -o build/paper.tex || [ $$? = 3 ]
	cd build && latexmk -pdf -silent -halt-on-error -interaction=nonstopmode paper.tex

latex-found:
	@command -v latexmk >/dev/null && kpsewhich tikz.sty lmodern.sty >/dev/null || \
	  { echo "make paper needs latexmk, pdflatex and TikZ; on Debian and Ubuntu: apt-get install latexmk texlive-latex-recommended texlive-pictures lmodern"; exit 1; }

# Each core has a worker: more threads only wait for each other. Programs that tests start load the
# package again, so that its bytecode is kept, whatever the machine says. In the order of collection:
# the slow files, then the folders, with small files last.
test: export OMP_NUM_THREADS = 1
test: export OPENBLAS_NUM_THREADS = 1
test: export PYTHONDONTWRITEBYTECODE =
test: $(VENV)/$(EXTRAS)
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

# 200 random networks of each activation within epsilon, n = 1 to 64, against 60 digits: an hour.
many-networks: $(VENV)/$(EXTRAS)
	URNN_PROOFS_NETWORKS=200 $(BIN)/python -m pytest --numprocesses auto \
	  tests/questions/test_within_epsilon.py -k random_networks

# Changes the kernel at every place, one at a time: no change may go unnoticed without a reason.
mutants: $(VENV)/$(EXTRAS)
	$(BIN)/python tests/kernel/mutate_kernel.py

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The extras torch, onnx and experiments add comparisons; without them those are skipped.
bench: $(VENV)/dev,smt
	$(BIN)/python -m pytest benchmarks --benchmark-only --benchmark-sort=name --keep-results

growth: $(VENV)/dev
	$(BIN)/python benchmarks/growth.py

# Opens the notebooks, from 00 on.  Trusting them shows their stored outputs with all their markup.
notebooks: AS_ROOT = $(shell [ "$$(id -u)" != 0 ] || echo --allow-root)  # as in a container
notebooks: $(VENV)/notebooks
	$(BIN)/jupyter trust notebooks/*.ipynb
	cd notebooks && ../$(BIN)/jupyter lab $(AS_ROOT) 00_start_here.ipynb

notebooks-check: $(VENV)/test,notebooks
	$(BIN)/python -m pytest tests/house/test_notebooks.py tests/house/test_notebook_math.py

# The site, in build/site; it opens from the folder, without a server or a network.
docs: $(VENV)/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict
	@echo "wrote build/site/index.html"

# Pictures of every page at three widths, in build/screenshots, for somebody to look at.
docs-screenshots: docs
	PYTHONPATH=tests $(BIN)/python tests/site/screenshots.py

# The theorems in Coq: compiles formal/, prints every headline theorem with its assumptions, and
# fails if they are not those of formal/headlines.txt.  Needs Coq, and no virtual environment.
formal:
	@$(PYTHON) -m urnn_proofs.formal

# The same, then coqchk, which reads our compiled files again without the compiler.
formal-check:
	@$(PYTHON) -m urnn_proofs.formal --recheck

# Writes the record of what Coq checked, which the package ships, and its page docs/formal.md.
# A page whose words or Coq statements changed: make formal-record REVIEWED="3.1 3.3", once read;
# with WORDS=1 where only words changed, so that Coq need not run again.
formal-record: $(VENV)/core
	$(BIN)/python formal/record.py $(if $(WORDS),--words-only) $(if $(REVIEWED),--reviewed $(REVIEWED))
	$(BIN)/python docs/formal_page.py

# Runs the text forms and stores the outputs, after a change.
notebooks-store: $(VENV)/notebooks
	$(BIN)/python tests/notebook_runs.py
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
	@$(MAKE) --no-print-directory -C formal clean
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis
