# `make demo` and `make test` are all that a newcomer needs; both set up what they use.
PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
# Two for each core: half of the time tests wait for a timer, a process or a disk. The fast tests rarely wait.
TEST_PROCESSES ?= $(shell $(PYTHON) -c 'import os; print(2 * os.cpu_count())')
FAST_TEST_PROCESSES ?= logical

.PHONY: setup demo test test-fast check docs queries web screenshots infra format bench bench-quick bench-page bench-batches bench-waiting bench-variants lock clean

setup: $(VENV)/.local-installed
$(VENV)/.local-installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv --without-pip $(VENV)
	PYTHON=$(PYTHON) bash .ci/install --extra local
	touch $@

$(VENV)/.dev-installed: $(VENV)/.local-installed
	PYTHON=$(PYTHON) bash .ci/install --all-extras
	touch $@

demo: setup
	$(BIN)/seeder run --offline --target-count 210 --parallel-image-requests 24

tests/%/node_modules/.installed: tests/%/package-lock.json
	@command -v npm >/dev/null || { echo 'npm is needed: tests run packages of it (install Node.js 20 or newer)'; exit 1; }
	cd $(@D)/.. && npm ci --silent --no-audit --no-fund
	touch $@

NODE_PACKAGES := $(patsubst %,tests/%/node_modules/.installed,azurite kusto web)
# In a process of its own, because its requests are made in a thread: what other tests leave in the process may disturb it.
CONFORMANCE := tests/triggers/test_openapi_conformance.py
test: $(VENV)/.dev-installed $(NODE_PACKAGES)
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist worksteal --ignore=$(CONFORMANCE)
	$(BIN)/python -m pytest $(CONFORMANCE)

# The tests that need no Node.js, start no process and take about a second at most.
test-fast: $(VENV)/.dev-installed
	$(BIN)/python -m pytest -n $(FAST_TEST_PROCESSES) --dist worksteal -m 'not azurite and not browser and not processes and not slow'

check: $(VENV)/.dev-installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m docs.tools.reference --check
	$(BIN)/python -m docs.tools.prose
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory queries web; else echo 'queries, web: not checked, there is no npm'; fi

# Writes the generated parts of the documents, .env.example and local.settings.example.json.
docs: $(VENV)/.dev-installed
	$(BIN)/python -m docs.tools.reference

# Parses the queries of templates and documents as Azure Monitor does.
queries: tests/kusto/node_modules/.installed
	node tests/kusto/check.cjs

# Checks the types of the review page's code, and its vendored modules.
web: tests/web/node_modules/.installed
	node tests/web/check.cjs

# Compiles, lints and compares the templates; needs the Bicep compiler. BICEP=... names another command.
infra:
	infra/check.sh

# Measures every figure of docs/performance.md, in under an hour; bench-quick measures most of them in under 5 minutes.
bench: setup
	$(BIN)/python -m bench
bench-quick: setup
	$(BIN)/python -m bench --quick

# Measures the review page in a browser, with 5,000 items.
bench-page: $(VENV)/.dev-installed
	$(BIN)/python -m bench.review_page

# Kills a run of 5,000 images in the provider's batches 25 times, and checks its images and its bill; about 5 minutes.
bench-batches: $(VENV)/.dev-installed
	$(BIN)/python -m bench.image_batches

# Measures the CPU time of a host that waits for image batches, with the real intervals; half an hour, Linux only.
bench-waiting: $(VENV)/.dev-installed
	$(BIN)/python -m bench.waiting_host

# Measures what image variants cost in CPU and memory, and checks every file.
bench-variants: setup
	$(BIN)/python -m bench.image_variants

# Makes the screenshots of the review page in docs/images, of simulated images.
screenshots: $(VENV)/.dev-installed
	$(BIN)/python -m docs.tools.screenshots

format: $(VENV)/.dev-installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Resolves the dependencies again, for Python 3.11-3.13 and every platform, with a hash of each file.
# requirements.txt is the part of requirements.lock that Azure installs.
UV_COMPILE = uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --quiet
lock: $(VENV)/.dev-installed
	PATH="$(BIN):$$PATH" $(UV_COMPILE) --all-extras --output-file requirements.lock
	PATH="$(BIN):$$PATH" $(UV_COMPILE) --constraint requirements.lock --output-file requirements.txt

clean:
	rm -rf $(VENV) build data_seed tests/*/node_modules *.egg-info .mypy_cache .ruff_cache .pytest_cache
