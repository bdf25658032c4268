# shellcheck shell=bash
#: demo                     a sign-in to try in the browser, with everything it needs, on this machine only

run_task build release
exec demo/run "$@"
