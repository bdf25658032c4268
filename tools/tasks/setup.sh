# shellcheck shell=bash
#: setup                    install Debian packages and npm packages (root or sudo; quick when all is there)

[[ $# -eq 0 ]] || usage setup

readonly node_least=18

node_is_recent() {
	have node && have npm && [[ $(node -p 'process.versions.node.split(".")[0]') -ge $node_least ]]
}

packages_wanted() {
	grep -Ev '^(#|$)' tools/debian-packages
	node_is_recent || printf 'nodejs\nnpm\n'
}

packages_missing() {
	local wanted
	mapfile -t wanted < <(packages_wanted)
	# dpkg-query says nothing of a package that it does not know: what is not "installed" is missing.
	comm -23 <(printf '%s\n' "${wanted[@]}" | sort) \
		<(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null | sed -n 's/ installed$//p' | sort)
}

packages_install() {
	local missing
	have dpkg-query || die "setup knows Debian only; install what tools/debian-packages names, then build with meson"
	mapfile -t missing < <(packages_missing)
	[[ ${#missing[@]} -gt 0 ]] || return 0
	say "setup: installing ${missing[*]}"
	as_root apt-get -q -y update </dev/null
	as_root apt-get -q -y --no-install-recommends install "${missing[@]}" </dev/null
	node_is_recent || die "node $node_least or newer and npm are needed, and still missing"
}

# modules_install FOLDER: npm ci, once for each state of the lock file.
modules_install() {
	local folder=$1 stamp=build/setup/${1//\//-}.stamp key
	[[ -f $folder/package-lock.json ]] || return 0
	key=$(cat "$folder/package-lock.json" "$folder/package.json" <(node --version) | sha256sum)
	if [[ -d $folder/node_modules && -f $stamp && $(<"$stamp") == "$key" ]]; then
		return 0
	fi
	say "setup: npm ci in $folder"
	(cd "$folder" && npm ci --no-audit --no-fund --loglevel=error)
	mkdir -p build/setup
	printf '%s\n' "$key" >"$stamp"
}

packages_install
for folder in web tests/e2e demo; do
	modules_install "$folder"
done
