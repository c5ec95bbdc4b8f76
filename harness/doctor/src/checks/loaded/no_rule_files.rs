//! Rules are there, and Prometheus's configuration names none.

use alertdrill_core::Finding;
use alertdrill_project::yaml_tree::Place;

use crate::checkout::NotLoaded;
use crate::checks::check::{Case, Check, Said};

pub(in crate::checks) const NO_RULE_FILES: Check = Check {
    id: "loaded/no-rule-files",
    title: "rules are there, and Prometheus's configuration names no `rule_files`",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(prometheus) = &case.checkout.prometheus else {
        return Vec::new();
    };
    let unloaded = &case.checkout.unloaded;
    let (Some(first), true) = (unloaded.first(), prometheus.rule_files.is_empty()) else {
        return Vec::new();
    };
    let commented = place_of_comment(&prometheus.file.text);
    let place = prometheus.node.place_of_key("rule_files").or(commented);
    let names: Vec<_> = unloaded
        .iter()
        .map(|file| file.file.path.display().to_string())
        .collect();
    let shown = names.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    let more = names.len().saturating_sub(3);
    let more = if more == 0 {
        String::new()
    } else {
        format!(" and {more} more")
    };
    let how = if commented.is_some() && prometheus.node.get("rule_files").is_none() {
        "its `rule_files` is commented out"
    } else {
        "it has no `rule_files`"
    };
    let is_sure = unloaded.iter().any(|file| {
        prometheus.lies_near(&file.file.path) || matches!(file.why, NotLoaded::NotMatched(_))
    });
    let help = format!(
        "add `rule_files` with the path of {} as Prometheus's container sees it",
        first.file.path.display()
    );
    let said = if is_sure && prometheus.service.is_some() {
        let message = format!("{how}, so no rule is loaded; rules are in {shown}{more}");
        Said::error(message, help)
    } else {
        let message = format!("{how}, so rules may not be loaded; rules are in {shown}{more}");
        Said::warning(message, help)
    };
    vec![said.at(
        NO_RULE_FILES.id,
        &prometheus.file.path,
        place.unwrap_or_default(),
    )]
}

/// Where `rule_files:` stands in a comment.
fn place_of_comment(text: &str) -> Option<Place> {
    let mut lines = text.lines().enumerate();
    lines.find_map(|(number, line)| {
        let comment = line.trim_start().strip_prefix('#')?;
        let is_meant = comment.trim_start().starts_with("rule_files");
        is_meant.then_some(Place {
            line: number + 1,
            column: line.chars().take_while(|c| c.is_whitespace()).count() + 1,
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    fn project(configuration: &str, rules: &str) -> String {
        format!(
            "--- docker-compose.yml\nservices:\n  prometheus:\n    image: prom/prometheus\n    \
             volumes: ['./prometheus:/etc/prometheus']\n\
             --- prometheus/prometheus.yml\n{configuration}\n--- {rules}\n\
             groups: [{{name: g, rules: [{{alert: A, expr: up == 0}}]}}]\n"
        )
    }

    #[test]
    fn missing_empty_and_commented_rule_files_are_found() {
        for (configuration, expected) in [
            (
                "scrape_configs: []",
                "1:1 error: it has no `rule_files`, so no rule is loaded",
            ),
            ("scrape_configs: []\nrule_files:", "2:1 error: it has no"),
            (
                "scrape_configs: []\n\n# rule_files:\n#   - a.yml",
                "3:1 error: its `rule_files` is commented out",
            ),
        ] {
            let expected = format!("prometheus/prometheus.yml:{expected}");
            let project = project(configuration, "prometheus/a.yml");
            assert_finds("loaded/no-rule-files", &project, &[&expected]);
        }
    }

    #[test]
    fn configuration_with_rule_files_or_without_rules_is_fine() {
        for (configuration, rules) in [
            (
                "rule_files: [a.yml]\nscrape_configs: []",
                "prometheus/a.yml",
            ),
            ("scrape_configs: []", "k8s/a.yml"),
            ("scrape_configs: []", "docs/examples/a.yml"),
        ] {
            assert_silent("loaded/no-rule-files", &project(configuration, rules));
        }
    }
}
