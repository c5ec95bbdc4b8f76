//! A rule that reads an instance that no target is.

use std::collections::BTreeSet;

use alertdrill_core::{Finding, nearest};
use alertdrill_project::yaml_tree::Node;
use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::VectorSelector;

use super::scraped_targets::is_written_to;
use crate::checkout::{Job, Prometheus};
use crate::checks::check::{Case, Check, Said};
use crate::expression::selectors;

pub(in crate::checks) const NO_SUCH_INSTANCE: Check = Check {
    id: "scraped/no-such-instance",
    title: "a rule reads an instance that no target is",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(prometheus) = &case.checkout.prometheus else {
        return Vec::new();
    };
    let is_known = !prometheus.has_unread_jobs && !is_written_to(case.checkout, prometheus);
    if !is_known || case.checkout.running.is_some() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for rule in case.checkout.rules() {
        let Ok(expression) = &rule.expression.parsed else {
            continue;
        };
        let mut seen = BTreeSet::new();
        for selector in selectors(expression) {
            let Some((value, nearest)) = not_there(prometheus, selector) else {
                continue;
            };
            if !seen.insert(value.to_owned()) {
                continue;
            }
            let nearest = nearest.map_or_else(String::new, |it| format!("; the nearest is `{it}`"));
            let said = Said::error(
                format!("no target has the instance `{value}`{nearest}"),
                "name a target as `scrape_configs` does, with its port, or add it there",
            );
            findings.push(said.of_rule(NO_SUCH_INSTANCE.id, rule, rule.place_of(value)));
        }
    }
    findings
}

/// The instance that a selector asks for and that no target is, and the nearest that is one.
fn not_there<'a>(
    prometheus: &Prometheus,
    selector: &'a VectorSelector,
) -> Option<(&'a str, Option<String>)> {
    let name = selector.name.as_deref()?;
    let matchers = &selector.matchers.matchers;
    let of = |label: &'static str| matchers.iter().filter(move |it| it.name == label);
    let asked = of("instance").find(|matcher| asks_for_one(matcher))?;
    // Of `ALERTS` and of recorded metrics the label may be anything.
    let is_made = name == "ALERTS" || name.contains(':');
    if is_made || !selector.matchers.or_matchers.is_empty() || asked.value.contains('$') {
        return None;
    }
    let takes = |job: &&Job| of("job").all(|matcher| is_taken(matcher, &job.name.text));
    let mut instances = BTreeSet::new();
    for job in prometheus.jobs.iter().filter(takes) {
        instances.extend(instances_of(job)?);
    }
    if instances.is_empty() || instances.iter().any(|it| is_taken(asked, it)) {
        return None;
    }
    let nearest = nearest(&asked.value, instances.iter().map(String::as_str));
    Some((&asked.value, nearest.map(str::to_owned)))
}

fn asks_for_one(matcher: &Matcher) -> bool {
    !is_taken(matcher, "") && matches!(matcher.op, MatchOp::Equal | MatchOp::Re(_))
}

fn is_taken(matcher: &Matcher, value: &str) -> bool {
    match matcher.op {
        MatchOp::Equal => matcher.value == value,
        MatchOp::NotEqual => matcher.value != value,
        _ => matcher.is_match(value),
    }
}

/// The values that `instance` has of a job's targets, with and without the port that Prometheus
/// adds; `None` if they are not known.
fn instances_of(job: &Job) -> Option<Vec<String>> {
    let steps = |key| job.node.get(key).map_or(&[][..], Node::items);
    let all = steps("relabel_configs")
        .iter()
        .chain(steps("metric_relabel_configs"));
    let rewrites = all.clone().any(|step| {
        let target = step.text_at(&["target_label"]).unwrap_or_default();
        let by_map = step.text_at(&["action"]) == Some("labelmap");
        by_map || target.contains('$') || (target == "instance" && !takes_the_target(step))
    });
    let moves = !job.asks_a_prober()
        && all.clone().any(|step| {
            let target = step.text_at(&["target_label"]);
            target.is_some_and(|target| target == "__address__")
        });
    let honors = job.node.get("honor_labels").is_some_and(Node::is_true);
    if job.finds_targets || rewrites || moves || honors || job.metrics_path.contains("federate") {
        return None;
    }
    let mut instances = Vec::new();
    for target in &job.targets {
        let given = target
            .labels
            .iter()
            .find(|(name, _)| name.text == "instance");
        let address = given.map_or(&target.address.text, |(_, value)| &value.text);
        if address.contains("${") || address.contains("{{") {
            return None;
        }
        instances.extend([
            address.clone(),
            format!("{address}:80"),
            format!("{address}:443"),
        ]);
    }
    Some(instances)
}

/// Whether a step of a prober's job writes what is asked about as the instance, as it is.
fn takes_the_target(step: &Node) -> bool {
    let sources = step.get("source_labels").map_or(&[][..], Node::items);
    let is_the_target = |source: &Node| {
        source
            .text()
            .is_some_and(|it| it == "__param_target" || it == "__address__")
    };
    let changes = ["regex", "replacement", "action"];
    sources.len() == 1
        && sources.iter().all(is_the_target)
        && changes.iter().all(|key| step.get(key).is_none())
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "scraped/no-such-instance";

    fn project(job: &str, expression: &str) -> String {
        format!(
            "--- prometheus.yml\nrule_files: [rules.yml]\nscrape_configs:\n- job_name: a\n{job}\
             --- rules.yml\ngroups:\n- name: g\n  rules:\n  - alert: A\n    expr: {expression}\n"
        )
    }

    const API: &str = "  static_configs: [{targets: ['api:8080', 'db']}]\n";
    const PROBE: &str = "  static_configs: [{targets: ['https://shop.internal']}]\n  \
        relabel_configs:\n  - {source_labels: [__address__], target_label: __param_target}\n  \
        - {source_labels: [__param_target], target_label: instance}\n  \
        - {target_label: __address__, replacement: 'blackbox:9115'}\n";

    #[test]
    fn instance_that_no_target_is_is_found_with_the_nearest() {
        for (job, expression, expected) in [
            (
                API,
                "up{instance=\"api:8081\"} == 0",
                "rules.yml:5:24 error: no target has the instance `api:8081`; the nearest is \
                 `api:8080`",
            ),
            (
                PROBE,
                "probe_success{instance=\"https://other.internal\"} == 0",
                "rules.yml:5:35 error: no target has the instance `https://other.internal`",
            ),
            (
                API,
                "up{job=\"a\", instance=~\"web.*\"} == 0",
                "rules.yml:5:34 error: no target has the instance `web.*`",
            ),
        ] {
            assert_finds(ID, &project(job, expression), &[expected]);
        }
    }

    #[test]
    fn look_alikes_are_silent() {
        for expression in [
            "up{instance=\"api:8080\"} == 0",
            "up{instance=\"db:80\"} == 0",
            "up{instance=~\"api.*\"} == 0",
            "up{instance!=\"web:1\"} == 0",
            "up{instance=~\".*\"} == 0",
            "ALERTS{instance=\"web:1\"}",
            "a:b{instance=\"web:1\"} > 0",
            "up{instance=\"web:1\", job=\"b\"} == 0",
        ] {
            assert_silent(ID, &project(API, expression));
        }
        let asked = "up{instance=\"web:1\"} == 0";
        for job in [
            "  dns_sd_configs: [{names: [web]}]\n",
            "  honor_labels: true\n  static_configs: [{targets: ['gateway:9091']}]\n",
            "  static_configs: [{targets: ['api:1']}]\n  relabel_configs: \
             [{target_label: instance, replacement: 'web:1'}]\n",
            "  static_configs: [{targets: ['api:1'], labels: {instance: 'web:1'}}]\n",
        ] {
            assert_silent(ID, &project(job, asked));
        }
    }
}
