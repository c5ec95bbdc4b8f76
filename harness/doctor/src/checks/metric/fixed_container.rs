//! A rule that reads one container by the id that the engine gave it.

use std::collections::HashSet;

use alertdrill_core::Finding;

use super::selectors::selectors;
use crate::checks::check::{Case, Check, Said};

pub(in crate::checks) const FIXED_CONTAINER: Check = Check {
    id: "metric/fixed-container",
    title: "a rule reads a container by an id that does not last",
    run,
};

/// Labels that hold an id.
const LABELS: [&str; 4] = ["id", "container_id", "container", "docker_id"];
/// As many of an id's characters as people shorten it to.
const SHORTEST: usize = 12;

fn run(case: &Case<'_>) -> Vec<Finding> {
    let mut said = HashSet::new();
    let mut findings = Vec::new();
    for selected in selectors(case) {
        for matcher in &selected.selector.matchers.matchers {
            if !LABELS.contains(&matcher.name.as_str()) {
                continue;
            }
            let Some(id) = container_id(&matcher.value) else {
                continue;
            };
            let rule = selected.rule;
            if said.insert((std::ptr::from_ref(rule), id.to_owned())) {
                let what = format!(
                    "`{id}` is the id of one container: the next `docker compose up` makes \
                     another, and the alert reads nothing"
                );
                let help = "read the container by its name: `name=\"…\"`";
                let place = rule.place_of(&matcher.value);
                findings.push(Said::error(what, help).of_rule(FIXED_CONTAINER.id, rule, place));
            }
        }
    }
    findings
}

/// The id in a value: a run of hexadecimal digits that is long enough, with letters among them.
fn container_id(value: &str) -> Option<&str> {
    let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    let mut runs = value.split(|c: char| !c.is_ascii_alphanumeric());
    runs.find(|run| {
        run.len() >= SHORTEST
            && run.chars().all(is_hex)
            && run.contains(|c: char| c.is_ascii_digit())
            && run.contains(|c: char| c.is_ascii_alphabetic())
    })
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "metric/fixed-container";

    fn project(expression: &str) -> String {
        format!(
            "--- rules.yml\ngroups:\n- name: g\n  rules:\n  - alert: A\n    expr: {expression}\n"
        )
    }

    #[test]
    fn id_of_a_container_is_found() {
        for (value, column) in [
            ("=\"/docker/342e223da83f\"", 44),
            ("=~\"/docker/342e223da83f.*\"", 45),
        ] {
            let expression = format!("container_memory_usage_bytes{{id{value}}} > 1");
            let expected =
                format!("rules.yml:5:{column} error: `342e223da83f` is the id of one container");
            assert_finds(ID, &project(&expression), &[&expected]);
        }
    }

    #[test]
    fn look_alikes_are_silent() {
        for expression in [
            "container_memory_usage_bytes{id=~\"/docker/.+\"} > 1",
            "container_memory_usage_bytes{id=\"/\"} > 1",
            "container_memory_usage_bytes{name=\"342e223da83f\"} > 1",
            "container_memory_usage_bytes{id=\"/system.slice/docker.service\"} > 1",
            "container_memory_usage_bytes{container=\"feedfacade\"} > 1",
        ] {
            assert_silent(ID, &project(expression));
        }
    }
}
