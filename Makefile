# Viewbox: everything one can do. `make run` and `make test` set up what they need; `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
STAMPS := .stamps
DIST := static/dist/.vite/manifest.json

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 22

run: setup ## set everything up, load the demo archive and serve the viewer (Ctrl-C stops it)
	@$(PYTHON) manage.py migrate --verbosity 0
	@$(PYTHON) manage.py collectstatic --no-input --verbosity 0
	@case "$${VIEWBOX_DEMO:-1}" in 0|false|no|off) ;; *) $(PYTHON) manage.py load_demo ;; esac
	@exec $(PYTHON) manage.py serve

test: setup-dev check test-unit test-postgres test-integration test-browser ## everything that .ci/run runs

check: setup-dev ## format, lint, types, architecture, migrations, front-end types
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy .
	.venv/bin/lint-imports
	$(PYTHON) manage.py makemigrations --check --dry-run
	scripts/with_node npm run --silent check

test-unit: setup-dev peers ## unit, service, contract, golden and architecture tests (SQLite), and the front end's
	scripts/with_node npm test --silent
	.venv/bin/pytest tests/unit tests/service tests/contract tests/golden tests/architecture -n 2 --dist loadfile -q

test-postgres: setup-dev peers ## the tests that have a database again, on PostgreSQL
	scripts/with_postgres .venv/bin/pytest tests/service tests/contract/test_pages.py tests/contract/test_qido.py tests/contract/test_routes_refuse.py -q

test-integration: setup-dev peers ## real peers on loopback
	.venv/bin/pytest tests/integration -n 2 --dist loadfile -q

test-browser: setup-dev peers ## Chromium against a live server
	.venv/bin/pytest tests/browser -n 2 --dist loadfile -q --ignore tests/browser/test_slow_line.py
	.venv/bin/pytest tests/browser/test_slow_line.py -q  # alone: it holds rates against a clock

bench: setup-dev peers ## the speed and memory table (run by hand on a quiet machine)
	$(PYTHON) -m bench.run

format: setup-dev ## format Python
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

clean: ## remove what was built; keeps the data folder
	rm -rf .venv node_modules static/dist $(STAMPS) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

setup: $(STAMPS)/python $(DIST)

setup-dev: $(STAMPS)/python-dev $(DIST)

peers: $(STAMPS)/peers

$(STAMPS)/venv:
	@scripts/make_venv
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/python: requirements.txt $(STAMPS)/venv
	@echo "Installing Python packages …"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(STAMPS)/python-dev: requirements-dev.txt $(STAMPS)/python
	@echo "Installing test packages …"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(STAMPS)/node: package.json package-lock.json $(STAMPS)/venv
	@echo "Installing front-end packages …"
	@scripts/with_node npm ci --loglevel=error --no-fund --no-audit
	@touch $@

$(DIST): $(STAMPS)/node $(shell find static/src static/public -type f 2>/dev/null) tsconfig.json vite.config.ts
	@echo "Building the front end …"
	@scripts/with_node npm run --silent build
	@touch $@

$(STAMPS)/peers: scripts/install_peers
	@scripts/install_peers
	@touch $@

.PHONY: help run test check test-unit test-postgres test-integration test-browser bench format clean setup setup-dev peers
