# Two commands do everything on a fresh machine: `make build` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUT ?= out/sample

.PHONY: build test lint bench docs notebooks clean

# The environment, without torch: what building datasets needs.
$(VENV)/.installed: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

# The main job on the built-in sample: Chinese and English pages to instruction rows.
build: $(VENV)/.installed
	$(BIN)/kg2instruct build --lang zh,en --out $(OUT) --fresh

# What tests need beside: torch (constrained, so that no dependency swaps it for another build) and the extras.
$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet 'torch==2.13.0'
	echo 'torch==2.13.0' > $(VENV)/constraints.txt
	$(BIN)/python -m pip install --quiet --constraint $(VENV)/constraints.txt --editable '.[test]'
	touch $@

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest -n auto --dist worksteal

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.installed
	$(BIN)/python -m benchmarks

# The documentation site, in out/site.
docs: $(VENV)/.installed-test
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

# Run the notebooks again and keep what they show.
notebooks: $(VENV)/.installed-test
	$(BIN)/python notebooks/refresh.py

clean:
	rm -rf $(VENV) out dist build
