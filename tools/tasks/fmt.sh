# shellcheck shell=bash
#: fmt                      format the C code in place

[[ $# -eq 0 ]] || usage fmt
run_task setup
tree_files '*.c' '*.h' | xargs -0 -r clang-format -i
