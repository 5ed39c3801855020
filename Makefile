# What people and CI call. Longer logic is in tests/stack/*.sh.

SHELL := /bin/bash
CARGO ?= cargo
DEBUG := target/debug/push-stack
RELEASE := target/release/push-stack
# What runs in the stack: every crate under workers/ and what it needs around it. The Makefile names no vendor.
PACKAGES := -p push-stack -p push-sim $(patsubst workers/%/Cargo.toml,-p push-%,$(wildcard workers/*/Cargo.toml))

.PHONY: help setup demo up down test bench check schemas

help: ## what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-9s %s\n", $$1, $$2 }'

setup: ## install what is missing: RabbitMQ, Redis, Prometheus' promtool, Python environments
	@tests/stack/setup.sh all

demo: ## everything once: publish a mixed load, make faults, judge what became of every job
	@tests/stack/setup.sh run
	$(CARGO) build --locked $(PACKAGES) --bins
	@$(DEBUG) demo

up: ## the stack in the background; its addresses are in target/dev/env
	@tests/stack/setup.sh run
	$(CARGO) build --locked $(PACKAGES) --bins
	@$(DEBUG) up

down: ## end what make up started
	@if [ -x $(DEBUG) ]; then $(DEBUG) down; else echo "the stack is not up"; fi

test: ## every test, with the seconds of each stage
	@tests/stack/test.sh

bench: ## jobs per second against a bare loop, and beside another app's backlog; figures in target/bench/summary.json
	@tests/stack/setup.sh run
	$(CARGO) build --locked --release $(PACKAGES) --bins
	@$(RELEASE) bench

check: ## formatting and lints
	@tests/stack/setup.sh check
	$(CARGO) fmt --all --check
	rustfmt --edition 2024 --check $(wildcard tests/sim/src/vendors/*/mod.rs)
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings

schemas: ## write schemas/, the chart's values.schema.json and dashboards, docs/metrics.md and docs/classification.md from the code
	$(CARGO) run --locked -p push-contract --example schemas -- write
	$(CARGO) run --locked -p push-worker --example docs -- write
	python3 tests/helm/values_schema.py write
	python3 tests/helm/dashboards.py write
	$(CARGO) build --locked $(PACKAGES) --bins
	@$(DEBUG) classes
