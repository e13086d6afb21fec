.DEFAULT_GOAL := help
SHELL := /bin/bash
FRONTDESK := .venv/bin/frontdesk

.PHONY: help setup run test lint format train bench attacks faults shell lock clean

help: ## Show what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## Set up both environments and the front-end packages
	@script/setup

run: setup ## Set up, train if needed, start everything, print where to look
	@exec $(FRONTDESK) run

test: ## Set up, then lint and run all tests
	@script/setup --tests
	@$(MAKE) --no-print-directory lint
	@.venv/bin/pytest -n auto -m "not processes and not browser and not faults" $(PYTEST_ARGS)
	@.venv/bin/pytest -m "(processes or browser) and not faults" $(PYTEST_ARGS)

lint: setup ## Style, types, layering, wording and department checks
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo
	@$(FRONTDESK) check-department department
	@$(FRONTDESK) check-training-data

format: setup ## Put the code in order
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

train: setup ## Check the training data, train the model, measure it on the test sets
	@script/rasa data validate
	@$(FRONTDESK) train
	@for set in tests/nlu/*.tsv; do echo $$set; $(FRONTDESK) understand $$set --at-least 0.85 || exit 1; done
	@for set in tests/desk/safety/*_danger.tsv; do echo $$set; $(FRONTDESK) screen $$set --at-least 0.99 || exit 1; done
	@script/rasa test core --stories tests/bot/talks.yml --model models --out results

bench: setup ## Measure load, and write docs/benchmarks.md
	@.venv/bin/python -m tests.load.bench

attacks: setup ## Attack the running processes, and write docs/attacks.md
	@FRONTDESK_ATTACKS_PAGE=docs/attacks.md .venv/bin/pytest tests/attacks

faults: setup ## Break one part after the other, count what was lost, and write docs/faults.md
	@FAULTS_REPORT=$(if $(PYTEST_ARGS),,docs/faults.md) .venv/bin/pytest tests/faults -m faults -v $(PYTEST_ARGS)

shell: setup ## A shell with `rasa` on PATH: rasa train, rasa test, rasa shell nlu
	@exec $(FRONTDESK) shell

lock: ## Write the lock files anew from the two pyproject.toml
	@.venv/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 --extra dev pyproject.toml -o requirements.lock
	@cd bot && ../.venv/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.10 pyproject.toml -o requirements.lock

clean: ## Remove environments, models, databases and caches
	@rm -rf .venv bot/.venv console/node_modules models var .rasa results .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
