# shellcheck shell=bash
# What every task of ./run may use. Sourced in the root of the tree, with `set -euo pipefail`.

ROOT=$PWD
CORES=$(nproc)
export ROOT CORES

# No installer asks a question; a closed standard input becomes an empty one.
export DEBIAN_FRONTEND=noninteractive
[[ -e /dev/fd/0 ]] || exec </dev/null

say() { printf '%s\n' "$*"; }
die() {
	printf 'run: %s\n' "$*" >&2
	exit 1
}
usage() {
	printf 'usage: ./run %s\n' "$*" >&2
	exit 2
}
have() { command -v "$1" >/dev/null 2>&1; }

# As root, or by sudo where there is one.
as_root() {
	if [[ $(id -u) -eq 0 ]]; then
		"$@"
	elif have sudo; then
		sudo --preserve-env=DEBIAN_FRONTEND "$@"
	else
		die "needs root (or sudo) for: $*"
	fi
}

# run_task NAME [ARG…]: another task, in a process of its own.
run_task() { "$ROOT/run" "$@"; }

# What a finding of a sanitizer looks like in every task: it ends the program, with a stack.
export ASAN_OPTIONS=abort_on_error=0:exitcode=99:detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1:check_initialization_order=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:exitcode=99

# tree_files PATTERN…: the files of the tree with such names, as git sees them (ignored ones left out), NUL-separated;
# without git (a release archive), all but build folders and packages.
tree_files() {
	if [[ -e .git ]] && have git; then
		git ls-files -z --cached --others --exclude-standard -- "$@" | while IFS= read -r -d '' file; do
			[[ -f $file ]] && printf '%s\0' "$file"
		done
	else
		local names=() pattern
		for pattern in "$@"; do names+=(-o -path "./*${pattern#\*}"); done
		find . \( -path ./build -o -name node_modules -o -name dist \) -prune -o -type f \( "${names[@]:1}" \) -print0 |
			sed -z 's,^\./,,'
	fi
}
