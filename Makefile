# PYTHON names the Python that makes .venv: make run PYTHON=python3.12
PYTHON ?= python3
START = @$(PYTHON) postways/local/bootstrap.py

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /make \1  /p' Makefile

run: ## start Postways on this machine, with demo people, until Ctrl-C
	$(START) run

test: ## linters, types and the whole suite, on SQLite, on Postgres and in a browser where they are found
	$(START) test

lint: ## linters and types alone
	$(START) lint

bench: ## measure speed and memory; ONLY=feed runs one part
	$(START) bench $(ONLY)

.PHONY: help run test lint bench
