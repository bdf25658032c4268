# shellcheck shell=bash
#: lint [quick]             layers, format, shell, man pages, types; without "quick" also clang's warnings and clang-tidy

quick=no
case ${1-} in
'') ;;
quick) quick=yes ;;
*) usage 'lint [quick]' ;;
esac

lint_layers() {
	tools/check-layers --self-test
	tools/check-layers
	tools/check-size
}

lint_format() {
	local file status=0
	while IFS= read -r -d '' file; do
		clang-format --dry-run -Werror "$file" 2>/dev/null && continue
		say "$file: not formatted (./run fmt)"
		status=1
	done < <(tree_files '*.c' '*.h')
	return "$status"
}

# A shell file is one that says so in its first line.
lint_shell() {
	tree_files run .ci/run '*.sh' 'tools/*' 'demo/*' 'bench/*' 'tests/*' 'packaging/*' |
		xargs -0 -r grep -lIZE -m1 '^#!.*[/ ](ba)?sh$|^# shellcheck shell=' | sort -zu | xargs -0 -r shellcheck -x
}

lint_man() { tree_files 'docs/man/*.[1-8]' | xargs -0 -r mandoc -Tlint -Wwarning; }

# Debian 12's node is version 18: what only later ones have would work everywhere but on a clean machine.
lint_node() {
	local found
	found=$(tree_files '*.mjs' | xargs -0 -r grep -nE 'import\.meta\.(dirname|filename)' || true)
	[[ -z $found ]] || {
		say "$found"
		say 'node 18 has no import.meta.dirname: use fileURLToPath(import.meta.url)'
		return 1
	}
}

lint_types() { (cd web && npm run --silent check); }

# gcc builds everything else; here clang's warnings are errors too.
lint_clang() {
	[[ -f build/lint/build.ninja ]] || CC=clang meson setup build/lint -Dtests=true >/dev/null
	ninja -C build/lint -k 0 | grep -vE '^\[[0-9]+/[0-9]+\]' || [[ ${PIPESTATUS[0]} -eq 0 ]]
}

lint_tidy() {
	tree_files 'src/*.c' 'authenticator/*.c' |
		xargs -0 -r -n 4 -P "$CORES" clang-tidy -p build/lint --quiet 2>&1 | grep -v ' warnings generated' || [[ ${PIPESTATUS[0]} -eq 0 ]]
}

run_task setup
checks=(layers format shell man node types)
[[ $quick == yes ]] || checks+=(clang tidy)
failed=()
for name in "${checks[@]}"; do
	say "lint: $name"
	set +e # not in a condition: there the check itself would not stop at an error
	(
		set -e
		"lint_$name"
	)
	status=$?
	set -e
	[[ $status -eq 0 ]] || failed+=("$name")
done
[[ ${#failed[@]} -eq 0 ]] || die "lint found something: ${failed[*]}"
say 'lint: nothing to say'
