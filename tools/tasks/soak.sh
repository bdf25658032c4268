# shellcheck shell=bash
#: soak [NAME]              the long tests with their full numbers (tests/soak)

# A soak test is an executable file tests/soak/NAME; tests/soak/run builds what it names, runs it and keeps its log.
[[ $# -le 1 ]] || usage 'soak [NAME]'

mapfile -t names < <(find tests/soak -maxdepth 1 -type f -executable ! -name run -printf '%f\n' 2>/dev/null | sort)
if [[ ${#names[@]} -eq 0 || ! -x tests/soak/run ]]; then
	say 'There are no soak tests yet.' >&2
	exit 2
fi
if [[ $# -eq 1 && ! -x tests/soak/$1 ]]; then
	printf 'There is no soak test "%s". There are:\n' "$1" >&2
	printf '  %s\n' "${names[@]}" >&2
	exit 2
fi
exec tests/soak/run "$@"
