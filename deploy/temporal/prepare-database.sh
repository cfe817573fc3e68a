#!/bin/sh
# Bring Temporal's two databases to the schema of this server version. Each step does
# nothing where its work is done, so that every start may run it.
# SQL_HOST, SQL_PORT, SQL_USER and SQL_PLUGIN come from the environment, the password from a file.
set -eu
SQL_PASSWORD=$(cat "$SQL_PASSWORD_FILE")
export SQL_PASSWORD

prepare() { # prepare DATABASE SCHEMA
  temporal-sql-tool --db "$1" create
  temporal-sql-tool --db "$1" setup-schema -v 0.0
  temporal-sql-tool --db "$1" update-schema -d "/etc/temporal/schema/postgresql/v12/$2/versioned"
}

prepare temporal temporal
prepare temporal_visibility visibility
