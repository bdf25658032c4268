# shellcheck shell=bash
#: help                     what there is
say 'usage: ./run TASK'
say
for name in setup build demo test soak fuzz bench lint fmt help; do
	sed -n 's/^#: /  /p' "tools/tasks/$name.sh"
done
say
say 'Every task installs and builds what it needs first. CONTRIBUTING.md says more.'
