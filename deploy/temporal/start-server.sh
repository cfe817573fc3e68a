#!/bin/sh
# Temporal takes its database password from the environment only; it lives in a file, so hand it over here.
set -eu
POSTGRES_PWD=$(cat "$POSTGRES_PWD_FILE")
export POSTGRES_PWD
exec /etc/temporal/entrypoint.sh
