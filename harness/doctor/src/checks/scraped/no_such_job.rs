//! A job that rules read and that is not there.

use std::collections::BTreeSet;

use alertdrill_core::{Finding, nearest};
use alertdrill_project::yaml_tree::Node;
use promql_parser::label::MatchOp;
use promql_parser::parser::VectorSelector;

use super::scraped_targets::is_written_to;
use crate::checkout::{Checkout, Prometheus, Rule, RuleKind};
use crate::checks::check::{Case, Check, Said};
use crate::expression::selectors;

pub(in crate::checks) const NO_SUCH_JOB: Check = Check {
    id: "scraped/no-such-job",
    title: "a rule reads a job that is not there",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(prometheus) = &case.checkout.prometheus else {
        return Vec::new();
    };
    let Some(jobs) = all_jobs(case.checkout, prometheus) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for rule in case.checkout.rules() {
        let Ok(expression) = &rule.expression.parsed else {
            continue;
        };
        let mut seen = BTreeSet::new();
        for selector in selectors(expression) {
            for value in not_there(selector, &jobs) {
                if seen.insert(value.clone()) {
                    findings.push(said(prometheus, rule, &value, &jobs));
                }
            }
        }
    }
    findings
}

fn said(prometheus: &Prometheus, rule: &Rule, value: &str, jobs: &BTreeSet<String>) -> Finding {
    let place = rule.place_of(value);
    if let Some(line) = commented_out(prometheus, value) {
        let file = prometheus.file.path.display();
        let said = Said::error(
            format!("the job `{value}` is commented out ({file}:{line})"),
            "take the marks away, or the rule",
        );
        return said.of_rule(NO_SUCH_JOB.id, rule, place);
    }
    let nearest = nearest(value, jobs.iter().map(String::as_str));
    let nearest = nearest.map_or_else(String::new, |name| format!("; the nearest is `{name}`"));
    let said = Said::error(
        format!("no job is named `{value}`{nearest}"),
        "name the job as `scrape_configs` does, or add it there",
    );
    said.of_rule(NO_SUCH_JOB.id, rule, place)
}

/// The values that the label `job` can have; `None` if that is not known.
fn all_jobs(checkout: &Checkout, prometheus: &Prometheus) -> Option<BTreeSet<String>> {
    if prometheus.jobs.is_empty() || is_written_to(checkout, prometheus) {
        return None;
    }
    // Its jobs stand in other files, of which some may not be there.
    let of_files = prometheus.node.get("scrape_config_files");
    if of_files.is_some_and(|files| !files.items().is_empty()) {
        return None;
    }
    let mut jobs = BTreeSet::new();
    for job in &prometheus.jobs {
        if job.node.get("honor_labels").is_some_and(Node::is_true) {
            return None;
        }
        for key in ["relabel_configs", "metric_relabel_configs"] {
            let steps = job.node.get(key).map_or(&[][..], Node::items);
            let may_write = steps.iter().any(|step| {
                let by_map = step.text_at(&["action"]) == Some("labelmap");
                by_map
                    || step
                        .text_at(&["target_label"])
                        .is_some_and(|it| it.contains("job") || it.contains('$'))
            });
            if may_write {
                return None;
            }
        }
        jobs.insert(job.name.text.clone());
        let labels = job.targets.iter().flat_map(|target| &target.labels);
        let given = labels.filter(|(name, _)| name.text == "job");
        jobs.extend(given.map(|(_, value)| value.text.clone()));
        if job.finds_targets && job.node.get("static_configs").is_none() {
            // What is discovered may bring a label `job` along.
            let by_files = job.node.entries().iter().any(|(key, _)| {
                key.text()
                    .is_some_and(|key| key == "file_sd_configs" || key == "http_sd_configs")
            });
            if by_files {
                return None;
            }
        }
    }
    for rule in checkout
        .rules()
        .filter(|rule| rule.kind == RuleKind::Recording)
    {
        let given = rule.label("job").map(|value| value.text.clone());
        jobs.extend(given);
        if rule.expression.text.contains("label_replace")
            || rule.expression.text.contains("label_join")
        {
            return None;
        }
    }
    let is_variable = |name: &String| name.contains("${") || name.contains("{{");
    (!jobs.iter().any(is_variable)).then_some(jobs)
}

fn not_there(selector: &VectorSelector, jobs: &BTreeSet<String>) -> Vec<String> {
    if !selector.matchers.or_matchers.is_empty() {
        return Vec::new();
    }
    // Of `ALERTS` and of recorded metrics the label may be anything.
    let name = selector.name.as_deref().unwrap_or_default();
    if name == "ALERTS" || name.contains(':') {
        return Vec::new();
    }
    let of_jobs = selector
        .matchers
        .matchers
        .iter()
        .filter(|it| it.name == "job");
    let missing = of_jobs.filter(|matcher| match &matcher.op {
        MatchOp::Equal => !matcher.value.is_empty() && !jobs.contains(&matcher.value),
        MatchOp::Re(pattern) => {
            !pattern.is_match("") && !jobs.iter().any(|job| pattern.is_match(job))
        }
        MatchOp::NotEqual | MatchOp::NotRe(_) => false,
    });
    let values = missing.map(|matcher| matcher.value.clone());
    values.filter(|value| !value.contains('$')).collect()
}

/// The line in which the job stands in a comment.
fn commented_out(prometheus: &Prometheus, name: &str) -> Option<usize> {
    let mut lines = prometheus.file.text.lines().enumerate();
    lines.find_map(|(number, line)| {
        let comment = line.trim_start().strip_prefix('#')?;
        let value = comment
            .trim_start_matches(['#', ' ', '-', '\t'])
            .strip_prefix("job_name:")?;
        let value = value.split(" #").next().unwrap_or(value);
        let value = value.trim().trim_matches(['"', '\'']);
        (value == name).then_some(number + 1)
    })
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "scraped/no-such-job";

    fn project(jobs: &str, expression: &str) -> String {
        format!(
            "--- prometheus.yml\nrule_files: [rules.yml]\nscrape_configs:\n{jobs}--- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: {expression}\n"
        )
    }

    const API: &str = "  - job_name: api\n    static_configs: [{targets: ['api:80']}]\n";

    #[test]
    fn job_that_is_not_there_is_found_with_the_nearest() {
        for (expression, expected) in [
            (
                "up{job=\"apy\"} == 0",
                "rules.yml:5:23 error: no job is named `apy`; the nearest is `api`",
            ),
            (
                "absent(up{job=~\"apy|x\"})",
                "rules.yml:5:31 error: no job is named `apy|x`",
            ),
        ] {
            assert_finds(ID, &project(API, expression), &[expected]);
        }
    }

    #[test]
    fn job_that_is_commented_out_is_found_where_it_stands() {
        let jobs = format!("{API}  # - job_name: 'node'\n  #   static_configs: []\n");
        assert_finds(
            ID,
            &project(&jobs, "up{job=\"node\"} == 0"),
            &["rules.yml:5:23 error: the job `node` is commented out (prometheus.yml:5)"],
        );
    }

    #[test]
    fn look_alikes_are_silent() {
        let other = "  - job_name: push\n    honor_labels: true\n    static_configs: [{targets: ['p:1']}]\n";
        let labelled =
            "  - job_name: x\n    static_configs: [{targets: ['p:1'], labels: {job: web}}]\n";
        let renamed =
            "  - job_name: x\n    relabel_configs: [{target_label: job, replacement: web}]\n";
        for (jobs, expression) in [
            (API, "up{job=\"api\"} == 0"),
            (API, "up{job=~\"api|web\"} == 0"),
            (API, "up{job!=\"web\"} == 0"),
            (API, "up{job=~\".*\"} == 0"),
            (API, "job:errors:rate5m{job=\"web\"} > 0"),
            (other, "up{job=\"web\"} == 0"),
            (labelled, "up{job=\"web\"} == 0"),
            (renamed, "up{job=\"web\"} == 0"),
        ] {
            assert_silent(ID, &project(jobs, expression));
        }
        assert_silent(
            ID,
            "--- rules.yml\ngroups: [{name: g, rules: [{alert: A, expr: 'up{job=\"x\"} == 0'}]}]\n",
        );
    }
}
