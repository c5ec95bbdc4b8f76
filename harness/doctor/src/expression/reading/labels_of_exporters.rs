//! Labels that each series of a well-known exporter's metric has, in all its versions. Others of its
//! list may be missing in one of them.

/// Beginnings of names, and the labels that all metrics which begin so have.
const ALWAYS: [(&str, &[&str]); 18] = [
    ("container_fs_usage_bytes", &["device"]),
    ("container_network_", &["interface"]),
    ("kafka_consumergroup_lag", &["consumergroup", "topic"]),
    ("kafka_topic_partition", &["topic"]),
    ("mongodb_ss_connections", &["conn_type"]),
    ("mysql_global_status_commands_total", &["command"]),
    ("node_cpu_seconds_total", &["cpu", "mode"]),
    ("node_disk_", &["device"]),
    ("node_filesystem_", &["device", "mountpoint"]),
    ("node_network_receive_", &["device"]),
    ("node_network_transmit_", &["device"]),
    ("pg_database_size_bytes", &["datname"]),
    ("pg_locks_count", &["datname", "mode"]),
    ("pg_stat_activity_", &["datname", "state"]),
    ("pg_stat_database_", &["datname"]),
    ("redis_db_keys", &["db"]),
    ("traefik_entrypoint_requests_total", &["code", "entrypoint"]),
    ("traefik_service_requests_total", &["code", "service"]),
];

/// The labels that each series of this name has.
pub(super) fn always_there(name: &str) -> impl Iterator<Item = &'static str> {
    let of_name = ALWAYS.iter().filter(move |(beginning, _)| {
        name.strip_prefix(beginning)
            .is_some_and(|rest| rest.is_empty() || beginning.ends_with('_'))
    });
    of_name.flat_map(|(_, labels)| labels.iter().copied())
}
