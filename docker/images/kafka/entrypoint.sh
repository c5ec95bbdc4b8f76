#!/bin/bash
# Formats the log directory on the first start, then becomes the broker. Properties are those of /etc/kafka/server.properties;
# each argument overrides one of them (listeners that are known only where the container is started).
set -euo pipefail

readonly PROPERTIES=/etc/kafka/server.properties
# One collector thread and one compiler tier: a broker for a few hundred messages a second gains nothing from more.
readonly JVM=(java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -cp '/opt/kafka/libs/*'
  -Dorg.slf4j.simpleLogger.defaultLogLevel="${KAFKA_LOG_LEVEL:-warn}" -Dorg.slf4j.simpleLogger.showDateTime=true)

overrides=()
for property in "$@"; do overrides+=(--override "$property"); done

if [ ! -e /var/lib/kafka/meta.properties ]; then
  "${JVM[@]}" kafka.tools.StorageTool format --cluster-id "${CLUSTER_ID:-alertdrill-test-cluste}" --config "$PROPERTIES"
fi
exec "${JVM[@]}" -Xms"${KAFKA_HEAP:-256m}" -Xmx"${KAFKA_HEAP:-256m}" \
  -javaagent:/opt/kafka/jmx_prometheus_javaagent.jar=9404:/etc/kafka/jmx-exporter.yml \
  kafka.Kafka "$PROPERTIES" "${overrides[@]}"
