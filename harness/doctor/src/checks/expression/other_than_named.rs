//! An alert that reads something else than its name says.

use std::collections::BTreeSet;

use alertdrill_core::Finding;

use super::of_rules::alerts;
use crate::checks::check::{Case, Check, Said};
use crate::checks::words::{has_any, words_of};
use crate::expression::{name_of, selectors};

pub(in crate::checks) const OTHER_THAN_NAMED: Check = Check {
    id: "expression/other-than-named",
    title: "an alert reads something else than its name says",
    run,
};

type Words = &'static [&'static str];

/// What can be measured of a machine or a container: how it is called, words of alerts on it, and
/// how the names of its metrics begin.
const MEASURED: [(&str, Words, Words); 4] = [
    (
        "a processor",
        &["cpu"],
        &[
            "node_cpu_",
            "node_load",
            "container_cpu_",
            "process_cpu_",
            "system_cpu_",
            "windows_cpu_",
            "node_pressure_cpu_",
        ],
    ),
    (
        "memory",
        &["memory", "mem", "ram", "oom", "heap", "swap"],
        &[
            "node_memory_",
            "container_memory_",
            "container_spec_memory_",
            "process_resident_memory_",
            "jvm_memory_",
            "machine_memory_",
            "node_pressure_memory_",
        ],
    ),
    (
        "a disk",
        &["disk", "filesystem", "storage", "inode", "inodes"],
        &[
            "node_filesystem_",
            "node_disk_",
            "container_fs_",
            "windows_logical_disk_",
            "node_pressure_io_",
        ],
    ),
    (
        "the network",
        &["network", "bandwidth"],
        &["node_network_", "container_network_", "node_netstat_"],
    ),
];

/// What is contrary to an alert's name: what the metrics are of and what is meant, words of the name,
/// words of metrics of that, and words of the metrics that are meant.
const CONTRARY: [((&str, &str), Words, Words, Words); 5] = [
    (
        ("what is sent", "what is received"),
        &[
            "receive", "received", "inbound", "ingress", "rx", "download", "netin",
        ],
        &["transmit"],
        &["receive"],
    ),
    (
        ("what is received", "what is sent"),
        &[
            "transmit",
            "transmitted",
            "outbound",
            "egress",
            "tx",
            "upload",
            "netout",
        ],
        &["receive"],
        &["transmit"],
    ),
    (
        ("what is written", "what is read"),
        &["read", "reads"],
        &["writes", "written", "write"],
        &["reads", "read"],
    ),
    (
        ("what is read", "what is written"),
        &["write", "writes", "written"],
        &["reads", "read"],
        &["writes", "written", "write"],
    ),
    (
        ("all packets or bytes", "errors"),
        &["error", "errors", "errs", "dropped"],
        &["packets", "bytes"],
        &["errs", "errors", "drop", "dropped", "drops"],
    ),
];
/// Metrics of which the words are known.
const WITH_DIRECTIONS: [&str; 5] = [
    "node_network_",
    "node_disk_",
    "container_network_",
    "container_fs_reads",
    "container_fs_writes",
];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (rule, expr) in alerts(case.checkout) {
        let words = words_of(&rule.name.text);
        let metrics: BTreeSet<_> = selectors(expr).into_iter().filter_map(name_of).collect();
        let Some(first) = selectors(expr).into_iter().find_map(name_of) else {
            continue;
        };
        let Some((is, meant)) =
            other_resource(&words, &metrics).or_else(|| contrary(&words, &metrics))
        else {
            continue;
        };
        let said = Said::warning(
            format!("`{first}` tells of {is}, and by its name the alert may mean {meant}"),
            "read the metric that the alert is named after, or name the alert by what it reads",
        );
        findings.push(said.of_rule(OTHER_THAN_NAMED.id, rule, rule.place_of(first)));
    }
    findings
}

/// What the metrics are of, and what the name is of, where these are two different things.
fn other_resource(
    words: &[String],
    metrics: &BTreeSet<&str>,
) -> Option<(&'static str, &'static str)> {
    let named: Vec<_> = MEASURED
        .iter()
        .filter(|(_, it, _)| has_any(words, it))
        .collect();
    let [(meant, ..)] = named.as_slice() else {
        return None;
    };
    // A processor waits for disks and networks.
    if has_any(words, &["io", "iowait", "wait", "waiting"]) {
        return None;
    }
    let begins = |metric: &str, beginnings: &[&str]| {
        beginnings
            .iter()
            .any(|beginning| metric.starts_with(beginning))
    };
    let mut read = MEASURED
        .iter()
        .filter(|(.., beginnings)| metrics.iter().any(|metric| begins(metric, beginnings)));
    let (is, _, beginnings) = read.next()?;
    let are_all = metrics.iter().all(|metric| begins(metric, beginnings));
    (read.next().is_none() && are_all && is != meant).then_some((*is, *meant))
}

/// What the metrics are of and what the name says, where that is the contrary.
fn contrary(words: &[String], metrics: &BTreeSet<&str>) -> Option<(&'static str, &'static str)> {
    let mut known = metrics.iter();
    let are_known = known.all(|metric| {
        let mut beginnings = WITH_DIRECTIONS.iter();
        beginnings.any(|beginning| metric.starts_with(beginning))
    });
    let found = CONTRARY.iter().find(|(_, named, others, right)| {
        let is_right = |metric: &&str| has_any(&words_of(metric), right);
        let is_other = |metric: &&str| has_any(&words_of(metric), others);
        // `DiskReadWriteHigh` names both.
        let names_both = CONTRARY.iter().any(|(_, of_others, _, of_right)| {
            others.iter().any(|it| of_right.contains(it)) && has_any(words, of_others)
        });
        has_any(words, named)
            && !names_both
            && metrics.iter().any(is_other)
            && !metrics.iter().any(is_right)
    });
    found
        .filter(|_| are_known && !metrics.is_empty())
        .map(|(both, ..)| *both)
}

#[cfg(test)]
mod tests {
    use crate::checks::expression::of_rules::tests::{alerts_on, assert_found_in};
    use crate::test_projects::assert_silent;

    const ID: &str = "expression/other-than-named";

    fn project(alert: &str, expr: &str) -> String {
        alerts_on(expr).replace("alert: A\n", &format!("alert: {alert}\n"))
    }

    #[test]
    fn alert_that_reads_something_else_is_found() {
        for (alert, expr) in [
            (
                "OutPacketErrorRateHigh",
                "irate(node_network_transmit_packets_total[1m]) > 15",
            ),
            (
                "HighInboundTraffic",
                "rate(node_network_transmit_bytes_total[1m]) > 1e6",
            ),
            (
                "DiskWriteHigh",
                "rate(node_disk_read_bytes_total[1m]) > 1e6",
            ),
            (
                "HighDiskUsage",
                "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > 0.9",
            ),
            (
                "HighMemoryUsage",
                "rate(container_cpu_usage_seconds_total[5m]) > 0.9",
            ),
        ] {
            assert_found_in(ID, "warning", &project(alert, expr));
        }
    }

    #[test]
    fn look_alikes_are_silent() {
        for (alert, expr) in [
            (
                "OutPacketErrorRateHigh",
                "rate(node_network_transmit_errs_total[1m]) > 15",
            ),
            (
                "PacketErrorRatio",
                "rate(node_network_receive_errs_total[1m]) \
                 / rate(node_network_receive_packets_total[1m]) > 0.1",
            ),
            (
                "HighInboundTraffic",
                "rate(node_network_receive_bytes_total[1m]) > 1e6",
            ),
            (
                "DiskReadWriteHigh",
                "rate(node_disk_read_bytes_total[1m]) > 1e6",
            ),
            ("HighDiskUsage", "node_filesystem_avail_bytes < 1e9"),
            ("MemorySwap", "node_memory_SwapFree_bytes < 1e9"),
            ("HighCpuOrMemory", "node_memory_MemFree_bytes < 1e9"),
            (
                "HighTrafficVolume",
                "rate(node_network_receive_bytes_total[5m]) > 1e8",
            ),
            ("OrderProcessorSlow", "container_memory_usage_bytes > 1e9"),
            ("HighCpu", "app_cpu > 3"),
            ("HighCpu", "node_load1 > 3"),
            ("NodeReadOnly", "node_filesystem_readonly == 1"),
            ("HighErrorRate", "rate(http_requests_total[5m]) > 3"),
        ] {
            assert_silent(ID, &project(alert, expr));
        }
    }
}
