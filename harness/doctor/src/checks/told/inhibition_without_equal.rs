//! An inhibition that mutes alerts of something else than what is broken.

use std::collections::{BTreeMap, BTreeSet};

use alertdrill_core::Finding;

use super::told_case::ToldCase;
use crate::checks::check::{Case, Check, Said};
use crate::expression::{alternatives, selectors};
use crate::routing::{Alert, Inhibition, LabelValue, Verdict, verdict_of_all};

pub(in crate::checks) const INHIBITION_WITHOUT_EQUAL: Check = Check {
    id: "told/inhibition-without-equal",
    title: "an inhibition mutes alerts of something else, too",
    run,
};

/// Labels that say of what an alert is.
const WHAT_IT_IS_OF: [&str; 11] = [
    "job",
    "instance",
    "service",
    "application",
    "app",
    "component",
    "cluster",
    "host",
    "node",
    "name",
    "environment",
];
/// The most alerts of each side that are compared.
const MOST: usize = 300;

/// The values of such labels that an alert has, or that its expression asks for.
type Subjects = BTreeMap<&'static str, BTreeSet<String>>;

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(told) = ToldCase::of(case) else {
        return Vec::new();
    };
    let alerts = told.alerts();
    let file = &told.alertmanager.file;
    let findings = told.routing.inhibitions.iter().filter_map(|inhibition| {
        let said = said(inhibition, &alerts)?;
        Some(said.at(INHIBITION_WITHOUT_EQUAL.id, &file.path, inhibition.place))
    });
    findings.collect()
}

fn said(inhibition: &Inhibition, alerts: &[Alert<'_>]) -> Option<Said> {
    let names_what_is_muted = inhibition.target.iter().any(|matcher| {
        matcher.label == "alertname" || WHAT_IT_IS_OF.contains(&matcher.label.as_str())
    });
    let is_wide = inhibition.equal.is_empty() && !inhibition.says_equal;
    if !is_wide || names_what_is_muted || !inhibition.is_understood() {
        return None;
    }
    let takes = |matchers, alert: &Alert<'_>| {
        verdict_of_all(matchers, |label| alert.value_of(label)) == Verdict::Yes
    };
    let sources = alerts.iter().filter(|it| takes(&inhibition.source, it));
    let sources: Vec<_> = sources.take(MOST).map(|it| (it, subjects(it))).collect();
    let targets = alerts
        .iter()
        .filter(|it| takes(&inhibition.target, it) && !takes(&inhibition.source, it));
    let targets: Vec<_> = targets.take(MOST).map(|it| (it, subjects(it))).collect();
    for (source, of_source) in &sources {
        for (target, of_target) in &targets {
            if let Some((one, other)) = difference(of_source, of_target) {
                let (source, target) = (&source.rule.name.text, &target.rule.name.text);
                return Some(Said::warning(
                    format!(
                        "`{source}` of `{one}` may mute `{target}` of `{other}`: without `equal`, \
                         whatever is muted need not be of what is broken"
                    ),
                    "name in `equal` the label that both have alike: `equal: [instance]`",
                ));
            }
        }
    }
    None
}

fn subjects(alert: &Alert<'_>) -> Subjects {
    let mut subjects = Subjects::new();
    let parsed = alert.rule.expression.parsed.as_ref();
    let selectors = parsed.map(selectors).unwrap_or_default();
    for label in WHAT_IT_IS_OF {
        let values = match alert.value_of(label) {
            LabelValue::One(value) => BTreeSet::from([value]),
            LabelValue::Absent | LabelValue::Unknown => {
                let matchers = selectors.iter().flat_map(|it| &it.matchers.matchers);
                let own = matchers.filter(|matcher| matcher.name == label);
                own.filter_map(alternatives).flatten().collect()
            }
        };
        if !values.is_empty() {
            subjects.insert(label, values);
        }
    }
    subjects
}

/// What the one alert is of and what the other is of, if these are not the same: values of one
/// label; or the other is of one of several things that the first is of.
fn difference(source: &Subjects, target: &Subjects) -> Option<(String, String)> {
    for (label, values) in source {
        let others: BTreeSet<_> = match target.get(label) {
            Some(others) => others.iter().collect(),
            None if values.len() > 1 => {
                let all = target.values().flatten();
                all.filter(|value| values.contains(*value)).collect()
            }
            None => continue,
        };
        for one in values {
            if let Some(other) = others.iter().find(|other| **other != one) {
                return Some((one.clone(), (**other).clone()));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "told/inhibition-without-equal";

    fn project(inhibition: &str) -> String {
        format!(
            "--- alertmanager.yml\nroute: {{receiver: a}}\nreceivers: [{{name: a}}]\n\
             inhibit_rules:\n  - {inhibition}\n--- rules.yml\ngroups:\n- name: g\n  rules:\n  \
             - {{alert: Down, expr: 'up{{job=~\"api|shop\"}} == 0', labels: {{severity: critical}}}}\n  \
             - {{alert: Slow, expr: 'max(x{{application=\"shop\"}}) > 1', labels: {{severity: warning}}}}\n"
        )
    }

    #[test]
    fn inhibition_of_other_jobs_is_found() {
        for source in ["severity=\"critical\"", "alertname=\"Down\""] {
            let inhibition = format!(
                "{{source_matchers: ['{source}'], target_matchers: [severity=\"warning\"]}}"
            );
            assert_finds(
                ID,
                &project(&inhibition),
                &["alertmanager.yml:4:5 warning: `Down` of `api` may mute `Slow` of `shop`"],
            );
        }
        let same_label =
            project("{source_match: {severity: critical}, target_match: {severity: warning}}")
                .replace("application=", "job=")
                .replace("api|shop", "api");
        assert_finds(
            ID,
            &same_label,
            &["alertmanager.yml:4:5 warning: `Down` of `api` may mute `Slow` of `shop`"],
        );
    }

    #[test]
    fn look_alikes_are_silent() {
        for inhibition in [
            "{source_match: {severity: critical}, target_match: {severity: warning}, equal: [job]}",
            "{source_match: {severity: critical}, target_match: {severity: warning}, equal: []}",
            "{source_match: {severity: critical}, target_match: {alertname: Slow}}",
            "{source_match: {severity: page}, target_match: {severity: warning}}",
        ] {
            assert_silent(ID, &project(inhibition));
        }
        let of_one =
            project("{source_match: {severity: critical}, target_match: {severity: warning}}")
                .replace("application=", "job=")
                .replace("api|shop", "shop");
        assert_silent(ID, &of_one);
        let of_nothing =
            project("{source_match: {severity: critical}, target_match: {severity: warning}}")
                .replace("{application=\"shop\"}", "");
        assert_silent(ID, &of_nothing);
    }
}
