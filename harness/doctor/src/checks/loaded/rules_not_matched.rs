//! A file of rules that Prometheus's container sees and that no pattern matches.

use alertdrill_core::Finding;
use alertdrill_project::yaml_tree::Place;

use crate::checkout::NotLoaded;
use crate::checks::check::{Case, Check, Said};

pub(in crate::checks) const RULES_NOT_MATCHED: Check = Check {
    id: "loaded/rules-not-matched",
    title: "a file of rules that no pattern of `rule_files` matches",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(prometheus) = &case.checkout.prometheus else {
        return Vec::new();
    };
    if prometheus.rule_files.is_empty() {
        return Vec::new();
    }
    let patterns = prometheus.rule_files.iter();
    let patterns: Vec<_> = patterns
        .map(|named| format!("`{}`", named.pattern.text))
        .collect();
    let patterns = patterns.join(", ");
    let findings = case.checkout.unloaded.iter().filter_map(|unloaded| {
        let NotLoaded::NotMatched(path) = &unloaded.why else {
            return None;
        };
        let help = format!(
            "name it in `rule_files` of {}, or take the file out",
            prometheus.file.path.display()
        );
        let said = if prometheus.service.is_some() {
            let why = format!("no pattern of `rule_files` matches {path}: there are {patterns}");
            Said::error(why, help)
        } else {
            let why = format!("no pattern of `rule_files` may match it: there are {patterns}");
            Said::warning(why, help)
        };
        Some(said.at(RULES_NOT_MATCHED.id, &unloaded.file.path, Place::default()))
    });
    findings.collect()
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    fn project(patterns: &str) -> String {
        format!(
            "--- docker-compose.yml\nservices:\n  prometheus:\n    image: prom/prometheus\n    \
             volumes: ['./prometheus:/etc/prometheus']\n\
             --- prometheus/prometheus.yml\nrule_files: [{patterns}]\nscrape_configs: []\n\
             --- prometheus/rules/a.yaml\n\
             groups: [{{name: g, rules: [{{alert: A, expr: up == 0}}]}}]\n"
        )
    }

    #[test]
    fn rules_that_no_pattern_matches_are_found() {
        for patterns in ["rules/*.yml", "'*.yaml'", "alerts.yml"] {
            assert_finds(
                "loaded/rules-not-matched",
                &project(patterns),
                &[
                    "prometheus/rules/a.yaml:1:1 error: no pattern of `rule_files` matches \
                   /etc/prometheus/rules/a.yaml",
                ],
            );
        }
    }

    #[test]
    fn rules_that_a_pattern_matches_are_fine() {
        for patterns in [
            "rules/*.yaml",
            "/etc/prometheus/rules/a.yaml",
            "'rules/*'",
            "${RULES}",
        ] {
            assert_silent("loaded/rules-not-matched", &project(patterns));
        }
    }
}
