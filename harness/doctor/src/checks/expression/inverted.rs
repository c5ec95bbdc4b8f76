//! An alert that fires while all is well: its metric is 1 when it is, or 0.

use alertdrill_core::Finding;

use super::of_rules::{alerts, place};
use crate::checks::check::{Case, Check, Said};
use crate::checks::words::{has_any, words_of};
use crate::expression::{Comparison, Operator, bare, name_of, selector};

pub(in crate::checks) const INVERTED: Check = Check {
    id: "expression/inverted",
    title: "an alert on an outage asks for the value that the metric has while all is well",
    run,
};

/// Metrics that are 1 while all is well, whoever exports them.
const SURELY_WELL: [&str; 9] = [
    "up",
    "probe_success",
    "pg_up",
    "mysql_up",
    "redis_up",
    "mongodb_up",
    "nginx_up",
    "rabbitmq_up",
    "haproxy_up",
];
/// How the names of metrics end that are 1 while all is well.
const OF_WELL: [&str; 14] = [
    "up",
    "heartbeat",
    "healthy",
    "alive",
    "available",
    "reachable",
    "online",
    "connected",
    "ready",
    "success",
    "running",
    "operational",
    "responding",
    "listening",
];
/// How the names of metrics end that are 1 while something is wrong.
const OF_ILL: [&str; 11] = [
    "down",
    "failed",
    "failure",
    "failing",
    "unhealthy",
    "unreachable",
    "unavailable",
    "offline",
    "disconnected",
    "broken",
    "error",
];
/// Words of metrics on something else than whether all is well.
const OF_ELSE: [&str; 14] = [
    "not",
    "no",
    "fault",
    "alarm",
    "alert",
    "incident",
    "problem",
    "maintenance",
    "update",
    "updates",
    "upgrade",
    "failover",
    "scale",
    "backup",
];
/// Words of alerts that tell of an outage.
const OUTAGE: [&str; 20] = [
    "down",
    "failure",
    "failed",
    "fails",
    "failing",
    "fail",
    "lost",
    "unreachable",
    "offline",
    "dead",
    "missing",
    "unavailable",
    "unhealthy",
    "disconnected",
    "outage",
    "stopped",
    "crashed",
    "broken",
    "absent",
    "notrunning",
];
/// Words of alerts that tell of its end, or of its contrary.
const OTHERWISE: [&str; 16] = [
    "up",
    "recovered",
    "recovery",
    "resolved",
    "restored",
    "back",
    "not",
    "no",
    "still",
    "test",
    "online",
    "during",
    "while",
    "maintenance",
    "without",
    "mode",
];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (rule, expr) in alerts(case.checkout) {
        let words = words_of(&rule.name.text);
        if !has_any(&words, &OUTAGE) || has_any(&words, &OTHERWISE) {
            continue;
        }
        // Who asks for more than one thing knows what each is for.
        let Some(compared) = Comparison::of(expr) else {
            continue;
        };
        let Some(name) = selector(bare(compared.subject)).and_then(name_of) else {
            continue;
        };
        if let Some(said) = said(name, &compared, &rule.name.text) {
            findings.push(said.of_rule(INVERTED.id, rule, place(rule, compared.subject)));
        }
    }
    findings
}

fn said(name: &str, compared: &Comparison<'_>, alert: &str) -> Option<Said> {
    let asks_for_one = asks_for_one(compared)?;
    let threshold = compared.in_words();
    let other = if asks_for_one { "== 0" } else { "== 1" };
    let help = format!("ask for `{name} {other}`, or name the alert by what it tells");
    if SURELY_WELL.contains(&name) {
        return asks_for_one.then(|| {
            Said::error(
                format!(
                    "`{name}` is 1 while all is well, so `{alert}` fires as long as nothing is \
                     wrong, and ends with an outage"
                ),
                help,
            )
        });
    }
    let words = words_of(name);
    let last = words.last().map(String::as_str).unwrap_or_default();
    let is_of_else = has_any(&words, &OF_ELSE);
    let is_of_well = OF_WELL.contains(&last) && !is_of_else && !has_any(&words, &OF_ILL);
    let is_of_ill = OF_ILL.contains(&last) && !has_any(&words, &["not", "no"]);
    let what = if is_of_well && asks_for_one {
        "1 while all is well"
    } else if is_of_ill && !asks_for_one {
        "0 while all is well"
    } else {
        return None;
    };
    Some(Said::warning(
        format!(
            "by its name `{name}` is {what}, and then `{alert}` with `{threshold}` may fire as \
             long as nothing is wrong"
        ),
        help,
    ))
}

/// Whether a comparison takes 1 and not 0; `None` if it takes both or neither, or is about other
/// numbers.
fn asks_for_one(compared: &Comparison<'_>) -> Option<bool> {
    let is_truth = (0.0..=1.0).contains(&compared.number);
    let takes = |value: f64| match compared.operator {
        Operator::IsNot => (compared.number - value).abs() > f64::EPSILON,
        operator => operator
            .takes(compared.number)
            .is_some_and(|taken| taken.holds(value)),
    };
    match (takes(0.0), takes(1.0)) {
        _ if !is_truth => None,
        (true, false) => Some(false),
        (false, true) => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::checks::expression::of_rules::tests::{alerts_on, assert_found_in};
    use crate::test_projects::assert_silent;

    const ID: &str = "expression/inverted";

    fn project(alert: &str, expr: &str) -> String {
        alerts_on(expr).replace("alert: A\n", &format!("alert: {alert}\n"))
    }

    #[test]
    fn alert_that_fires_while_all_is_well_is_found() {
        for (alert, expr) in [
            ("ServiceDown", "up{job=\"a\"} == 1"),
            ("ServiceDown", "up > 0"),
            ("ProbeFailed", "probe_success != 0"),
        ] {
            assert_found_in(ID, "error", &project(alert, expr));
        }
        for (alert, expr) in [
            ("CommunicationFailure", "infra_heartbeat == 1"),
            ("DatabaseDown", "app_db_connected >= 1"),
            ("JobFailed", "backup_job_failed == 0"),
            ("JobFailed", "backup_job_failed < 1"),
        ] {
            assert_found_in(ID, "warning", &project(alert, expr));
        }
    }

    #[test]
    fn look_alikes_are_silent() {
        for (alert, expr) in [
            ("ServiceDown", "up == 0"),
            ("ServiceDown", "up < 1"),
            ("ServiceUp", "up == 1"),
            ("ServiceRecovered", "up == 1"),
            ("JobFailed", "backup_job_failed == 1"),
            ("JobFailed", "backup_job_failed > 0"),
            ("ServiceDown", "up == 1 and x > 3"),
            ("QueueDown", "queue_connected > 5"),
            ("ServiceDown", "x == 1"),
            ("NodeNotReady", "node_ready == 1"),
            ("PumpFailure", "pump_fault_online == 1"),
            ("MetricMissing", "up == 1 unless on (instance) x"),
        ] {
            assert_silent(ID, &project(alert, expr));
        }
    }
}
