# The one-word commands of this project; `make` lists them.
#
# requirements/ is locked with hashes by `make lock`, from pyproject.toml.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3.11)
BIN := .venv/bin
READY := .venv/.ready
GENERATORS := .venv/.sdks
PEERS := .venv/.bench
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
COMPILE := $(BIN)/uv pip compile --quiet --no-config --generate-hashes --no-header --python-version 3.11

.PHONY: help
help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(READY) ## Make .venv with everything that is locked; quick when nothing changed

$(READY): requirements/dev.txt pyproject.toml
	@command -v "$(PYTHON)" >/dev/null || { echo "Python 3.11 or newer is needed; none was found." >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is older. Name another: make setup PYTHON=..." >&2; exit 1; }
	@echo "Installing the locked dependencies, about a minute ..."
	"$(PYTHON)" -m venv .venv
	$(PIP) install --require-hashes -r requirements/dev.txt
	$(PIP) install --no-build-isolation --no-deps -e .
	@touch $@

.PHONY: demo
demo: setup ## A tour with simulated deployments, then a filled sandbox (DEMO_EXIT=1: end after the tour)
	@$(BIN)/spe-gateway demo $(if $(DEMO_EXIT),--exit)

.PHONY: cluster-demo
cluster-demo: setup ## Gateways and workers behind a proxy, kill -9 meanwhile (CLUSTER_QUEUE=rabbitmq, DEMO_EXIT=1)
	@scripts/test-services postgresql redis-server haproxy $(if $(filter rabbitmq,$(CLUSTER_QUEUE)),rabbitmq-server)
	@$(BIN)/python -m deploy.cluster $(if $(CLUSTER_QUEUE),--queue $(CLUSTER_QUEUE)) $(if $(DEMO_EXIT),--exit)

.PHONY: test
test: lint ## Lint, then run every test (T=path runs some)
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder $(T)

.PHONY: services
services: ## Install the servers and programs that tests start (Debian, as root)
	@scripts/test-services

.PHONY: test-long
test-long: setup ## 50,000 calls against the model of tenancy, as many against the contract, with new seeds (CALLS=n)
	$(BIN)/python -m tests.model --calls $(or $(CALLS),50000)
	$(BIN)/python -m tests.contract.fuzz --cases $(or $(CALLS),50000)

.PHONY: test-faults
test-faults: setup ## Kill gateways, workers and receivers at every fail point, on every stack (about an hour)
	$(BIN)/python -m tests.faults.kills
	$(BIN)/python -m tests.faults.events

.PHONY: image
image: setup ## Build the image on a stand-in base, without a registry, and prove that it serves (as root)
	scripts/image build --stand-in
	scripts/image prove

.PHONY: bench
bench: $(PEERS) ## Measure against peers, ten minutes; fails when a ratio misses its goal (BENCH_SHORT=1: two)
	@scripts/bench-services
	@$(BIN)/python -m benchmarks $(if $(BENCH_SHORT),--short)

$(PEERS): requirements/bench.txt $(READY)
	@echo "Installing the locked libraries of the benchmarks ..."
	$(PIP) install --require-hashes -r requirements/bench.txt
	@touch $@

.PHONY: lint
lint: setup ## Check style, types, layers and the Dockerfile
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

.PHONY: format
format: setup ## Bring the code into shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: openapi
openapi: setup ## Write the contract (openapi/*.yaml, *.json) and COVERAGE.md anew from the code
	$(BIN)/spe-gateway openapi --folder openapi
	$(BIN)/spe-gateway coverage --write openapi/COVERAGE.md

.PHONY: release-contract
release-contract: openapi ## Freeze the contract as the release's, which later ones must not break
	$(BIN)/spe-gateway openapi --release openapi/released.json

.PHONY: sdks
sdks: $(GENERATORS) ## Make every SDK whose toolchain is there, and run the main job with each (SDK=name: one)
	$(BIN)/python -m openapi.sdk $(SDK)

$(GENERATORS): requirements/sdks.txt $(READY)
	@echo "Installing the locked generators of SDKs ..."
	$(PIP) install --require-hashes -r requirements/sdks.txt
	@touch $@

.PHONY: lock
lock: setup ## Lock the dependencies anew, with hashes
	$(COMPILE) pyproject.toml -o requirements/runtime.txt
	$(COMPILE) --extra dev -c requirements/runtime.txt pyproject.toml -o requirements/dev.txt
	$(COMPILE) --extra sdks -c requirements/dev.txt pyproject.toml -o requirements/sdks.txt
	$(COMPILE) --extra otel -c requirements/dev.txt pyproject.toml -o requirements/otel.txt
	$(COMPILE) --extra bench -c requirements/dev.txt pyproject.toml -o requirements/bench.txt

.PHONY: clean
clean: ## Remove what the other targets made
	rm -rf .venv build *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache .coverage
	find gateway tests -name __pycache__ -type d -prune -exec rm -rf {} +
