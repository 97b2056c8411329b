# Reprieve: every task a newcomer needs. Each target sets up what it is missing.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
PORT   ?= 8000
export NO_MKDOCS_2_WARNING := 1

.PHONY: demo serve test check validate bench bench-clinic bench-reliability screenshots docs clean help
.DEFAULT_GOAL := help

help:           ## list the targets
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/: .*##/\t/' | expand -t 20

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed: on Debian install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $(STAMP)

demo: $(STAMP)  ## set up, then an invented clinic in the middle of its day, in the browser
	@tools/system.sh print
	$(BIN)/reprieve clinic demo --port $(PORT)

serve: $(STAMP) ## set up, then your own clinic; the first start leads to the first account
	@tools/system.sh print
	$(BIN)/reprieve clinic serve --port $(PORT)

test: $(STAMP)  ## set up, then run all tests; the clinic's on SQLite and on PostgreSQL
	@set -e; url=$$(tools/system.sh); \
	$(BIN)/python -m pytest; \
	if [ -n "$$url" ]; then \
	  echo "The clinic once more, on PostgreSQL:"; \
	  REPRIEVE_TEST_DATABASE=$$url $(BIN)/python -m pytest tests/clinic -m "not browser"; \
	fi

check: $(STAMP) ## style, types, import contracts, documentation
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	REPRIEVE_MODE=test $(BIN)/mypy
	$(BIN)/lint-imports
	REPRIEVE_MODE=test DJANGO_SETTINGS_MODULE=reprieve.clinic.settings $(BIN)/django-admin makemigrations --check --dry-run
	$(BIN)/mkdocs build --strict --quiet

validate: $(STAMP)  ## the model beside what was published, and forecasts beside the truth
	@missed=0; export OPENBLAS_NUM_THREADS=1; \
	for part in --facts --kinetics --safety --forecast; do \
	  $(BIN)/reprieve validate $$part || missed=1; \
	done; exit $$missed

bench: $(STAMP) ## measure speed beside other engines, in one run
	$(BIN)/python -m benchmarks

bench-clinic: $(STAMP) ## how fast the clinic answers: 12 live chairs, 200 patients, 20 people at once
	$(BIN)/python -m benchmarks.clinic

bench-reliability: $(STAMP) ## kill the server 1,000 times on each database; every acknowledged event must be there
	@url=$$(tools/system.sh); $(BIN)/python -m benchmarks.reliability --cycles 1000 $${url:+--postgres $$url}

screenshots: $(STAMP) ## walk through the demo clinic in a browser and keep pictures of it
	@tools/system.sh >/dev/null
	$(BIN)/python docs/make_screenshots.py

docs: $(STAMP)  ## build the documentation into site/
	$(BIN)/mkdocs build --strict

clean:          ## remove everything that can be made again
	rm -rf $(VENV) site build dist reprieve-demo docs/generated .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
