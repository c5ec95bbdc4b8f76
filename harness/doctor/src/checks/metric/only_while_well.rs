//! `== 0` of a series that goes away when things are not well.

use std::collections::HashSet;

use alertdrill_core::Finding;
use alertdrill_project::yaml_tree::Node;
use promql_parser::parser::{BinaryExpr, Expr, VectorSelector};

use crate::checkout::{Checkout, Job};
use crate::checks::check::{Case, Check, Said};
use crate::expression::{bare, parts};

pub(in crate::checks) const ONLY_WHILE_WELL: Check = Check {
    id: "metric/only-while-well",
    title: "the series goes away when it should become zero",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let mut said = HashSet::new();
    let mut findings = Vec::new();
    for rule in case.checkout.alerts() {
        let Ok(expression) = &rule.expression.parsed else {
            continue;
        };
        let parts = parts(expression);
        // Who asks for its absence too knows that it goes away.
        let asks_for_absence = parts
            .iter()
            .any(|it| matches!(it, Expr::Call(call) if call.func.name.starts_with("absent")));
        if asks_for_absence {
            continue;
        }
        for part in parts {
            let Expr::Binary(comparison) = part else {
                continue;
            };
            if let Some(selector) = grows_old(comparison) {
                let place = selector.name.as_deref().map(|name| rule.place_of(name));
                let finding = gone_before_it_is_old(comparison);
                findings.extend(place.map(|at| finding.of_rule(ONLY_WHILE_WELL.id, rule, at)));
                continue;
            }
            let Some(selector) = becomes_zero(comparison) else {
                continue;
            };
            let Some(name) = selector.name.as_deref() else {
                continue;
            };
            if let Some(job) = leaves_with_its_target(case.checkout, selector) {
                let place = rule.place_of(name);
                findings.push(gone_with_its_target(job).of_rule(ONLY_WHILE_WELL.id, rule, place));
                continue;
            }
            let Some(family) = case.knowledge.there_while_well(selector) else {
                continue;
            };
            if !said.insert((std::ptr::from_ref(rule), name)) {
                continue;
            }
            let what = format!(
                "`{name}` is there only while what {} asks answers; it may go away instead of \
                 becoming 0",
                family.origin
            );
            let help =
                "ask for the exporter's own word that it reaches it (`…_up == 0`), or `absent(…)`";
            let place = rule.place_of(name);
            findings.push(Said::warning(what, help).of_rule(ONLY_WHILE_WELL.id, rule, place));
        }
    }
    findings
}

/// The selector of what was seen last, in a comparison that wants that to be long ago:
/// `time() - container_last_seen > 60`.
fn grows_old(comparison: &BinaryExpr) -> Option<&VectorSelector> {
    let is_above = [">", ">="].contains(&comparison.op.to_string().as_str());
    let Expr::Binary(age) = bare(&comparison.lhs) else {
        return None;
    };
    let is_now = matches!(bare(&age.lhs), Expr::Call(call) if call.func.name == "time");
    let is_an_age = is_above && is_now && age.op.to_string() == "-";
    let seen = is_an_age.then(|| level(bare(&age.rhs))).flatten()?;
    (seen.name.as_deref() == Some("container_last_seen")).then_some(seen)
}

fn gone_before_it_is_old(comparison: &BinaryExpr) -> Said {
    Said::warning(
        format!(
            "`container_last_seen` goes away soon after its container, so it may never be `{} {}` \
             seconds old",
            comparison.op, comparison.rhs
        ),
        "ask for its absence: `absent(container_last_seen{name=\"…\"})`",
    )
}

/// The job whose `up` a selector reads, where each of its targets is a container that is forgotten
/// when it stops.
fn leaves_with_its_target<'a>(
    checkout: &'a Checkout,
    selector: &VectorSelector,
) -> Option<&'a str> {
    if selector.name.as_deref() != Some("up") {
        return None;
    }
    let of_job = selector.matchers.find_matchers("job");
    let prometheus = checkout.prometheus.as_ref()?;
    let jobs = prometheus.jobs.iter();
    let mut jobs = jobs.filter(|job| of_job.iter().all(|it| it.is_match(&job.name.text)));
    let first = jobs.next()?;
    let are_all = forgets_what_stops(checkout, first)
        && jobs.all(|job| forgets_what_stops(checkout, job))
        && !prometheus.has_unread_jobs;
    are_all.then_some(first.name.text.as_str())
}

/// Whether a job has nothing but what it finds among the containers that run.
fn forgets_what_stops(checkout: &Checkout, job: &Job) -> bool {
    let is_a_service = |name: &Node| {
        let name = name.text().unwrap_or_default();
        let name = name.strip_prefix("tasks.").unwrap_or(name);
        let compose = checkout.compose.as_ref();
        compose.is_some_and(|compose| compose.services.contains_key(name))
    };
    let mut ways = job.node.entries().iter().filter_map(|(key, node)| {
        let key = key.text()?;
        key.ends_with("_sd_configs").then_some((key, node))
    });
    job.finds_targets
        && job.targets.is_empty()
        && ways.all(|(key, node)| match key {
            "docker_sd_configs" => true,
            "dns_sd_configs" => node.items().iter().all(|way| {
                let names = way.get("names").map_or(&[][..], Node::items);
                !names.is_empty() && names.iter().all(is_a_service)
            }),
            _ => false,
        })
}

fn gone_with_its_target(job: &str) -> Said {
    Said::warning(
        format!(
            "`{job}` finds its targets among the containers that run, so a container that stops takes \
             its `up` away, which may never be 0"
        ),
        "ask for what is missing: `absent(up{job=\"…\"})`, or `count(up{job=\"…\"}) < 2`",
    )
}

/// The selector that a comparison wants to be nothing: `x == 0`, `x < 1`.
fn becomes_zero(comparison: &BinaryExpr) -> Option<&VectorSelector> {
    let Expr::NumberLiteral(limit) = &*comparison.rhs else {
        return None;
    };
    let is_zero = match comparison.op.to_string().as_str() {
        "==" | "<=" => limit.val.abs() < f64::EPSILON,
        "<" => limit.val > 0.0 && limit.val <= 1.0,
        _ => false,
    };
    is_zero.then(|| level(&comparison.lhs)).flatten()
}

fn level(it: &Expr) -> Option<&VectorSelector> {
    match it {
        Expr::Paren(it) => level(&it.expr),
        Expr::VectorSelector(selector) => Some(selector),
        Expr::Aggregate(it)
            if ["sum", "max", "min", "avg"].contains(&it.op.to_string().as_str()) =>
        {
            level(&it.expr)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "metric/only-while-well";

    fn project(expression: &str) -> String {
        format!(
            "--- prometheus.yml\nscrape_configs:\n  - job_name: redis\n    static_configs:\n      - targets: ['redis-exporter:9121']\n\
             --- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: {expression}\n"
        )
    }

    #[test]
    fn container_that_was_not_seen_for_long_is_gone_before_that() {
        let expected = "rules.yml:5:25 warning: `container_last_seen` goes away soon after its \
                        container, so it may never be `> 60` seconds old";
        assert_finds(
            ID,
            &project("(time() - container_last_seen) > 60"),
            &[expected],
        );
        for expression in [
            "time() - container_last_seen < 60",
            "time() - container_start_time_seconds > 60",
            "absent(container_last_seen) or time() - container_last_seen > 60",
        ] {
            assert_silent(ID, &project(expression));
        }
    }

    #[test]
    fn up_of_containers_that_are_found_while_they_run_is_found() {
        let project = |discovery: &str, expression: &str| {
            format!(
                "--- docker-compose.yml\nservices:\n  prometheus:\n    image: prom/prometheus\n    \
                 volumes: ['.:/etc/prometheus', '/var/run/docker.sock:/var/run/docker.sock']\n  api: \
                 {{image: me/api}}\n--- prometheus.yml\nrule_files: [rules.yml]\nscrape_configs:\n  - \
                 job_name: api\n    {discovery}\n--- rules.yml\ngroups:\n- name: g\n  rules:\n  - \
                 alert: A\n    expr: {expression}\n"
            )
        };
        let docker = "docker_sd_configs: [{host: 'unix:///var/run/docker.sock'}]";
        let names = "dns_sd_configs: [{names: [tasks.api], type: A, port: 80}]";
        for discovery in [docker, names] {
            let expected = "rules.yml:5:11 warning: `api` finds its targets among the containers";
            assert_finds(ID, &project(discovery, "up{job=\"api\"} == 0"), &[expected]);
        }
        for discovery in [
            "dns_sd_configs: [{names: [api.example.com], type: A, port: 80}]",
            "static_configs: [{targets: ['api:80']}]",
            "consul_sd_configs: [{server: 'consul:8500'}]",
        ] {
            assert_silent(ID, &project(discovery, "up{job=\"api\"} == 0"));
        }
        assert_silent(
            ID,
            &project(docker, "up{job=\"api\"} == 0 or absent(up{job=\"api\"})"),
        );
    }

    #[test]
    fn zero_of_what_goes_away_is_found() {
        for expression in [
            "redis_connected_clients == 0",
            "sum(redis_connected_clients) < 1",
        ] {
            assert_finds(ID, &project(expression), &["rules.yml:5:"]);
        }
    }

    #[test]
    fn zero_of_what_stays_and_other_limits_are_silent() {
        for expression in [
            "redis_up == 0",
            "up == 0",
            "redis_connected_clients > 100",
            "redis_connected_slaves < 2",
            "redis_connected_clients == 0 or absent(redis_connected_clients)",
            "unknown == 0",
        ] {
            assert_silent(ID, &project(expression));
        }
    }
}
