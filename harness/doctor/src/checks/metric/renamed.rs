//! A metric's old name.

use alertdrill_core::Finding;

use super::selectors::findings_of_names;
use crate::checks::check::{Case, Check, Said};

pub(in crate::checks) const RENAMED: Check = Check {
    id: "metric/renamed",
    title: "only old versions of the exporter have this name",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    findings_of_names(case, RENAMED.id, |selected| {
        let name = selected.name;
        if selected.has_alternative || case.knowledge.runs(name) {
            return None;
        }
        let family = case.knowledge.only_as_old_name(selected.selector)?;
        let new = family.renamed_to.as_ref()?;
        let what = format!("`{name}` is `{new}` in every recent {}", family.origin);
        Some(Said::error(what, "write the new name"))
    })
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
