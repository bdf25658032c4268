# shellcheck shell=bash
#: bench [ARG…]             measures the release build (bench/run)

run_task build release
exec bench/run "$@"
