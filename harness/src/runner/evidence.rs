//! What to look at when a drill does not go as it must: looked at while it is so, for afterwards it is gone.

use std::time::Duration;

use super::now;
use crate::Result;
use crate::drill::{Drill, Evidence, Labels, LoadedRule, rule_for};
use crate::fault::Site;
use crate::observe::Prometheus;
use crate::promql::compared_of;

/// Looking must not keep what is broken from being mended.
const WITHIN: Duration = Duration::from_secs(10);
/// How many samples of a query and how many lines of a log are kept.
const AT_MOST: usize = 12;

/// Looks at the expressions of the rules that `drill` is about, at the targets, and at the logs of what it has broken. What
/// cannot be looked at is evidence too.
pub(crate) async fn look_closer(drill: &Drill, rules: &[LoadedRule], prometheus: &Prometheus, site: &Site) -> Vec<Evidence> {
    let mut evidence = Vec::new();
    let look = async {
        let mut seen: Vec<&LoadedRule> = Vec::new();
        let claims = drill.claims();
        for rule in claims.iter().filter_map(|claim| rule_for(&claim.alert, &claim.labels, rules)) {
            if seen.contains(&rule) {
                continue;
            }
            seen.push(rule);
            let query = &rule.query;
            evidence.push(found(format!("the expression of {}: {query}", rule.alert), samples(prometheus, query).await));
            for compared in compared_of(query).unwrap_or_default() {
                evidence.push(found(format!("what it compares: {compared}"), samples(prometheus, &compared).await));
            }
        }
        let lost = prometheus.lost_targets().await;
        evidence.push(found("targets that are not well".to_owned(), lost.map(|lost| or(lost.join("\n"), "none"))));
        let mut services: Vec<_> = drill.all_faults().filter_map(|fault| fault.service()).collect();
        services.dedup();
        for service in services {
            let log = site.containers.last_log_lines(service).await;
            evidence.push(found(format!("the last lines of {service}'s log"), log.map(|log| or(last_lines(&log), "nothing"))));
        }
    };
    if tokio::time::timeout(WITHIN, look).await.is_err() {
        evidence.push(found("the rest".to_owned(), Ok(format!("was not looked at: that took longer than {WITHIN:?}"))));
    }
    evidence
}

fn found(what: String, said: Result<String>) -> Evidence {
    Evidence { at: now(), what, said: said.unwrap_or_else(|error| error.to_string()) }
}

async fn samples(prometheus: &Prometheus, query: &str) -> Result<String> {
    Ok(described(&prometheus.samples(query).await?))
}

fn described(samples: &[(Labels, String)]) -> String {
    let lines = samples.iter().take(AT_MOST).map(|(labels, value)| {
        let labels: Vec<_> = labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        format!("{value}  {{{}}}", labels.join(", "))
    });
    let more = samples.len().saturating_sub(AT_MOST);
    let more = (more > 0).then(|| format!("and {more} more"));
    or(lines.chain(more).collect::<Vec<_>>().join("\n"), "no sample")
}

fn last_lines(log: &str) -> String {
    let lines: Vec<_> = log.lines().collect();
    lines.get(lines.len().saturating_sub(AT_MOST)..).unwrap_or_default().join("\n")
}

fn or(text: String, nothing: &str) -> String {
    if text.is_empty() { nothing.to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_told_with_their_values_and_no_sample_is_told_too() {
        let sample = |exchange: &str| ([("exchange".to_owned(), exchange.to_owned())].into(), "1".to_owned());
        assert_eq!(described(&[sample("okx")]), "1  {exchange=\"okx\"}");
        assert_eq!(described(&[]), "no sample");
        let many = vec![sample("okx"); AT_MOST + 3];
        assert_eq!((described(&many).lines().count(), described(&many).lines().last()), (AT_MOST + 1, Some("and 3 more")));
    }

    #[test]
    fn of_a_long_log_the_end_is_kept() {
        let log = (0..20).map(|line| line.to_string()).collect::<Vec<_>>().join("\n");
        assert_eq!((last_lines(&log).lines().next(), last_lines(&log).lines().last()), (Some("8"), Some("19")));
    }
}
