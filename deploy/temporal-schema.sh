#!/bin/sh
# Brings Temporal's two databases to the schema of this admin-tools version. Run at every start: what is applied already is left as it is.
set -eu
schema=/etc/temporal/schema/postgresql/v12
for pair in temporal:temporal temporal_visibility:visibility; do
  database=${pair%%:*} folder=${pair##*:}
  sql() { temporal-sql-tool --plugin postgres12 --ep postgres -p 5432 -u temporal --db "$database" "$@"; }
  # Version 0.0 makes only the version tables; on a database that has them it would be an error, and is not needed.
  sql update-schema -d "$schema/$folder/versioned" || { sql setup-schema -v 0.0 && sql update-schema -d "$schema/$folder/versioned"; }
done
