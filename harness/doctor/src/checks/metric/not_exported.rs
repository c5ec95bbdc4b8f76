//! A metric that nothing exports.

use std::collections::HashSet;

use alertdrill_core::Finding;

use super::selectors::{Selected, selectors, unloaded_selectors};
use crate::checkout::RuleKind;
use crate::checks::check::{Case, Check, Said};
use crate::knowledge::Absence;

pub(in crate::checks) const NOT_EXPORTED: Check = Check {
    id: "metric/not-exported",
    title: "nothing exports the metric",
    run,
};

const HELP: &str = "write the name that is exported, or export this one";

fn run(case: &Case<'_>) -> Vec<Finding> {
    let mut said = HashSet::new();
    let mut findings = Vec::new();
    // Rules that are not loaded may be for another Prometheus: only a slip is told of them.
    let unloaded = unloaded_selectors(case).into_iter().map(|it| (it, false));
    for (selected, is_loaded) in selectors(case)
        .into_iter()
        .map(|it| (it, true))
        .chain(unloaded)
    {
        // Who writes `new or old` knows that one of them is not there.
        // What a rule records that is not loaded is told of that rule.
        let is_recorded = |name: &str| {
            let mut rules = case.unloaded.iter().flat_map(|file| &file.rules);
            rules.any(|rule| rule.kind == RuleKind::Recording && rule.name.text == name)
        };
        if selected.has_alternative || selected.name.contains(':') && is_recorded(selected.name) {
            continue;
        }
        let absence = case.knowledge.absence(selected.selector);
        let absence = absence.filter(|absence| is_loaded || absence.is_near);
        let finding = match absence {
            Some(absence) => finding(case, &selected, &absence),
            None if is_loaded => {
                let found = switched_off(case, &selected);
                match found.or_else(|| without_buckets(case, &selected)) {
                    Some(finding) => finding,
                    None => continue,
                }
            }
            None => continue,
        };
        if said.insert((std::ptr::from_ref(selected.rule), selected.name)) {
            findings.push(finding);
        }
    }
    findings
}

/// What its exporter gives only if it is told to.
fn switched_off(case: &Case<'_>, selected: &Selected<'_>) -> Option<Finding> {
    let name = selected.name;
    if case.knowledge.runs(name) {
        return None;
    }
    let (family, flag) = case.knowledge.switched_off(selected.selector)?;
    let what = format!(
        "`{name}` may not be there: {} gives it with `{flag}` only",
        family.origin
    );
    let help = "switch it on where the exporter is started";
    let place = selected.rule.place_of(name);
    Some(Said::warning(what, help).of_rule(NOT_EXPORTED.id, selected.rule, place))
}

/// Timers of Spring Boot that have buckets only where its settings ask for them.
const SPRING_TIMERS: [&str; 2] = [
    "http_server_requests_seconds_bucket",
    "http_client_requests_seconds_bucket",
];
/// What asks for buckets, in settings and in programs.
const ASKS_FOR_BUCKETS: [&str; 6] = [
    "percentiles-histogram",
    "percentilesHistogram",
    "percentileHistogram",
    "PercentileHistogram",
    "slo",
    "sla",
];

/// A timer's buckets, where the project's Spring Boot program is there, whoever starts it, and
/// nothing in it asks for them.
fn without_buckets(case: &Case<'_>, selected: &Selected<'_>) -> Option<Finding> {
    let name = selected.name;
    let is_a_timer = SPRING_TIMERS.contains(&name);
    if !is_a_timer || case.knowledge.runs(name) {
        return None;
    }
    let sources = &case.checkout.sources;
    let is_a_build = |path: &std::path::Path| {
        let file = path.file_name().and_then(|file| file.to_str());
        file.is_some_and(|file| file == "pom.xml" || file.starts_with("build.gradle"))
    };
    let registers = |text: &str| text.contains("micrometer-registry-prometheus");
    let mut builds = sources.iter().filter(|file| is_a_build(&file.path));
    let build = builds.find(|file| registers(&file.text))?;
    let asks = |text: &str| ASKS_FOR_BUCKETS.iter().any(|word| text.contains(word));
    if sources.iter().any(|file| asks(&file.text)) {
        return None;
    }
    let what = format!(
        "`{name}` may not be there: the program of {} gives a timer's buckets only with \
         `percentiles-histogram`, which nothing sets",
        build.path.display()
    );
    let help = "set `management.metrics.distribution.percentiles-histogram.http.server.requests: \
                true`";
    let place = selected.rule.place_of(name);
    Some(Said::warning(what, help).of_rule(NOT_EXPORTED.id, selected.rule, place))
}

fn finding(case: &Case<'_>, selected: &Selected<'_>, absence: &Absence<'_>) -> Finding {
    let knowledge = case.knowledge;
    let name = selected.name;
    let nearest = absence.nearest.map(|nearest| {
        let series = knowledge.series_named(nearest);
        let origin = series
            .first()
            .and_then(|series| knowledge.family_of(series));
        let origin = origin.map(|family| format!(" ({})", family.origin));
        format!("; the nearest is `{nearest}`{}", origin.unwrap_or_default())
    });
    let nearest = nearest.unwrap_or_default();
    let exporter = absence.exporter.map(|exporter| exporter.name.as_str());
    let is_scraped = exporter.is_some_and(|name| knowledge.scrapes(name));
    // What it gives of the targets that it is asked about is listed apart.
    let exporter = exporter.map(|name| {
        let parts = ["_probe", "_scrape", "_walk"];
        let own = parts.iter().find_map(|part| name.strip_suffix(part));
        own.unwrap_or(name)
    });
    let what = match (exporter, is_scraped) {
        _ if !absence.other_jobs.is_empty() => {
            let jobs: Vec<_> = absence
                .other_jobs
                .iter()
                .map(|job| format!("`{job}`"))
                .collect();
            format!(
                "the job that is asked does not export `{name}`, {} does",
                jobs.join(", ")
            )
        }
        (Some(exporter), true) => format!("{exporter} exports no `{name}`{nearest}"),
        (Some(exporter), false) => {
            format!("nothing exports `{name}`: no {exporter} is scraped")
        }
        (None, _) if name.contains(':') => {
            format!("no rule records `{name}`, and nothing exports it{nearest}")
        }
        (None, _) => format!("nothing exports `{name}`{nearest}"),
    };
    // Rules of which the checkout lacks the file may record it.
    let has_all_rules = case.checkout.prometheus.iter().all(|prometheus| {
        let mut patterns = prometheus.rule_files.iter();
        patterns.all(|pattern| pattern.matches.is_some_and(|matches| matches > 0))
    });
    let said = if absence.is_sure && (has_all_rules || !name.contains(':')) {
        Said::error(what, HELP)
    } else {
        Said::warning(format!("it may be that {what}"), HELP)
    };
    said.of_rule(NOT_EXPORTED.id, selected.rule, selected.rule.place_of(name))
}

#[cfg(test)]
mod tests;
