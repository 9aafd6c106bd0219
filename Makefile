# The CNN Workbook. `make` alone lists the targets; .ci/bootstrap.py does the work.
# PYTHON=/path/to/python3.12 chooses the interpreter; LAB_ARGS="--no-browser --port 8899" goes to JupyterLab.

# Python 3.7 or later can run the script, which then finds a supported one.
launcher := $(shell for name in $(if $(PYTHON),"$(PYTHON)",python3 python3.13 python3.12 python3.11 python); do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 7))' >/dev/null 2>&1 && echo "$$name" && break; done)
export PYTHON LAB_ARGS

.DEFAULT_GOAL := help
.PHONY: help lab dev test claims fast lint build site lock clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

lab:  ## open the course in JupyterLab
dev:  ## make the environment for tests and development, and run nothing
test:  ## run the tests and the complete notebooks (a quarter of an hour on two cores)
claims:  ## run what trains for long, and the learner's notebooks offline (half an hour)
fast:  ## run the quick tests alone
lint:  ## check style, types, and that the notebooks match their sources
build:  ## build the notebooks from solutions/*.py
site:  ## build the course as a site to read, in site/
lock:  ## write requirements.lock after a change of requirements.txt or pyproject.toml
clean:  ## remove .venv and the caches

lab dev test claims fast lint build site lock clean:
ifeq ($(launcher),)
	@echo "The CNN Workbook needs Python 3.11, 3.12 or 3.13, and $(or $(PYTHON),python3) is none. Install one, or name it: make $@ PYTHON=/path/to/python3.12" >&2; exit 1
else
	@"$(launcher)" .ci/bootstrap.py $@
endif
