//! Alerts that Prometheus tells nobody.

use alertdrill_core::Finding;
use alertdrill_project::yaml_tree::Place;

use super::told_case::alerts_in_words;
use crate::checkout::Prometheus;
use crate::checks::check::{Case, Check, Said};

pub(in crate::checks) const NO_ALERTMANAGER: Check = Check {
    id: "told/no-alertmanager",
    title: "Prometheus has alerts and no Alertmanager to tell",
    run,
};

const HELP: &str = "name your Alertmanager: `alerting: {alertmanagers: [{static_configs: \
                    [{targets: [\"alertmanager:9093\"]}]}]}`";

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(prometheus) = &case.checkout.prometheus else {
        return Vec::new();
    };
    let names = alerts_in_words(case);
    let written = prometheus.node.at(&["alerting", "alertmanagers"]);
    if names.is_empty() || written.is_some() || is_told_by_a_flag(case, prometheus) {
        return Vec::new();
    }
    let commented = commented_out(&prometheus.file.text);
    let message = match commented {
        Some(place) => format!(
            "`alerting` is commented out (line {}), so nobody is told of {names}",
            place.line
        ),
        None => format!("it names no Alertmanager, so nobody is told of {names}"),
    };
    let keys = ["alerting", "rule_files", "global"].into_iter();
    let mut keys = keys.filter_map(|key| prometheus.node.place_of_key(key));
    let place = commented.or_else(|| keys.next()).unwrap_or_default();
    vec![Said::error(message, HELP).at(NO_ALERTMANAGER.id, &prometheus.file.path, place)]
}

/// Where `alerting:` or `alertmanagers:` stands in a comment.
fn commented_out(text: &str) -> Option<Place> {
    let mut lines = text.lines().enumerate();
    lines.find_map(|(number, line)| {
        let comment = line.trim_start().strip_prefix('#')?;
        let key = comment.trim_start_matches(['#', ' ', '-']);
        (key.starts_with("alerting:") || key.starts_with("alertmanagers:")).then(|| Place {
            line: number + 1,
            column: line.chars().take_while(|c| *c != '#').count() + 1,
        })
    })
}

/// Whether a flag says whom Prometheus tells (before version 2), or that it evaluates no rules.
fn is_told_by_a_flag(case: &Case<'_>, prometheus: &Prometheus) -> bool {
    let service = prometheus.service.as_ref().and_then(|name| {
        let compose = case.checkout.compose.as_ref()?;
        compose.services.get(name)
    });
    service.is_some_and(|service| {
        let words = service.command.iter().chain(&service.entrypoint);
        let flags = ["alertmanager.url", "agent"];
        words
            .into_iter()
            .any(|word| flags.iter().any(|flag| word.contains(flag)))
    })
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const RULES: &str = "--- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: \
    Down\n        expr: up == 0\n";

    #[test]
    fn configuration_that_names_no_alertmanager_is_found() {
        assert_finds(
            "told/no-alertmanager",
            &format!("--- prometheus.yml\nglobal: {{}}\nrule_files: [rules.yml]\n{RULES}"),
            &["prometheus.yml:2:1 error: it names no Alertmanager, so nobody is told of `Down`"],
        );
    }

    #[test]
    fn one_that_is_commented_out_is_found_where_it_stands() {
        assert_finds(
            "told/no-alertmanager",
            &format!(
                "--- prometheus.yml\nrule_files: [rules.yml]\n# alerting:\n#   alertmanagers:\n\
                 {RULES}"
            ),
            &["prometheus.yml:2:1 error: `alerting` is commented out (line 2)"],
        );
    }

    #[test]
    fn alerts_of_a_file_that_is_no_yaml_are_named() {
        let broken = "--- rules.yml\ngroups:\n- name: g\n  rules:\n  - alert: Down\n    expr: up \
        == 0\n   labels: {a: b}\n";
        assert_finds(
            "told/no-alertmanager",
            &format!("--- prometheus.yml\nrule_files: [rules.yml]\n#alerting:\n{broken}"),
            &[
                "prometheus.yml:2:1 error: `alerting` is commented out (line 2), so nobody is told \
                 of `Down`",
            ],
        );
    }

    #[test]
    fn look_alikes_are_silent() {
        for configuration in [
            "alerting: {alertmanagers: [{static_configs: [{targets: ['am:9093']}]}]}",
            "alerting: {alertmanagers: [{dns_sd_configs: [{names: [am]}]}]}",
            "alerting: {alertmanagers: [{static_configs: [{targets: []}]}]}",
            "alerting: {alertmanagers: [{static_configs: [{targets: ['${AM}']}]}]}",
        ] {
            let project = format!("--- prometheus.yml\n{configuration}\n{RULES}");
            assert_silent("told/no-alertmanager", &project);
        }
        assert_silent("told/no-alertmanager", RULES);
        assert_silent(
            "told/no-alertmanager",
            "--- prometheus.yml\nrule_files: []\n--- rules.yml\ngroups: [{name: g, rules: \
             [{record: a:b, expr: up}]}]\n",
        );
    }
}
