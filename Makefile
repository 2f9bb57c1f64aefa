# Everything happens in .venv, which bootstrap.py makes and keeps up to date. GNU Make 3.81 is enough.
PYTHON ?= python3
DEV = @"$(PYTHON)" bootstrap.py dev

.DEFAULT_GOAL := help
.PHONY: help run test check gates types rules bench screenshot fmt clean

help:
	@echo "make run    start Florin on http://localhost:8000   (PORT=8001 for another port)"
	@echo "make test   run all tests on a private database     (ARGS='-k name' for some)"
	@echo "make check  formatting, lint, types, contracts, migrations, API document, then the tests"
	@echo "make bench  compare with peers and with our own limits"
	@echo "make screenshot  take the README's picture from the running demo"
	@echo "make fmt    format the code"
	@echo "make clean  remove caches and collected files; your data stay"

run:
	@"$(PYTHON)" bootstrap.py run

test:
	$(DEV) -m pytest -n auto --dist worksteal $(ARGS)

check:
	$(DEV) -m ruff format --check .
	$(DEV) -m ruff check .
	@$(MAKE) -j2 gates test

# one after the other, beside the tests: what fails here is told above the tests' summary, and make names it at the end
gates:
	@$(MAKE) types
	@$(MAKE) rules

types:
	$(DEV) -m mypy .

rules:
	$(DEV) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'
	$(DEV) manage.py check
	$(DEV) manage.py makemigrations --check --dry-run
	$(DEV) manage.py spectacular --validate --fail-on-warn --file var/openapi.yaml

bench:
	$(DEV) -m benchmarks $(ARGS)

screenshot:
	$(DEV) docs/screenshot.py $(ARGS)

fmt:
	$(DEV) -m ruff check --fix-only --quiet .
	$(DEV) -m ruff format .

clean:
	rm -rf var/static var/tests var/openapi.yaml .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
