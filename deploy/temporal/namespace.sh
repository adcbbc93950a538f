#!/bin/sh
# Creates Baton's namespace, or raises its retention. Can be run again at any time; a longer retention is left.
set -eu
namespace="${TEMPORAL_NAMESPACE:-default}"
# A duplicate of a submission is recognised as long as the handoff it began is kept, so it is kept for 30 days.
hours="${TEMPORAL_RETENTION_HOURS:-720}"

attempts=60
# Not the health check: it is green before the server has read which namespaces there are.
until temporal operator namespace list >/dev/null 2>&1; do
  attempts=$((attempts - 1))
  if [ "$attempts" = 0 ]; then
    temporal operator namespace list
    exit 1
  fi
  sleep 1
done

describe() { temporal operator namespace describe --namespace "$namespace" --output json; }
if ! found=$(describe 2>/dev/null); then
  temporal operator namespace create --namespace "$namespace" --retention "${hours}h"
  # Each part of the server learns of a new namespace within seconds; who is started next must find it.
  until temporal workflow list --namespace "$namespace" --limit 1 >/dev/null 2>&1; do
    attempts=$((attempts - 1))
    if [ "$attempts" = 0 ]; then exit 1; fi
    sleep 1
  done
  exit 0
fi
seconds=$(printf '%s' "$found" | sed -n 's/.*"workflowExecutionRetentionTtl": *"\([0-9]*\)s".*/\1/p')
if [ "${seconds:-0}" -lt $((hours * 3600)) ]; then
  temporal operator namespace update --namespace "$namespace" --retention "${hours}h"
fi
echo "Namespace $namespace is there."
