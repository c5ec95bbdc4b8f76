//! A rule that Prometheus refuses, and with it the whole file.

use alertdrill_core::Finding;

use crate::checks::check::{Case, Check, Said};

pub(in crate::checks) const BROKEN_RULE: Check = Check {
    id: "loaded/broken-rule",
    title: "a rule that Prometheus refuses, and with it the whole file",
    run,
};

const HELP: &str = "mend it: Prometheus does not start with such a file, and a reload keeps the \
                    old rules; see what `promtool check rules` says";

fn run(case: &Case<'_>) -> Vec<Finding> {
    let is_for_prometheus = case.checkout.prometheus.is_some();
    let files = case.checkout.rules_files.iter();
    let findings = files.flat_map(|read| {
        let broken = read.broken.iter();
        let broken = broken.filter(|broken| is_for_prometheus || !broken.is_prometheus_alone);
        broken.map(|broken| Finding {
            about: broken.about.clone(),
            ..Said::error(&broken.why, HELP).at(BROKEN_RULE.id, &read.file.path, broken.place)
        })
    });
    findings.collect()
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    fn project(rule: &str) -> String {
        format!(
            "--- prometheus.yml\nrule_files: [rules.yml]\n--- rules.yml\ngroups:\n- name: g\n  \
             rules:\n  - alert: A\n{rule}\n"
        )
    }

    #[test]
    fn what_prometheus_refuses_is_found_where_it_stands() {
        for (rule, expected) in [
            ("    for: 5m", "rules.yml:4:5 error: a rule has no `expr`"),
            (
                "    expr: up = = 0",
                "rules.yml:5:11 error: the expression is no PromQL",
            ),
            (
                "    expr: sum(up",
                "rules.yml:5:11 error: the expression is no PromQL",
            ),
            (
                "    expr: rate(up) > 0",
                "rules.yml:5:11 error: the expression is no PromQL",
            ),
            (
                "    expr: nothing_like_it(up)",
                "rules.yml:5:11 error: the expression is no PromQL",
            ),
            (
                "    expr: up\n    for: 5 min",
                "rules.yml:6:10 error: `for: 5 min` is no duration",
            ),
            (
                "    expr: up\n    for: 5min",
                "rules.yml:6:10 error: `for: 5min` is no duration",
            ),
            (
                "    expr: up\n    annotation: {a: b}",
                "rules.yml:6:5 error: a rule has no key `annotation`; the nearest is `annotations`",
            ),
            (
                "    expr: up\n    severity: page",
                "rules.yml:6:5 error: a rule has no key `severity`",
            ),
            (
                "    expr: up\n    expr: down",
                "rules.yml:6:5 error: `expr` is there twice",
            ),
            (
                "    expr: up\n    labels: [a]",
                "rules.yml:6:13 error: `labels` is no map",
            ),
            (
                "  - expr: up\n    alert: B\n    record: c",
                "rules.yml:4:5 error: a rule has no `expr`",
            ),
        ] {
            let project = project(rule);
            let found = crate::test_projects::findings(&project);
            let id = " loaded/broken-rule: ";
            let first = found.iter().find(|line| line.contains(id)).unwrap();
            let first = first.replace(id, ": ");
            assert!(first.starts_with(expected), "{rule}: {first}");
        }
    }

    #[test]
    fn group_without_a_name_and_group_that_is_there_twice_are_found() {
        assert_finds(
            "loaded/broken-rule",
            "--- prometheus.yml\nrule_files: [rules.yml]\n--- rules.yml\ngroups:\n- rules: []\n\
             - {name: a, rules: []}\n- {name: a, rules: []}\n",
            &[
                "rules.yml:2:3 error: a group has no",
                "rules.yml:4:10 error: the group `a`",
            ],
        );
    }

    #[test]
    fn what_prometheus_takes_is_fine() {
        for rule in [
            "    expr: up == 0\n    for: 1h30m\n    keep_firing_for: 0s",
            "    expr: |\n      rate(x_total{a=~\"5..\"}[5m]) # because\n        > 0.5",
            "    expr: 1 - avg by (instance) (rate(node_cpu_seconds_total{mode='idle'}[5m])) > .8",
            "    expr: absent(up{job=\"a\"}) or vector(0) > bool 1",
            "    expr: quantile_over_time(0.9, x[1h:5m] offset 1d) > 1e3",
            "    expr: a / on (x) group_left (y) b > 0 unless ignoring (z) c",
            "    expr: up == 0\n    labels: {severity: 1, on: yes}\n    annotations: {a: }",
            "    expr: up{job=\"${JOB}\"} == 0\n    for: ${FOR}",
            "    expr: info(up) > 0",
            "    expr: predict_linear(x[6h], 4 * 3600) < 0 and x < 0x1F and (x > -Inf)",
            "    expr: max_over_time(deriv(x[5m])[1h30m:]) > 0",
            "    expr: 0 > up @ end() or limitk(2, up)",
            "    expr: up\n    for: 0",
        ] {
            assert_silent("loaded/broken-rule", &project(rule));
        }
    }

    #[test]
    fn keys_of_others_that_evaluate_rules_are_fine_where_there_is_no_prometheus() {
        assert_silent(
            "loaded/broken-rule",
            "--- rules.yml\ngroups:\n- name: g\n  concurrency: 2\n  rules:\n  - {alert: A, expr: \
             up == 0, debug: true}\n",
        );
    }
}
