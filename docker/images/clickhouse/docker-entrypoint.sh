#!/bin/bash
# The conventions of the official image that the stack relies on: config.d and users.d are read, and the scripts of
# /docker-entrypoint-initdb.d run once, on an empty data directory.
#
# The scripts run beside the server that stays. The official image starts one for them, stops it and starts another; with
# Kafka tables that took 12 s more, and the first server had taken messages that it did not commit when it was stopped.
set -euo pipefail

readonly INITIALISED=/var/lib/clickhouse/.initialised
readonly ANSWER_S=30

initialise() {
  local deadline_s=$((SECONDS + ANSWER_S))
  until clickhouse-client --query 'SELECT 1' >/dev/null 2>&1; do
    ((SECONDS < deadline_s)) || { echo "the server did not answer within $ANSWER_S s of its start"; return 1; }
    sleep 0.1
  done
  local script
  for script in /docker-entrypoint-initdb.d/*; do
    case $script in
      *.sh) bash "$script" ;;
      *.sql) clickhouse-client --multiquery <"$script" ;;
      *) continue ;;
    esac || { echo "$script failed"; return 1; }
  done
  touch "$INITIALISED"
}

if (($# > 0)) && [[ $1 != -* ]]; then exec "$@"; fi
# A server whose tables are not all there must not look like one that works.
if [ ! -e "$INITIALISED" ]; then { initialise || kill 1; } >&2 & fi
exec clickhouse-server --config-file=/etc/clickhouse-server/config.xml "$@"
