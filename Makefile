# What people run by hand; .ci/run is what every change has to pass. `make nightly` takes some hours.
RUN = uv run --extra test

.PHONY: lint tests nightly

lint:
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) mypy
	$(RUN) lint-imports --no-logo

tests:
	$(RUN) pytest

# The figures of the long runs, for docs/reliability.md: build/nightly.json.
nightly:
	mkdir -p build
	$(RUN) pytest -n 0 -m nightly -o faulthandler_timeout=14400 --junitxml=build/nightly.xml
	$(RUN) python .ci/figures.py build/nightly.xml > build/nightly.json
