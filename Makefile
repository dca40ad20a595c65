# Everything here sets up what it needs in .venv, from a fresh clone and python3 alone. `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet
INSTALL = $(PIP) install --constraint constraints.txt --editable
CODE := src tools tests $(wildcard benchmarks)
# Passed on to pytest, the benchmarks or the demo: make test ARGS="-k joiner"
ARGS :=

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test check bench format clean lint types layers house readme

help: ## Lists the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

demo: $(VENV)/ready ## Sets up and shows flyball at work on a simulated ad exchange
	$(BIN)/flyball demo $(ARGS)

test: $(VENV)/ready-dev ## Sets up and runs all tests and examples, with branch coverage
	$(BIN)/coverage run -m pytest --junitxml=build/tests.xml $(ARGS)
	$(BIN)/coverage report $(if $(ARGS),--fail-under=0)

check: lint types layers house test readme ## Everything that must hold before a change goes in
	@echo "make check: all holds"

bench: $(VENV)/ready-bench ## Sets up and prints the tables that compare flyball with others
	$(BIN)/python -m benchmarks $(ARGS)

lint: $(VENV)/ready-dev ## Format and lint
	$(BIN)/ruff format --check
	$(BIN)/ruff check

types: $(VENV)/ready-dev ## Types
	$(BIN)/mypy $(CODE)

layers: $(VENV)/ready-dev ## A room imports only the rooms below it
	$(BIN)/lint-imports --no-logo

house: $(VENV)/ready-dev ## The house rules of tools/
	$(BIN)/python tools/house.py

readme: $(VENV)/ready-dev ## Runs the commands of README.md
	$(BIN)/python tools/readme.py

format: $(VENV)/ready-dev ## Formats the code and mends what can be mended by itself
	$(BIN)/ruff check --fix --exit-zero
	$(BIN)/ruff format

clean: ## Removes everything that was not written by hand
	rm -rf $(VENV) build dist .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests tools -name __pycache__ -prune -exec rm -rf {} +

# The stamps: installed again only when what is needed has changed.
$(VENV)/ready: EXTRAS := offline
$(VENV)/ready-dev: EXTRAS := offline,dev
$(VENV)/ready-bench: EXTRAS := offline,bench
$(VENV)/ready $(VENV)/ready-dev $(VENV)/ready-bench: pyproject.toml constraints.txt
	@echo "setting up $(VENV) with $(EXTRAS); this takes a minute"
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	$(INSTALL) '.[$(EXTRAS)]'
	@touch $@
