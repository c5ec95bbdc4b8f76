//! A metric's old name.

use std::collections::HashSet;

use alertdrill_core::Finding;

use super::selectors::selectors;
use crate::checks::check::{Case, Check, Said};

pub(in crate::checks) const RENAMED: Check = Check {
    id: "metric/renamed",
    title: "only old versions of the exporter have this name",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let mut said = HashSet::new();
    let mut findings = Vec::new();
    for selected in selectors(case) {
        let name = selected.name;
        if selected.has_alternative || case.knowledge.runs(name) {
            continue;
        }
        let Some(family) = case.knowledge.only_as_old_name(selected.selector) else {
            continue;
        };
        let Some(new) = &family.renamed_to else {
            continue;
        };
        if !said.insert((std::ptr::from_ref(selected.rule), name)) {
            continue;
        }
        let what = format!("`{name}` is `{new}` in every recent {}", family.origin);
        let help = "write the new name";
        let place = selected.rule.place_of(name);
        findings.push(Said::error(what, help).of_rule(RENAMED.id, selected.rule, place));
    }
    findings
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "metric/renamed";

    fn project(expression: &str) -> String {
        format!(
            "--- prometheus.yml\nscrape_configs:\n  - job_name: node\n    static_configs:\n      - targets: ['node-exporter:9100']\n\
             --- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: {expression}\n"
        )
    }

    #[test]
    fn old_name_is_found_with_the_new_one() {
        assert_finds(
            ID,
            &project("node_boot_time > 1"),
            &[
                "rules.yml:5:15 error: `node_boot_time` is `node_boot_time_seconds` in every recent node_exporter",
            ],
        );
    }

    #[test]
    fn new_name_or_both_are_silent() {
        for expression in [
            "node_boot_time_seconds > 1",
            "(node_boot_time or node_boot_time_seconds) > 1",
            "my_node_boot_time > 1",
            "up > 1",
            "node_load1 > 1",
        ] {
            assert_silent(ID, &project(expression));
        }
    }
}
