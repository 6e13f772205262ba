# Each target does its own set-up, can be repeated, and asks for nothing.

SONG ?=
BIN := .venv/bin
# Two workers on two cores; each render test holds a browser of its own.
WORKERS ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)
# Node, where setup had to bring its own.
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help setup demo test test-fast test-full test-coverage test-parallel check format bench

help:
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: ## install what is needed and build the frontend
	@scripts/setup.sh

demo: setup ## render the example song (or SONG=path) and print the video's path
	@scripts/demo.sh "$(SONG)"

test: setup ## every test that CI runs
	npm run --silent test
	$(BIN)/python -m pytest -q -m "not long" -n $(WORKERS) --dist loadgroup

test-fast: setup ## what needs no browser
	npm run --silent test
	$(BIN)/python -m pytest -q -m "not long and not render"

test-full: setup ## everything, all repetitions
	npm run --silent test
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadgroup

test-parallel: test ## the tests side by side (as make test runs them)

test-coverage: setup ## line coverage of what needs no browser of its own process
	$(BIN)/python -m pytest -q -m "not long" --cov=oriel --cov-report=term-missing:skip-covered

check: setup ## format, lint, types, import order
	$(BIN)/ruff format --check src tests benchmarks examples
	$(BIN)/ruff check src tests benchmarks examples
	$(BIN)/mypy
	$(BIN)/lint-imports
	npm run --silent check

format: setup ## mend what the formatter can
	$(BIN)/ruff format src tests benchmarks examples
	$(BIN)/ruff check --fix src tests benchmarks examples

bench: setup ## speed and memory of every look and preset (SONG=path for any song), as text and JSON in build/
	$(BIN)/python -m benchmarks.bench --presets --uhd --whole $(if $(SONG),--song "$(SONG)") --json build/bench.json
