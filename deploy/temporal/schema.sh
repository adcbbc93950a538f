#!/bin/sh
# Creates Temporal's two databases and brings their schemas to the version of this tool. Can be run again at any time:
# what is there is left as it is. Before a newer server starts, it has to run with that server's tool.
set -eu
export SQL_PLUGIN=postgres12 SQL_HOST="$POSTGRES_HOST" SQL_PORT="${POSTGRES_PORT:-5432}"
export SQL_USER="${POSTGRES_USER:-temporal}" SQL_PASSWORD="$POSTGRES_PASSWORD"
set_up() {
  temporal-sql-tool --database "$1" create-database
  # Only the tables that hold versions; a schema that has one is left alone.
  temporal-sql-tool --database "$1" setup-schema --version 0.0
  temporal-sql-tool --database "$1" update-schema --schema-name "postgresql/v12/$2"
}
set_up temporal temporal
set_up temporal_visibility visibility
