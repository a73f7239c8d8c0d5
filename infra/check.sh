#!/usr/bin/env bash
# Compile, lint and compare the templates. Needs `bicep`; BICEP names another command. `check.sh --update` formats the files
# and rewrites the snapshots instead of comparing them.
set -euo pipefail
cd "$(dirname "$0")"
bicep=${BICEP:-bicep}
problems=0

for file in main.bicep modules/*.bicep tests/*.bicepparam; do
  if [ "${1:-}" = --update ]; then
    $bicep format "$file"
  elif ! $bicep format "$file" --stdout | diff "$file" - >/dev/null; then
    echo "infra/$file is not formatted: run infra/check.sh --update" >&2
    problems=1
  fi
done

# Compiler warnings are errors: the compiler writes them to standard error and exits with 0.
for command in "build main.bicep --stdout" "lint main.bicep"; do
  said=$($bicep $command 2>&1 >/dev/null) || problems=1
  if [ -n "$said" ]; then
    echo "bicep $command: $said" >&2
    problems=1
  fi
done

for parameters in tests/*.bicepparam; do
  if [ "${1:-}" = --update ]; then
    $bicep snapshot "$parameters" --mode overwrite
  elif ! $bicep snapshot "$parameters" --mode validate; then
    echo "infra/$parameters differs from its snapshot: review the difference, then run infra/check.sh --update" >&2
    problems=1
  fi
done
exit $problems
