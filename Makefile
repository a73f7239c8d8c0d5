# `make demo` and `make test` are all that a newcomer needs; both set up what they use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TEST_PROCESSES ?= logical

.PHONY: setup demo test check docs queries infra format bench bench-quick lock clean

setup: $(VENV)/.local-installed
$(VENV)/.local-installed: requirements/local.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/local.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

$(VENV)/.dev-installed: $(VENV)/.local-installed requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	touch $@

demo: setup
	$(BIN)/seeder run --offline --target-count 210 --parallel-image-requests 16

tests/%/node_modules/.installed: tests/%/package-lock.json
	@command -v npm >/dev/null || { echo 'npm is needed: tests run packages of it (install Node.js 20 or newer)'; exit 1; }
	cd $(@D)/.. && npm ci --silent --no-audit --no-fund
	touch $@

test: $(VENV)/.dev-installed tests/azurite/node_modules/.installed tests/kusto/node_modules/.installed
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist worksteal

check: $(VENV)/.dev-installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m docs.tools.reference --check
	$(BIN)/python -m docs.tools.prose
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory queries; else echo 'queries: not parsed, there is no npm'; fi

# Writes the generated parts of the documents, .env.example and local.settings.example.json.
docs: $(VENV)/.dev-installed
	$(BIN)/python -m docs.tools.reference

# Parses the queries of templates and documents as Azure Monitor does.
queries: tests/kusto/node_modules/.installed
	node tests/kusto/check.cjs

# Compiles, lints and compares the templates; needs the Bicep compiler. BICEP=... names another command.
infra:
	infra/check.sh

# Measures everything that docs/performance.md tells: in under an hour, or in under 5 minutes.
bench: setup
	$(BIN)/python -m bench
bench-quick: setup
	$(BIN)/python -m bench --quick

format: $(VENV)/.dev-installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Resolves the dependency lists anew; needs uv. Python 3.11-3.13, every platform, hashes of every wheel.
UV_COMPILE = uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --quiet
lock:
	$(UV_COMPILE) --output-file requirements.txt
	$(UV_COMPILE) --extra local --constraint requirements.txt --output-file requirements/local.txt
	$(UV_COMPILE) --extra local --extra fal --extra dev --constraint requirements/local.txt --output-file requirements/dev.txt

clean:
	rm -rf $(VENV) build data_seed tests/azurite/node_modules tests/kusto/node_modules *.egg-info .mypy_cache .ruff_cache .pytest_cache
