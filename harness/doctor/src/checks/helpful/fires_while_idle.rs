//! An alert that fires as long as nobody uses the system.

use alertdrill_core::Finding;
use promql_parser::parser::Expr;

use crate::checkout::{Checkout, Rule};
use crate::checks::check::{Case, Check, Said};
use crate::expression::{
    Comparison, Operator, argument, bare, call, conjuncts, first_name, name_of, selector,
};

pub(in crate::checks) const FIRES_WHILE_IDLE: Check = Check {
    id: "helpful/fires-while-idle",
    title: "an alert that fires as long as nobody uses the system",
    run,
};

/// Words in the names of what users do.
const OF_USERS: [&str; 24] = [
    "request",
    "requests",
    "http",
    "orders",
    "order",
    "logins",
    "login",
    "registrations",
    "registration",
    "signups",
    "messages",
    "transactions",
    "payments",
    "checkouts",
    "purchases",
    "predictions",
    "inferences",
    "queries",
    "visits",
    "views",
    "bookings",
    "searches",
    "uploads",
    "sessions",
];
/// What grows with use, whatever is used.
const WITH_USE: [&str; 3] = [
    "container_cpu_usage_seconds_total",
    "process_cpu_seconds_total",
    "kafka_topic_partition_current_offset",
];
/// Words in the names of what goes on by itself.
const BY_ITSELF: [&str; 12] = [
    "scrape",
    "probe",
    "heartbeat",
    "health",
    "cron",
    "job",
    "jobs",
    "backup",
    "sync",
    "poll",
    "fetch",
    "prometheus",
];
/// Words in the names of services that make use of the others.
const USERS: [&str; 12] = [
    "load",
    "locust",
    "k6",
    "traffic",
    "simulat",
    "generator",
    "wrk",
    "jmeter",
    "gatling",
    "producer",
    "seeder",
    "artillery",
];

fn run(case: &Case<'_>) -> Vec<Finding> {
    if has_a_user(case.checkout) {
        return Vec::new();
    }
    let findings = case.checkout.alerts().filter_map(|rule| {
        let expression = rule.expression.parsed.as_ref().ok()?;
        let [condition] = conjuncts(expression)[..] else {
            return None;
        };
        let compared = Comparison::of(condition)?;
        let name = low_use(&compared)?;
        Some(said(rule, &compared, name))
    });
    findings.collect()
}

/// Whether a service of the project makes use of the others all the time.
fn has_a_user(checkout: &Checkout) -> bool {
    let services = checkout.compose.iter().flat_map(|it| it.services.keys());
    let mut names = services.map(|name| name.to_lowercase());
    names.any(|name| USERS.iter().any(|word| name.contains(word)))
}

/// The counter of what users do whose growth is compared with a limit that it must not fall below.
fn low_use<'a>(compared: &Comparison<'a>) -> Option<&'a str> {
    let is_low = match compared.operator {
        Operator::Is => compared.number.abs() < f64::EPSILON,
        Operator::Below => compared.number > 0.0,
        Operator::AtMost => compared.number >= 0.0,
        _ => false,
    };
    let growth = growth(compared.subject)?;
    let name = name_of(selector(argument(growth)?)?)?;
    let words: Vec<_> = name.split(['_', ':']).collect();
    let has = |some: &[&str]| words.iter().any(|word| some.contains(word));
    let is_of_users = has(&OF_USERS) && !has(&BY_ITSELF);
    (is_low && (is_of_users || WITH_USE.contains(&name))).then_some(name)
}

/// The `rate` that an expression is, aggregated or not.
fn growth(expr: &Expr) -> Option<&promql_parser::parser::Call> {
    match bare(expr) {
        Expr::Aggregate(aggregate) => growth(&aggregate.expr),
        other => call(other, &["rate", "irate", "increase"]),
    }
}

fn said(rule: &Rule, compared: &Comparison<'_>, name: &str) -> Finding {
    let message = format!(
        "it fires as long as `{name}` grows by nothing or little (`{}`), and that may be so whenever \
         nobody uses the system",
        compared.in_words()
    );
    let help = "ask for use that is always there (a prober's), join a condition under which there \
                must be some (`and on () hour() > 7`), or compare with the same time a week ago";
    let place =
        first_name(compared.subject).map_or(rule.expression.node.place, |it| rule.place_of(it));
    Said::warning(message, help).of_rule(FIRES_WHILE_IDLE.id, rule, place)
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "helpful/fires-while-idle";

    fn project(expression: &str) -> String {
        format!(
            "--- rules.yml\ngroups:\n- name: g\n  rules:\n  - alert: A\n    expr: {expression}\n"
        )
    }

    #[test]
    fn alert_on_too_little_use_is_found() {
        for expression in [
            "sum(rate(http_requests_total[5m])) == 0",
            "rate(shop_orders_total[10m]) < 0.1",
            "sum(increase(payment_transactions_total[1h])) <= 5",
            "0 == sum(rate(http_requests_total[5m]))",
            "sum(rate(container_cpu_usage_seconds_total{name=\"shop\"}[1m])) < 0.05",
        ] {
            assert_finds(ID, &project(expression), &["rules.yml:5:"]);
        }
    }

    #[test]
    fn alert_on_what_must_go_on_is_silent() {
        for expression in [
            "sum(rate(http_requests_total[5m])) > 100",
            "rate(backup_jobs_total[1d]) == 0",
            "rate(blocks_total[1h]) == 0",
            "rate(prometheus_http_requests_total[5m]) == 0",
            "rate(http_requests_total[5m]) == 0 and on () hour() > 8",
            "rate(http_requests_total[5m]) / rate(http_requests_total[5m] offset 1w) < 0.5",
            "http_requests_total == 0",
        ] {
            assert_silent(ID, &project(expression));
        }
        let used = "--- docker-compose.yml\nservices:\n  load-generator: {image: me/k6}\n";
        let project = project("sum(rate(http_requests_total[5m])) == 0");
        assert_silent(ID, &format!("{used}{project}"));
    }
}
