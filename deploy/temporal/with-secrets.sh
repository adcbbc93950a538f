#!/bin/sh
# Runs a command with each setting NAME that is given as NAME_FILE, the path of a file that holds the value: Temporal's
# programs know only the environment. The command takes this process's place, and so gets its signals.
set -eu
for name in POSTGRES_PASSWORD; do
  eval "file=\${${name}_FILE:-}"
  if [ -n "$file" ]; then
    value=$(cat "$file")
    export "$name=$value"
  fi
  if eval "[ -z \"\${$name:-}\" ]"; then
    echo "$name is missing: give it, or ${name}_FILE." >&2
    exit 1
  fi
done
exec "$@"
