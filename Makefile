# What can be done with the project: plain `make` lists it. All of it is decided in make.py, which also runs without make.

# Any Python can start make.py, which looks for a fitting one. `make PYTHONS=/path/to/python …` names it.
PYTHON := $(shell for name in $(PYTHONS) python3 python3.13 python3.12 python3.11 python; do \
  command -v $$name && break; done)
MAKE_PY = @exec "$(or $(PYTHON),$(error Set-up: needs Python 3.11 or newer, and found none))" make.py

# One command at a time: each may have to set up .venv first.
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help report test lab quarto check lint format clean

help:
	$(MAKE_PY)

# DATA, OUTPUT and ARGS reach make.py through the environment, where make puts what is said on its command line.
report test lab quarto check lint format clean:
	$(MAKE_PY) $@
