"""The embedded default: what `make run` and `make test` start on one machine."""
