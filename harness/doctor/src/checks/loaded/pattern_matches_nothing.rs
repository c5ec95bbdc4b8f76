//! A pattern of `rule_files` that matches no file.

use std::path::Path;

use alertdrill_core::Finding;
use alertdrill_project::discovery::has_wildcards;

use crate::checkout::{NotLoaded, UnloadedFile};
use crate::checks::check::{Case, Check, Said};

pub(in crate::checks) const PATTERN_MATCHES_NOTHING: Check = Check {
    id: "loaded/pattern-matches-nothing",
    title: "a pattern of `rule_files` that matches no file",
    run,
};

const HELP: &str = "name a file that Prometheus's container sees, or take the pattern out: \
                    Prometheus starts without a word about it";

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(prometheus) = &case.checkout.prometheus else {
        return Vec::new();
    };
    let in_vain = prometheus.rule_files.iter();
    let in_vain = in_vain.filter(|named| named.matches == Some(0));
    let findings = in_vain.filter_map(|named| {
        // That a file of this name is not mounted is a finding of its own.
        let mut unloaded = case.checkout.unloaded.iter();
        let means = |path: &Path| {
            prometheus
                .pattern_for(path)
                .map(|other| other.pattern.place)
        };
        let is_told = |file: &UnloadedFile| {
            file.why == NotLoaded::NotMounted && means(&file.file.path) == Some(named.pattern.place)
        };
        if unloaded.any(is_told) {
            return None;
        }
        let pattern = &named.pattern;
        let why = named.why_none.as_ref();
        let why = why.map_or_else(String::new, |why| format!(": {why}"));
        let said = if has_wildcards(&pattern.text) {
            let message = format!("`{}` may match no file{why}", pattern.text);
            Said::warning(message, HELP)
        } else {
            Said::error(format!("`{}` matches no file{why}", pattern.text), HELP)
        };
        Some(said.at(
            PATTERN_MATCHES_NOTHING.id,
            &prometheus.file.path,
            pattern.place,
        ))
    });
    findings.collect()
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    fn project(service: &str, patterns: &str) -> String {
        format!(
            "--- docker-compose.yml\nservices:\n  prometheus:\n{service}\n\
             --- prometheus/prometheus.yml\nscrape_configs: []\nrule_files:\n{patterns}\n\
             --- prometheus/rules/a.yml\n\
             groups: [{{name: g, rules: [{{alert: A, expr: up == 0}}]}}]\n"
        )
    }

    const USUAL: &str = "    image: prom/prometheus\n    volumes: ['./prometheus:/etc/prometheus']";

    #[test]
    fn pattern_of_a_file_that_is_not_there_and_of_a_folder_is_found() {
        assert_finds(
            "loaded/pattern-matches-nothing",
            &project(
                USUAL,
                "- rules/*.yml\n- first_rules.yml\n- rules\n- old/*.yml",
            ),
            &[
                "prometheus/prometheus.yml:4:3 error: `first_rules.yml` matches no file: \
                 prometheus/first_rules.yml is not there",
                "prometheus/prometheus.yml:5:3 error: `rules` matches no file: it is a folder",
                "prometheus/prometheus.yml:6:3 warning: `old/*.yml` may match no file",
            ],
        );
    }

    #[test]
    fn pattern_that_matches_or_that_nobody_can_look_behind_is_fine() {
        let volume = "    image: prom/prometheus\n    volumes: ['./prometheus:/etc/prometheus', \
                      'rules:/rules']\nvolumes: {rules: }";
        let own_image = "    image: shop/prometheus\n    volumes: \
                         ['./prometheus/prometheus.yml:/etc/prometheus/prometheus.yml']\n    \
                         command: [--config.file=/etc/prometheus/prometheus.yml, \
                         --storage.tsdb.path=/x]";
        for (service, patterns) in [
            (USUAL, "- rules/*.yml"),
            (USUAL, "- ${RULES}/*.yml"),
            (USUAL, "# - first_rules.yml"),
            (volume, "- /rules/*.yml"),
            (own_image, "- /etc/prometheus/rules/in_the_image.yml"),
        ] {
            let id = "loaded/pattern-matches-nothing";
            assert_silent(id, &project(service, patterns));
        }
    }
}
