"""What `make bench` runs: each figure beside the limit it is held against, measured in the same run, turn by turn."""
