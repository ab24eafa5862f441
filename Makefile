# The two commands of a newcomer are `make serve` and `make test`.
PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
WORKERS ?= 1
VENV := .venv
BIN := $(VENV)/bin
POSTGRES_URL ?= postgres://postgres@127.0.0.1:5432/aidapi
export PYTHONUNBUFFERED = 1

.DEFAULT_GOAL := help

help: ## What can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 18

$(VENV)/runtime: requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes --requirement requirements.lock
	@touch $@

$(VENV)/development: requirements-dev.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes --requirement requirements-dev.lock
	@touch $@ $(VENV)/runtime

prepare: $(VENV)/runtime ## Environment, database, dataset and static files, without serving
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/python manage.py load_dataset fixtures
	$(BIN)/python manage.py collectstatic --noinput --verbosity 0

serve: prepare ## Install, migrate, load the dataset and serve it on PORT (8000)
	@echo "AidAPI answers on http://$(HOST):$(PORT)/"
	exec $(BIN)/granian --interface wsgi --host $(HOST) --port $(PORT) --workers $(WORKERS) \
		--blocking-threads 4 --no-ws aidapi.wsgi:application

test: $(VENV)/development ## All tests but `clients`, on SQLite or on what DATABASE_URL names
	$(BIN)/pytest -n 2 --dist loadscope --no-loadscope-reorder --ignore tests/clients

test-postgres: ## All tests on PostgreSQL (POSTGRES_URL)
	DATABASE_URL=$(POSTGRES_URL) $(MAKE) test

lint: $(VENV)/development ## Style, types, missing migrations, settings fit for production
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/python manage.py makemigrations --check --dry-run
	ENVIRONMENT=production SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(60))') \
		CURSOR_KEYS=checked ALLOWED_HOSTS=example.org DATABASE_URL=sqlite://:memory: \
		$(BIN)/python manage.py check --deploy --fail-level WARNING

schema: $(VENV)/development ## Write openapi/openapi.yaml anew
	$(BIN)/python manage.py spectacular --file openapi/openapi.yaml --validate --fail-on-warn

release-schema: schema ## Keep openapi.yaml as what the version of pyproject.toml promises
	@version=$$(sed -n 's/^version = "\(.*\)"$$/\1/p' pyproject.toml); \
	if ! grep -q "^## $$version (unreleased)" CHANGELOG.md; then \
		echo "$$version is released: its promise stands. Raise the version first." >&2; exit 1; \
	fi; \
	cp openapi/openapi.yaml openapi/released/$$version.yaml

clients: $(VENV)/development ## Clients in Python and TypeScript, generated and tried (needs node)
	cd clients/typescript && npm ci --ignore-scripts --no-audit --no-fund
	$(BIN)/pytest tests/clients

guide-pictures: $(VENV)/development ## Take the pictures of docs/curating.md anew (needs Chromium)
	GUIDE_PICTURES=docs/curating $(BIN)/pytest tests/curation/test_story.py -k readers

bench: $(VENV)/development ## Measure against a textbook API (BENCH_N records; both databases)
	$(BIN)/python benchmarks/run.py

lock: $(VENV)/development ## Write the hashed lock files anew from pyproject.toml
	for extra in "" dev; do \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
			--no-annotate --no-emit-index-url --no-emit-find-links --upgrade \
			$${extra:+--extra $$extra} pyproject.toml \
			--output-file requirements$${extra:+-$$extra}.lock; \
	done

clean: ## Remove the environment, the development database and caches
	rm -rf $(VENV) var .pytest_cache .mypy_cache .ruff_cache .hypothesis

.PHONY: help prepare serve test test-postgres lint schema release-schema clients guide-pictures bench lock clean
