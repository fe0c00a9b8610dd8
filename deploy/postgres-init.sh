#!/bin/sh
# Run once by the Postgres image, on an empty volume: Temporal gets a role and databases of its own, so that it can never touch the ledger.
set -eu
psql --set=ON_ERROR_STOP=1 --set=password="$TEMPORAL_DB_PASSWORD" --username "$POSTGRES_USER" --dbname postgres <<'SQL'
create role temporal login password :'password';
create database temporal owner temporal;
create database temporal_visibility owner temporal;
revoke connect on database purser from public;
SQL
