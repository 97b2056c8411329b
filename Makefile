# Reprieve: every task a newcomer needs. Each target sets up what it is missing.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
export NO_MKDOCS_2_WARNING := 1

export NO_MKDOCS_2_WARNING := 1

.PHONY: demo test check validate bench docs clean help
.DEFAULT_GOAL := help

help:           ## list the targets
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/: .*##/\t/' | expand -t 14

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed: on Debian install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $(STAMP)

demo: $(STAMP)  ## set up, then run the main job and write its report
	$(BIN)/reprieve demo

test: $(STAMP)  ## set up, then run all tests
	$(BIN)/python -m pytest

check: $(STAMP) ## style, types, import contracts, documentation
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/mkdocs build --strict --quiet

validate: $(STAMP)  ## the model beside what was published, and forecasts beside the truth
	@missed=0; export OPENBLAS_NUM_THREADS=1; \
	for part in --facts --kinetics --safety --forecast; do \
	  $(BIN)/reprieve validate $$part || missed=1; \
	done; exit $$missed

bench: $(STAMP) ## measure speed beside other engines, in one run
	$(BIN)/python -m benchmarks

docs: $(STAMP)  ## build the documentation into site/
	$(BIN)/mkdocs build --strict

clean:          ## remove everything that can be made again
	rm -rf $(VENV) site build dist reprieve-demo docs/generated .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
