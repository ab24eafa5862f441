# Two commands to begin with: `make serve` and `make test`.
PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
WORKERS ?= 1
VENV ?= .venv
BIN := $(VENV)/bin
VALIDATORS ?= $(VENV)-validators
CLIENTS ?= .venv-clients
GENERATORS ?= .venv-generators
PEERS ?= var/peers
STANDARDS_DIR ?= ../shared/standards
TESTS ?= --ignore tests/clients
SLOW ?= slow or browser
INTERPRETERS ?= python3 python3.11 python3.12 python3.13 python3.14
POSTGRES_URL ?= postgres://postgres@127.0.0.1:5432/aidapi
export PYTHONUNBUFFERED = 1
# Modules that are compiled anew cost each command and each test process seconds.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 22

# uv installs in seconds, pip in half a minute, but uv does not read pip's configuration. So the package
# index is read from there and passed to uv; if uv still fails (a proxy, a keyring), pip installs the list.
define install_into
	@index=$$(for section in :env: install global; do \
		$(BIN)/pip config get $$section.index-url 2>/dev/null && break; done); \
	export UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$$index}" UV_SYSTEM_CERTS="$${UV_SYSTEM_CERTS:-true}"; \
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(1)/python --require-hashes --requirement $(2) || \
	$(1)/pip install --quiet --require-hashes --requirement $(2)
endef

$(BIN)/uv: requirements-uv.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes --requirement requirements-uv.lock
	@touch $@

$(VENV)/runtime: requirements.lock $(BIN)/uv
	$(call install_into,$(BIN),requirements.lock)
	@touch $@

$(VENV)/development: requirements-dev.lock $(BIN)/uv
	$(call install_into,$(BIN),requirements-dev.lock)
	@touch $@ $(VENV)/runtime

prepare: $(VENV)/runtime ## Install, migrate, load the dataset and collect static files
	$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py load_dataset fixtures || \
		echo "Not all of the dataset's files was loaded, see above. The database has what it had." >&2
	$(BIN)/python manage.py collectstatic --noinput --verbosity 0

serve: prepare ## Prepare, and serve on PORT (8000)
	@echo "AidAPI is at http://$(HOST):$(PORT)/"
	exec $(BIN)/python -m aidapi.server --host $(HOST) --port $(PORT) --workers $(WORKERS)

test: $(VENV)/development ## Run the tests, of slow ones a sample, on SQLite or DATABASE_URL
	$(BIN)/pytest -n 2 --dist loadscope --no-loadscope-reorder $(TESTS)

test-slow: $(VENV)/development ## Run all slow tests: browser, upgrades, long properties
	THOROUGH=1 $(BIN)/pytest -n 2 --dist loadscope --no-loadscope-reorder -m "$(SLOW)" $(TESTS) \
		|| [ $$? -eq 5 ] # none of TESTS is slow

test-postgres: ## Run the tests and the slow ones, without browsers, on PostgreSQL (POSTGRES_URL)
	DATABASE_URL=$(POSTGRES_URL) $(MAKE) test test-slow SLOW="slow and not browser"

test-interpreters: ## Run the tests on each of INTERPRETERS that is found (TESTS=… for some tests)
	@seen=" "; for python in $(INTERPRETERS); do \
		version=$$($$python -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || \
			{ echo "$$python: not found, skipped"; continue; }; \
		case "$$seen" in *" $$version "*) continue;; esac; \
		seen="$$seen$$version "; \
		echo "--- Python $$version"; \
		$(MAKE) PYTHON=$$python VENV=.venv-$$version test || exit 1; \
	done; echo "Tested on Python:$$seen"

lint: $(VENV)/development ## Check style, types, migrations and production settings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/python manage.py makemigrations --check --dry-run
	ENVIRONMENT=production SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(60))') \
		CURSOR_KEYS=checked ALLOWED_HOSTS=example.org DATABASE_URL=sqlite://:memory: \
		$(BIN)/python manage.py check --deploy --fail-level WARNING

schema: $(VENV)/development ## Write openapi/openapi.yaml
	$(BIN)/python manage.py spectacular --file openapi/openapi.yaml --validate --fail-on-warn

examples: $(VENV)/development ## Record the example responses of the OpenAPI document from the dataset
	OPENAPI_EXAMPLES=1 $(BIN)/pytest -p no:randomly tests/contract/test_examples.py -k responses
	$(MAKE) schema

schema-check: $(VENV)/development ## Check that openapi/openapi.yaml is what the code generates
	@generated=$$(mktemp) && trap 'rm -f "$$generated"' EXIT && \
	$(BIN)/python manage.py spectacular --file "$$generated" --validate --fail-on-warn && \
	diff -u openapi/openapi.yaml "$$generated" || \
	{ echo "openapi/openapi.yaml is out of date: run make schema." >&2; exit 1; }

release-schema: schema ## Record openapi.yaml as that of the version in pyproject.toml
	@version=$$(sed -n 's/^version = "\(.*\)"$$/\1/p' pyproject.toml); \
	if grep -q "^## $$version - " CHANGELOG.md; then \
		echo "$$version is released and its schema is final. Raise the version first." >&2; exit 1; \
	fi; \
	cp openapi/openapi.yaml openapi/released/$$version.yaml

$(CLIENTS)/installed: requirements-clients.lock $(wildcard clients/*/pyproject.toml clients/*/src/*/*.py) $(BIN)/uv
	$(PYTHON) -m venv $(CLIENTS)
	$(call install_into,$(CLIENTS)/bin,requirements-clients.lock)
	$(CLIENTS)/bin/pip install --quiet --no-deps --no-build-isolation --force-reinstall \
		./clients/python ./clients/mcp
	@touch $@

clients: $(VENV)/development $(CLIENTS)/installed ## Test clients in Python, TypeScript and MCP, and docs/loading.md (needs Node)
	cd clients/typescript && npm ci --ignore-scripts --no-audit --no-fund
	CLIENTS_PYTHON=$(abspath $(CLIENTS))/bin/python $(BIN)/pytest tests/clients --ignore tests/clients/generators

$(GENERATORS)/ready: generators/requirements.lock $(BIN)/uv
	$(PYTHON) -m venv $(GENERATORS)
	$(call install_into,$(GENERATORS)/bin,$<)
	@touch $@

generators/node_modules/ready: generators/package-lock.json
	cd generators && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

# The packages for Node bring a Node of their own, since Debian's is older than some of them take.
generators: $(VENV)/development $(GENERATORS)/ready generators/node_modules/ready ## Call every operation through clients of other generators (needs npm, Java)
	GENERATORS_PYTHON=$(abspath $(GENERATORS))/bin/python $(BIN)/pytest tests/clients/generators tests/clients/test_python.py

$(VALIDATORS)/ready: validators/requirements.lock $(BIN)/uv
	$(PYTHON) -m venv $(VALIDATORS)
	$(call install_into,$(VALIDATORS)/bin,$<)
	@touch $@

validators: prepare $(VALIDATORS)/ready ## Check a release with the programs of the standards (STANDARDS_DIR)
	@releases=$$(mktemp -d) && trap 'rm -rf "$$releases"' EXIT && \
	$(BIN)/python manage.py make_release --directory "$$releases" && \
	$(VALIDATORS)/bin/python -m validators.check "$$releases"/20* --standards "$(STANDARDS_DIR)"

guide-pictures: $(VENV)/development ## Retake the pictures of docs/curating.md (needs Chromium)
	THOROUGH=1 GUIDE_PICTURES=docs/curating $(BIN)/pytest tests/curation/test_story.py -k readers

chart-pictures: $(VENV)/development ## Retake the pictures of docs/charts.md (needs Chromium)
	THOROUGH=1 CHART_PICTURES=docs/charts $(BIN)/pytest tests/site/test_charts_in_a_browser.py -k pictures

# The server in django-ninja reads our models, so it has our requirements besides.
$(PEERS)/ready: benchmarks/peers/requirements.lock requirements.lock $(BIN)/uv
	$(PYTHON) -m venv $(PEERS)
	$(call install_into,$(PEERS)/bin,requirements.lock)
	$(call install_into,$(PEERS)/bin,$<)
	@touch $@

bench: $(VENV)/development $(PEERS)/ready ## Measure beside other servers (BENCH_N records; both databases; wrk)
	PEERS_PYTHON=$(abspath $(PEERS))/bin/python $(BIN)/python -m benchmarks.run $(BENCH)

bench-docs: $(VENV)/development ## Show the last run of `make bench` in docs/benchmarks.md
	$(BIN)/python -m benchmarks.report

drills: $(VENV)/development ## Run the drills: overload, faults, kills, moves and restores
	$(BIN)/python drills/overload.py
	$(BIN)/python drills/overload.py --database postgresql
	$(BIN)/python drills/waiting.py
	$(BIN)/python drills/restore.py
	$(BIN)/python drills/moving.py
	$(BIN)/python drills/kills.py
	$(BIN)/python drills/redis_faults.py
	$(BIN)/python drills/database_away.py
	$(BIN)/python drills/workers.py
	$(BIN)/python drills/pooling.py
	$(BIN)/python drills/edge.py
	$(BIN)/python drills/many.py
	$(BIN)/python drills/many.py --short --proxy nginx
	$(BIN)/python drills/many.py --publications 5000
	$(BIN)/python drills/container.py

lock: $(BIN)/uv ## Update the hashed lists of dependencies from pyproject.toml
	@compile() { $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links "$$@"; }; \
	compile pyproject.toml --output-file requirements.lock && \
	compile pyproject.toml --group dev --output-file requirements-dev.lock && \
	compile --group uv --output-file requirements-uv.lock && \
	compile --group clients --output-file requirements-clients.lock && \
	compile validators/pyproject.toml --output-file validators/requirements.lock && \
	compile generators/pyproject.toml --output-file generators/requirements.lock && \
	compile benchmarks/peers/pyproject.toml --constraint requirements.lock \
		--output-file benchmarks/peers/requirements.lock

clean: ## Remove environments, the development database and caches
	rm -rf .venv .venv-* $(VENV) $(VALIDATORS) $(CLIENTS) $(GENERATORS) generators/node_modules var .pytest_cache .mypy_cache .ruff_cache .hypothesis

.PHONY: help prepare serve test test-slow test-postgres test-interpreters lint schema examples schema-check \
	release-schema clients generators validators guide-pictures chart-pictures bench bench-docs \
	drills lock clean
