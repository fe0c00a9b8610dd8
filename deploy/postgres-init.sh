#!/bin/sh
# Run once by the Postgres image, on an empty volume. Three logins, none of which can do the work of another: Temporal has databases of its own and can
# never touch the ledger; Purser's worker and server may read it and execute its functions; only `purser migrate` logs in as its owner.
set -eu
psql --set=ON_ERROR_STOP=1 --set=temporal_password="$TEMPORAL_DB_PASSWORD" --set=app_password="$PURSER_APP_PASSWORD" \
  --username "$POSTGRES_USER" --dbname postgres <<'SQL'
create role temporal login password :'temporal_password';
create database temporal owner temporal;
create database temporal_visibility owner temporal;
-- The migrations make this role too, if it is not there, and grant it what it may do.
create role purser_app nologin;
create role purser_login login password :'app_password' in role purser_app;
revoke connect on database purser from public;
grant connect on database purser to purser_app;
SQL
