#!/bin/bash
# The conventions of the official image that the stack relies on: POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB and
# /docker-entrypoint-initdb.d, on an empty data directory only.
set -Eeuo pipefail

[ "${1:-}" = postgres ] || exec "$@"

create_cluster() {
  : "${POSTGRES_PASSWORD:?must be set to create the database}"
  local user=${POSTGRES_USER:-postgres}
  local database=${POSTGRES_DB:-$user}
  # No fsync: a cluster that is half made is thrown away, not recovered.
  initdb --no-sync --username="$user" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") \
    --encoding=UTF8 --auth-local=trust --auth-host=scram-sha-256 >/dev/null
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"

  # On its socket only: nobody outside sees a server that is ready before its tables are there.
  pg_ctl -D "$PGDATA" -o "-c listen_addresses='' -c fsync=off" -w start >/dev/null
  export PGUSER=$user PGDATABASE=$database
  [ "$database" = postgres ] || createdb --maintenance-db=postgres "$database"
  local script
  for script in /docker-entrypoint-initdb.d/*; do
    case $script in
      *.sh) bash "$script" ;;
      *.sql) psql -v ON_ERROR_STOP=1 --no-psqlrc -q -f "$script" ;;
    esac
  done
  pg_ctl -D "$PGDATA" -m fast -w stop >/dev/null
  unset PGUSER PGDATABASE
}

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  # A first start that failed leaves no cluster behind that the next would take for a finished one.
  trap 'rm -rf "${PGDATA:?}"/*' ERR
  create_cluster
  trap - ERR
fi
exec "$@" -c listen_addresses='*'
