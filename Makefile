# Sets up what the report needs in .venv, and runs it there. Plain `make` lists the targets.
# Needs Python >= 3.11, make and a package registry; installs nothing outside this folder.

VENV := .venv
PYTHON := $(VENV)/bin/python
PIP := $(PYTHON) -m pip --disable-pip-version-check
RUN := $(PYTHON) -m districtloss
# First choice: a version that the pins are tested with. Say `make PYTHONS=/path/to/python …` for another.
PYTHONS := python3.13 python3.12 python3.11 python3 python

QUARTO_VERSION := 1.10.19
QUARTO_PAGE := https://github.com/quarto-dev/quarto-cli/releases
NO_QUARTO := $(VENV)/quarto-not-to-be-had

# The stamps are named after what they vouch for, and written last: changed pins, a moved folder or an
# interrupted install make them missing, and only then is the work done again.
PACKAGES := $(VENV)/packages-$(shell { pwd; cat requirements.lock; } | cksum | cut -d ' ' -f 1)
READY := $(VENV)/ready-$(shell cksum <pyproject.toml | cut -d ' ' -f 1)
# The Python that .venv was made from can go away; then .venv is made again too.
ifneq ($(shell test -x $(PYTHON) && echo works),works)
.PHONY: $(PACKAGES)
endif

# So that Quarto, Papermill and the tests find what is installed in .venv.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help report test quarto check lint format clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

report: $(READY) ## build the report [DATA=folder] [OUTPUT=folder] [ARGS="other options of districtloss build"]
	@command -v quarto >/dev/null || test -e $(NO_QUARTO) || $(MAKE) -s quarto 2>/dev/null || true
	@if command -v quarto >/dev/null; then echo "Report: the renderer is Quarto $$(quarto --version)."; \
	else echo "Report: the renderer is Pandoc with Typst, as Quarto is not here ('make quarto' tries to install it)."; fi
	@$(RUN) build $(if $(DATA),--data "$(DATA)") $(if $(OUTPUT),--output "$(OUTPUT)") $(ARGS)

test: lint ## run the linters and all tests [ARGS="options of pytest"]
	@$(PYTHON) -m pytest -n 2 --dist loadfile $(ARGS)

quarto: $(READY) ## install Quarto into .venv, if its release page can be reached
	@rm -f $(NO_QUARTO)
	@if command -v quarto >/dev/null; then echo "Quarto $$(quarto --version) is here already."; exit; fi; \
	echo "Set-up: trying to install Quarto $(QUARTO_VERSION)."; \
	if { $(REACH_QUARTO) && $(INSTALL_QUARTO) && quarto --version; } >$(VENV)/quarto.log 2>&1; \
	then echo "Set-up: Quarto is installed."; exit; fi; \
	$(PIP) uninstall -qq --yes quarto-cli >/dev/null 2>&1; touch $(NO_QUARTO); \
	echo "Set-up: Quarto cannot be installed here; the end of $(VENV)/quarto.log tells why."; exit 1

check: $(READY) ## list every fault in the data [DATA=folder]
	@$(RUN) check $(if $(DATA),--data "$(DATA)")

lint: $(READY) ## check style and types
	@$(PYTHON) -m ruff check
	@$(PYTHON) -m ruff format --check
	@$(PYTHON) -m mypy

format: $(READY) ## put code and notebooks into the project's form
	@$(PYTHON) -m ruff check --fix
	@$(PYTHON) -m ruff format
	@$(PYTHON) -m nbstripout --keep-id analysis/notebooks/*.ipynb

clean: ## remove build/ and caches (.venv stays)
	rm -rf build .quarto _book .pytest_cache .mypy_cache .ruff_cache .hypothesis

# A download inside the package has no time limit of its own, so the page is asked first.
REACH_QUARTO = $(PYTHON) -c 'import urllib.request as u; u.urlopen("$(QUARTO_PAGE)", timeout=10)'
# The package's dependencies are for its Jupyter engine, which a book without code cells does not start.
INSTALL_QUARTO = $(PIP) install --no-deps --no-build-isolation quarto-cli==$(QUARTO_VERSION)

# ensurepip: Debian ships Python without it, and then no environment can be made.
$(PACKAGES):
	@for python in $(PYTHONS); do \
	  if "$$python" -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "Set-up: needs Python 3.11 or newer with venv, and found none of: $(PYTHONS). (Debian: apt-get install python3-venv)" >&2; \
	  exit 1; \
	fi; \
	echo "Set-up: making $(VENV) with $$("$$found" --version)."; \
	rm -rf $(VENV) && "$$found" -m venv $(VENV)
	@echo "Set-up: installing the pinned packages (a minute or two, this once)."
	@$(PIP) install -qq --no-deps --no-compile --require-hashes -r requirements.lock
	@# On every core at once, which pip does not do. Some packages carry templates that are no Python: no fault of ours.
	@$(PYTHON) -m compileall -qq -j 0 $(VENV)/lib >/dev/null 2>&1 || true
	@touch $@

$(READY): $(PACKAGES)
	@echo "Set-up: installing districtloss itself."
	@$(PIP) install -qq --no-deps --no-build-isolation -e .
	@rm -f $(VENV)/ready-*
	@touch $@
