# make demo and make test set everything up by themselves: a virtual environment in .venv with pinned packages.
# GPU=1: TensorFlow for NVIDIA's GPUs, in an environment made anew, since both kinds fill one folder.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
BIN := .venv/bin
KIND := $(if $(GPU),gpu,cpu)
OTHERS := $(wildcard $(if $(GPU),.venv/ready .venv/ready-cpu,.venv/ready-gpu))
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: setup demo test lint readme bench clean

setup: .venv/ready-$(KIND)

.venv/ready-$(KIND): requirements.lock requirements-$(KIND).lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "expected Python 3.11 or newer, found " + sys.version)'
	$(PYTHON) -m venv $(if $(OTHERS),--clear) .venv
	$(PIP) --requirement requirements.lock --requirement requirements-$(KIND).lock
	$(PIP) --no-deps --no-build-isolation --config-settings editable_mode=compat --editable .  # a path alone: quick to start
	touch $@

demo: setup
	$(BIN)/python run_all.py --dataset sample --extract.backbone handcrafted
	@echo "Page:     output/sample/06_visualize/gallery.html (open it in a browser)"
	@echo "Pictures: output/sample/06_visualize/"
	@echo "Groups:   output/sample/04_cluster/clusters.csv"
	@echo "Scores:   output/sample/05_evaluate/report.md"

test: setup
	$(BIN)/python -m pytest -n auto --dist worksteal

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

readme: setup
	$(BIN)/python docs/tables.py

# Real photos and weights for the measurements, and the tools to compare with, in an environment of their own.
SHARED ?= ../shared
WEIGHTS ?= $(SHARED)/weights/mobilenet_v2_imagenet_notop.weights.h5

.venv-bench/ready: benchmarks/peers.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --requirement benchmarks/peers.txt
	touch $@

bench: setup .venv-bench/ready
	$(BIN)/python benchmarks/extract.py --photos $(SHARED)/data/clothing --weights $(WEIGHTS) --fastdup .venv-bench/bin/python
	$(BIN)/python benchmarks/prepare.py $(SHARED)/data/clothing $(SHARED)/data/grocery
	$(BIN)/python benchmarks/memory.py
	$(BIN)/python benchmarks/som.py --xpysom .venv-bench/bin/python
	$(BIN)/python benchmarks/scale.py --photos 10000 100000 --rows 10000 100000
	$(BIN)/python benchmarks/edges.py $(SHARED)/data/clothing
	$(BIN)/python benchmarks/quality.py --weights $(WEIGHTS)
	$(BIN)/python benchmarks/unseen_sets.py --shared $(SHARED)
	$(BIN)/python benchmarks/finetune.py $(SHARED)/data/grocery --weights $(WEIGHTS)
	$(BIN)/python benchmarks/unseen.py $(SHARED)/data/grocery --weights $(WEIGHTS)
	$(BIN)/python benchmarks/review.py --weights $(WEIGHTS)
	$(BIN)/python benchmarks/confirmed.py $(SHARED)/data/grocery --weights $(WEIGHTS)
	$(BIN)/python benchmarks/backbones.py
	$(BIN)/python benchmarks/search.py
	$(BIN)/python benchmarks/serve.py
	$(BIN)/python benchmarks/hostile.py
	$(BIN)/python benchmarks/gallery.py
	$(BIN)/python benchmarks/faults.py

clean:
	rm -rf .venv .venv-bench benchmarks/work
