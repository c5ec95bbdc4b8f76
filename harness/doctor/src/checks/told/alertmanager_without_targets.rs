//! A list of Alertmanagers that names none.

use alertdrill_core::Finding;
use alertdrill_project::yaml_tree::{Node, Place};

use super::told_case::alerts_in_words;
use crate::checks::check::{Case, Check, Said};

pub(in crate::checks) const ALERTMANAGER_WITHOUT_TARGETS: Check = Check {
    id: "told/alertmanager-without-targets",
    title: "`alertmanagers` has no target",
    run,
};

const HELP: &str =
    "write your Alertmanager's address below `targets`, `alertmanager:9093` for example";

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(prometheus) = &case.checkout.prometheus else {
        return Vec::new();
    };
    let names = alerts_in_words(case);
    let Some(written) = prometheus.node.at(&["alerting", "alertmanagers"]) else {
        return Vec::new();
    };
    let names_some = !prometheus.alertmanagers.is_empty() || prometheus.finds_alertmanagers;
    if names.is_empty() || names_some {
        return Vec::new();
    }
    let of_alerting = prometheus.node.get("alerting");
    let place = place_of_targets(written)
        .or_else(|| of_alerting?.place_of_key("alertmanagers"))
        .unwrap_or_default();
    let commented = commented_target(&prometheus.file.text, place);
    let commented = commented.map_or_else(String::new, |(line, address)| {
        format!(" (`{address}` is commented out in line {line})")
    });
    let message = format!("`alertmanagers` has no target{commented}, so nobody is told of {names}");
    let said = Said::error(message, HELP);
    vec![said.at(
        ALERTMANAGER_WITHOUT_TARGETS.id,
        &prometheus.file.path,
        place,
    )]
}

fn place_of_targets(alertmanagers: &Node) -> Option<Place> {
    let mut groups = alertmanagers
        .items()
        .iter()
        .filter_map(|them| them.get("static_configs"))
        .flat_map(Node::items);
    groups.find_map(|group| group.place_of_key("targets"))
}

/// An address that stands in a comment soon after `place`.
fn commented_target(text: &str, place: Place) -> Option<(usize, &str)> {
    let mut lines = text.lines().enumerate().skip(place.line - 1).take(6);
    lines.find_map(|(number, line)| {
        let comment = line.split_once('#')?.1;
        let words = comment.split(|c: char| c.is_whitespace() || "\"'[],".contains(c));
        let mut addresses = words.filter(|word| {
            let port = word.rsplit_once(':').map(|(_, port)| port);
            port.is_some_and(|port| port.parse::<u16>().is_ok())
        });
        Some((number + 1, addresses.next()?))
    })
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const RULES: &str = "--- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: \
    Down\n        expr: up == 0\n";

    #[test]
    fn targets_that_are_empty_or_commented_out_are_found() {
        for (targets, expected) in [
            (
                "        - targets:\n          # - alertmanager:9093\n",
                "prometheus.yml:5:11 error: `alertmanagers` has no target (`alertmanager:9093` is \
                 commented out in line 6), so nobody is told of `Down`",
            ),
            (
                "        - targets: []\n",
                "prometheus.yml:5:11 error: `alertmanagers` has no target, so",
            ),
        ] {
            let configuration = format!(
                "--- prometheus.yml\nrule_files: [rules.yml]\nalerting:\n  alertmanagers:\n    - \
                 static_configs:\n{targets}"
            );
            let project = format!("{configuration}{RULES}");
            assert_finds("told/alertmanager-without-targets", &project, &[expected]);
        }
        let nothing = format!(
            "--- prometheus.yml\nrule_files: [rules.yml]\nalerting:\n  alertmanagers:\n{RULES}"
        );
        let expected = "prometheus.yml:3:3 error: `alertmanagers` has no target";
        assert_finds("told/alertmanager-without-targets", &nothing, &[expected]);
    }

    #[test]
    fn look_alikes_are_silent() {
        for managers in [
            "[{static_configs: [{targets: ['am:9093']}]}]",
            "[{static_configs: [{targets: []}]}, {static_configs: [{targets: ['am:9093']}]}]",
            "[{file_sd_configs: [{files: [am.yml]}]}]",
            "[{static_configs: [{targets: ['$AM']}]}]",
        ] {
            let project = format!(
                "--- prometheus.yml\nrule_files: [rules.yml]\nalerting: {{alertmanagers: \
                 {managers}}}\n{RULES}"
            );
            assert_silent("told/alertmanager-without-targets", &project);
        }
        assert_silent(
            "told/alertmanager-without-targets",
            "--- prometheus.yml\nrule_files: []\nalerting: {alertmanagers: []}\n",
        );
    }
}
