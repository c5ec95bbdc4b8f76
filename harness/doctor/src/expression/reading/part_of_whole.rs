//! Whether one number is a part of another.

use std::cell::Cell;

use promql_parser::parser::{Expr, VectorSelector};

use super::Reading;
use super::guess::Guess;
use crate::expression::parts::constant;
use crate::expression::same::{alike, covers};
use crate::expression::{Operator, bare, name_of, same};
use crate::knowledge::MetricKind;

/// Metrics of which the first is a part of the second.
const PARTS: &[(&str, &str)] = &[
    ("container_fs_usage_bytes", "container_fs_limit_bytes"),
    ("hikaricp_connections_active", "hikaricp_connections_max"),
    (
        "kubelet_volume_stats_available_bytes",
        "kubelet_volume_stats_capacity_bytes",
    ),
    (
        "kubelet_volume_stats_used_bytes",
        "kubelet_volume_stats_capacity_bytes",
    ),
    ("memcached_current_connections", "memcached_max_connections"),
    (
        "mysql_global_status_threads_connected",
        "mysql_global_variables_max_connections",
    ),
    ("node_filefd_allocated", "node_filefd_maximum"),
    ("node_filesystem_avail", "node_filesystem_size"),
    ("node_filesystem_avail_bytes", "node_filesystem_size_bytes"),
    ("node_filesystem_files_free", "node_filesystem_files"),
    ("node_filesystem_free", "node_filesystem_size"),
    ("node_filesystem_free_bytes", "node_filesystem_size_bytes"),
    ("node_memory_Buffers_bytes", "node_memory_MemTotal_bytes"),
    ("node_memory_Cached_bytes", "node_memory_MemTotal_bytes"),
    ("node_memory_MemAvailable", "node_memory_MemTotal"),
    (
        "node_memory_MemAvailable_bytes",
        "node_memory_MemTotal_bytes",
    ),
    ("node_memory_MemFree", "node_memory_MemTotal"),
    ("node_memory_MemFree_bytes", "node_memory_MemTotal_bytes"),
    ("node_memory_SwapFree_bytes", "node_memory_SwapTotal_bytes"),
    (
        "node_nf_conntrack_entries",
        "node_nf_conntrack_entries_limit",
    ),
    ("pg_stat_activity_count", "pg_settings_max_connections"),
    ("process_open_fds", "process_max_fds"),
    ("redis_connected_clients", "redis_config_maxclients"),
    (
        "windows_logical_disk_free_bytes",
        "windows_logical_disk_size_bytes",
    ),
    (
        "windows_os_physical_memory_free_bytes",
        "windows_cs_physical_memory_bytes",
    ),
];

/// Words in the names of what goes wrong.
const FAILURES: &[&str] = &[
    "error",
    "errors",
    "fail",
    "failed",
    "failure",
    "failures",
    "5xx",
    "4xx",
    "rejected",
    "dropped",
    "timeout",
    "timeouts",
    "misses",
    "exceptions",
];
/// Words in the names of all that is tried.
const ALL: &[&str] = &[
    "total",
    "count",
    "requests",
    "request",
    "jobs",
    "tasks",
    "messages",
    "calls",
    "orders",
    "transactions",
    "attempts",
];
/// Last words of names of what is taken of a whole, and of the whole.
const TAKEN: &[&str] = &[
    "used",
    "usage",
    "available",
    "avail",
    "free",
    "active",
    "current",
];
const WHOLE: &[&str] = &[
    "max", "limit", "total", "size", "capacity", "maximum", "quota",
];

/// Whether `part` is surely a part of `whole`, both never below 0.
pub(super) fn is_part_of_whole(
    reading: &Reading<'_>,
    part: &Expr,
    whole: &Expr,
    guess: Guess,
) -> bool {
    is_summand(reading, part, whole, guess) || is_part(reading, part, whole, guess)
}

/// `a` of `a + b`
fn is_summand(reading: &Reading<'_>, part: &Expr, whole: &Expr, guess: Guess) -> bool {
    let mut summands = Vec::new();
    let mut open = vec![whole];
    while let Some(next) = open.pop() {
        match bare(next) {
            Expr::Binary(binary) if Operator::of(binary) == Operator::Plus => {
                open.extend([&*binary.lhs, &*binary.rhs]);
            }
            other => summands.push(other),
        }
    }
    summands.len() > 1
        && summands.iter().any(|summand| same(summand, part))
        && summands.iter().all(|summand| {
            constant(summand).is_none() && reading.values(summand, guess).is_not_negative()
        })
}

fn is_part(reading: &Reading<'_>, part: &Expr, whole: &Expr, guess: Guess) -> bool {
    let (part, whole) = (bare(part), bare(whole));
    if let (Expr::Aggregate(of_part), Expr::Aggregate(of_whole)) = (part, whole) {
        let op = of_part.op.to_string();
        return of_part.op == of_whole.op
            && matches!(op.as_str(), "sum" | "count")
            && is_part(reading, &of_part.expr, &of_whole.expr, guess);
    }
    let found = Cell::new(false);
    let selectors = |part: &VectorSelector, whole: &VectorSelector| {
        let (Some(of_part), Some(of_whole)) = (name_of(part), name_of(whole)) else {
            return false;
        };
        let is_named_so = is_part_by_names(reading, of_part, of_whole, guess);
        let narrows = covers(&part.matchers.matchers, &whole.matchers.matchers);
        let is_not_negative = || {
            let kind = reading.kind(of_part).map(|(kind, _)| kind);
            kind == Some(MetricKind::Counter) || guess == Guess::ByNames
        };
        let is_narrower = of_part == of_whole && narrows && is_not_negative();
        found.set(is_named_so || is_narrower);
        found.get()
    };
    let is_linear = match part {
        Expr::Call(call) => matches!(
            call.func.name,
            "rate" | "irate" | "increase" | "avg_over_time" | "max_over_time" | "min_over_time"
        ),
        Expr::VectorSelector(_) => true,
        _ => false,
    };
    is_linear && alike(part, whole, &selectors) && found.get()
}

fn is_part_by_names(reading: &Reading<'_>, part: &str, whole: &str, guess: Guess) -> bool {
    if PARTS.contains(&(part, whole)) {
        return true;
    }
    if guess == Guess::Nothing || part == whole {
        return false;
    }
    let (of_part, of_whole) = (words(part), words(whole));
    let has = |words: &[&str], some: &[&str]| words.iter().any(|word| some.contains(word));
    let are_counters = [part, whole].into_iter().all(|name| {
        name.ends_with("_total")
            || name.ends_with("_count")
            || matches!(reading.kind(name), Some((MetricKind::Counter, _)))
    });
    if are_counters {
        return has(&of_part, FAILURES) && has(&of_whole, ALL) && !has(&of_whole, FAILURES);
    }
    let begins_alike = of_part.first() == of_whole.first();
    begins_alike && has(&of_part, TAKEN) && has(&of_whole, WHOLE) && !has(&of_part, WHOLE)
}

fn words(name: &str) -> Vec<&str> {
    name.split(['_', ':']).collect()
}
