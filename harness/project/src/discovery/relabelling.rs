//! The label `instance` that a job's relabelling gives its targets.

use regex::Regex;
use serde::Deserialize;

use super::written_yaml::null_is_default;

/// One step of a job's relabelling.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Relabelling {
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) source_labels: Vec<String>,
    pub(super) target_label: Option<String>,
    pub(super) regex: Option<String>,
    pub(super) replacement: Option<String>,
    pub(super) action: Option<String>,
}

/// The `instance` of the target at `address`, if the job writes one of its own.
pub(super) fn instance_of(address: &str, steps: &[Relabelling]) -> Option<String> {
    let sets_instance = |step: &&Relabelling| {
        let replaces = step
            .action
            .as_deref()
            .is_none_or(|action| action == "replace");
        replaces && step.target_label.as_deref() == Some("instance")
    };
    let step = steps.iter().rfind(sets_instance)?;
    // What is asked of a prober has the address too; other labels are not known here.
    let known = ["__address__", "__param_target"];
    let sources = &step.source_labels;
    if !sources.iter().all(|label| known.contains(&label.as_str())) {
        return None;
    }
    let value = vec![address; sources.len()].join(";");
    let pattern = step.regex.as_deref().unwrap_or("(.*)");
    let found = Regex::new(&format!("^(?:{pattern})$"))
        .ok()?
        .captures(&value)?;
    let mut instance = String::new();
    found.expand(step.replacement.as_deref().unwrap_or("$1"), &mut instance);
    Some(instance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instance_is_what_the_last_step_that_writes_it_makes_of_the_address() {
        for (steps, expected) in [
            ("[]", None),
            (
                "[{source_labels: [__address__], target_label: instance, replacement: api}]",
                Some("api"),
            ),
            ("[{target_label: instance, replacement: api}]", Some("api")),
            (
                "[{source_labels: [__address__], regex: '([^:]+):.*', target_label: instance}]",
                Some("shop"),
            ),
            (
                "[{source_labels: [__param_target], target_label: instance}]",
                Some("shop:80"),
            ),
            (
                "[{source_labels: [__meta_x], target_label: instance}]",
                None,
            ),
            (
                "[{source_labels: [__address__], regex: 'x', target_label: instance}]",
                None,
            ),
            (
                "[{source_labels: [__address__], regex: '(', target_label: instance}]",
                None,
            ),
        ] {
            let steps: Vec<Relabelling> = serde_yaml_ng::from_str(steps).unwrap();
            assert_eq!(
                instance_of("shop:80", &steps).as_deref(),
                expected,
                "{steps:?}"
            );
        }
    }
}
