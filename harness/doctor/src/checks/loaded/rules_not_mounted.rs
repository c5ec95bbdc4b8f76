//! A file of rules that Prometheus's container does not see.

use alertdrill_core::Finding;
use alertdrill_project::yaml_tree::Place;

use crate::checkout::NotLoaded;
use crate::checks::check::{Case, Check, Said};

pub(in crate::checks) const RULES_NOT_MOUNTED: Check = Check {
    id: "loaded/rules-not-mounted",
    title: "a file of rules that Prometheus's container does not see",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(prometheus) = &case.checkout.prometheus else {
        return Vec::new();
    };
    if prometheus.rule_files.is_empty() {
        return Vec::new();
    }
    let service = prometheus.service.as_deref().unwrap_or("prometheus");
    let unloaded = case.checkout.unloaded.iter();
    let unloaded = unloaded.filter(|unloaded| unloaded.why == NotLoaded::NotMounted);
    let findings = unloaded.map(|unloaded| {
        let path = unloaded.file.path.display();
        let help = format!(
            "mount it into `{service}` where a pattern of `rule_files` finds it, or take the file \
             out"
        );
        let named = prometheus.pattern_for(&unloaded.file.path);
        let said = match named {
            Some(pattern) => Said::error(
                format!(
                    "`rule_files` names `{}`, and the container of `{service}` does not see \
                     {path}: nothing mounts it",
                    pattern.pattern.text
                ),
                help,
            ),
            None if prometheus.lies_near(&unloaded.file.path) => Said::error(
                format!(
                    "the container of `{service}` does not see {path}: nothing mounts it, so its \
                     rules are not loaded"
                ),
                help,
            ),
            None => Said::warning(
                format!("nothing mounts {path} into `{service}`, so its rules may not be loaded"),
                help,
            ),
        };
        said.at(RULES_NOT_MOUNTED.id, &unloaded.file.path, Place::default())
    });
    findings.collect()
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const RULES: &str = "groups: [{name: g, rules: [{alert: A, expr: up == 0}]}]\n";

    fn project(mounts: &str, rule_files: &str, more: &str) -> String {
        format!(
            "--- docker-compose.yml\nservices:\n  prometheus:\n    image: prom/prometheus\n    \
             volumes: [{mounts}]\n{more}\
             --- prometheus/prometheus.yml\nrule_files: [{rule_files}]\nscrape_configs: []\n\
             --- prometheus/rules.yml\n{RULES}"
        )
    }

    const OWN: &str = "'./prometheus/prometheus.yml:/etc/prometheus/prometheus.yml'";

    #[test]
    fn rules_that_are_named_and_not_mounted_are_found() {
        assert_finds(
            "loaded/rules-not-mounted",
            &project(OWN, "rules.yml", ""),
            &["prometheus/rules.yml:1:1 error: `rule_files` names `rules.yml`"],
        );
    }

    #[test]
    fn rules_far_away_may_be_meant_for_something_else() {
        let both = format!("{OWN}, './prometheus/rules.yml:/etc/prometheus/rules.yml'");
        let far = format!("--- other/more.yml\n{RULES}");
        assert_finds(
            "loaded/rules-not-mounted",
            &format!("{}{far}", project(&both, "rules.yml", "")),
            &["other/more.yml:1:1 warning: nothing mounts other/more.yml"],
        );
    }

    #[test]
    fn rules_that_are_mounted_or_are_somebody_elses_are_fine() {
        let loki =
            "  loki: {image: grafana/loki, volumes: ['./prometheus/rules.yml:/rules.yml']}\n";
        let both = format!("{OWN}, './prometheus/rules.yml:/etc/prometheus/rules.yml'");
        for project in [
            project("'./prometheus:/etc/prometheus'", "rules.yml", ""),
            project(&both, "/etc/prometheus/*.yml", ""),
            project(OWN, "rules.yml", loki),
            project("'prometheus:/etc/prometheus'", "rules.yml", ""),
        ] {
            assert_silent("loaded/rules-not-mounted", &project);
        }
    }

    #[test]
    fn examples_tests_templates_and_other_kinds_are_fine() {
        let mounted = project("'./prometheus:/etc/prometheus'", "rules.yml", "");
        for file in [
            format!("--- docs/rules.yml\n{RULES}"),
            format!("--- k8s/rules.yml\n{RULES}"),
            format!("--- rules.yml.example\n{RULES}"),
            format!("--- alerts.example.yml\n{RULES}"),
            "--- rules.test.yml\nrule_files: [rules.yml]\ntests: []\n".to_owned(),
            format!("--- a/rule.yml\napiVersion: v1\nkind: PrometheusRule\nspec:\n  {RULES}"),
        ] {
            assert_silent("loaded/rules-not-mounted", &format!("{mounted}{file}"));
        }
    }
}
