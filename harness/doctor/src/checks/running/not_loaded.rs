//! A rule of the files that the running Prometheus has not loaded.

use std::collections::BTreeSet;

use alertdrill_core::Finding;

use crate::checks::{Case, Check, Said};

pub(in crate::checks) const NOT_LOADED: Check = Check {
    id: "running/not-loaded",
    title: "the running Prometheus has not loaded a rule of the files",
    run,
};

const HELP: &str = "reload Prometheus (`POST /-/reload`, SIGHUP, or a restart), and look at its log \
                    for why it keeps the old rules";

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(running) = &case.checkout.running else {
        return Vec::new();
    };
    let loaded: BTreeSet<_> = running
        .alerts
        .iter()
        .map(|alert| alert.name.as_str())
        .collect();
    let missing = case
        .checkout
        .alerts()
        .filter(|rule| !loaded.contains(rule.name.text.as_str()));
    let findings = missing.map(|rule| {
        let message = "the running Prometheus has no rule of this name";
        Said::error(message, HELP).of_rule(NOT_LOADED.id, rule, rule.name.place)
    });
    findings.collect()
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const RULES: &str =
        "--- rules.yml\ngroups:\n- name: g\n  rules:\n  - {alert: A, expr: up == 0}\n";

    #[test]
    fn rule_that_is_only_in_the_file_is_found_and_one_that_is_loaded_is_not() {
        let running = |name: &str| {
            format!("{RULES}--- running.json\n{{\"alerts\": [{{\"name\": \"{name}\"}}]}}\n")
        };
        assert_finds(
            "running/not-loaded",
            &running("B"),
            &["rules.yml:4:13 error"],
        );
        assert_silent("running/not-loaded", &running("A"));
        assert_silent("running/not-loaded", RULES);
    }
}
