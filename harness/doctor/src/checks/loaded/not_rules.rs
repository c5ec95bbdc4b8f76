//! A file that Prometheus loads and that is no rules file.

use alertdrill_core::Finding;

use crate::checks::check::{Case, Check, Said};

pub(in crate::checks) const NOT_RULES: Check = Check {
    id: "loaded/not-rules",
    title: "a file that Prometheus loads is no rules file",
    run,
};

const HELP: &str = "put the rules below `groups: [{name: …, rules: …}]`, and see what \
                    `promtool check rules` says";

fn run(case: &Case<'_>) -> Vec<Finding> {
    let files = case.checkout.rules_files.iter();
    let complaints = files.flat_map(|read| {
        let complaints = read.complaints.iter();
        complaints
            .map(|(place, why)| Said::error(why, HELP).at(NOT_RULES.id, &read.file.path, *place))
    });
    complaints.collect()
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    #[test]
    fn fragment_without_groups_is_found() {
        assert_finds(
            "loaded/not-rules",
            "--- rules.yml\n# rules\n- alert: Down\n  expr: up == 0\n",
            &["rules.yml:2:1 error"],
        );
    }

    #[test]
    fn file_with_groups_or_with_nothing_is_fine() {
        for rules in [
            "groups: [{name: g, rules: []}]\n",
            "# nothing yet\n",
            "groups:\n",
        ] {
            assert_silent("loaded/not-rules", &format!("--- rules.yml\n{rules}"));
        }
    }
}
