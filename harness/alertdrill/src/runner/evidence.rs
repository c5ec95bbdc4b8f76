//! What to look at when a drill does not go as it must: looked at while it is so, for afterwards it
//! is gone.

use std::time::Duration;

use alertdrill_core::promql::compared_of;
use alertdrill_core::{
    Clock, Drill, Evidence, Labels, LoadedRule, Result, Site, Timeline, rule_for, undeclared,
};
use alertdrill_engine::RuleEngine;

/// Looking must not keep what is broken from being mended.
const WITHIN: Duration = Duration::from_secs(10);
/// How many samples of a query and how many lines of a log are kept.
const AT_MOST: usize = 12;

/// Looks at the expressions of the rules whose alerts `drill` did not declare and of those that it
/// is about, at the targets, and at the logs of what it has broken. What cannot be looked at is
/// evidence too.
pub(crate) async fn look_closer(
    drill: &Drill,
    timeline: &Timeline,
    engine: &dyn RuleEngine,
    site: &Site,
) -> Vec<Evidence> {
    let mut evidence = Found {
        clock: &*site.clock,
        all: Vec::new(),
    };
    let look = async {
        look_at_rules(&rules_to_look_at(drill, timeline), engine, &mut evidence).await;
        look_at_logs(drill, site, &mut evidence).await;
    };
    if tokio::time::timeout(WITHIN, look).await.is_err() {
        evidence.add(
            "the rest",
            Ok(format!(
                "was not looked at: that took longer than {WITHIN:?}"
            )),
        );
    }
    evidence.all
}

/// What was found so far.
struct Found<'a> {
    clock: &'a dyn Clock,
    all: Vec<Evidence>,
}

impl Found<'_> {
    fn add(&mut self, what: impl Into<String>, said: Result<String>) {
        let said = said.unwrap_or_else(|error| error.to_string());
        self.all.push(Evidence {
            at: self.clock.now(),
            what: what.into(),
            said,
        });
    }
}

fn rules_to_look_at<'a>(drill: &Drill, timeline: &'a Timeline) -> Vec<&'a LoadedRule> {
    let rules = &timeline.rules;
    let undeclared = undeclared(drill, timeline);
    let of_undeclared = undeclared
        .iter()
        .filter_map(|labels| rule_for(labels.get("alertname")?, labels, rules));
    let claims = drill.claims();
    let of_claims = claims
        .iter()
        .filter_map(|claim| rule_for(&claim.alert, &claim.labels, rules));
    let mut meant = Vec::new();
    for rule in of_undeclared.chain(of_claims) {
        if !meant.contains(&rule) {
            meant.push(rule);
        }
    }
    meant
}

async fn look_at_rules(rules: &[&LoadedRule], engine: &dyn RuleEngine, evidence: &mut Found<'_>) {
    for rule in rules {
        let query = &rule.query;
        evidence.add(
            format!("the expression of {}: {query}", rule.alert),
            samples(engine, query).await,
        );
        for compared in compared_of(query).unwrap_or_default() {
            evidence.add(
                format!("what it compares: {compared}"),
                samples(engine, &compared).await,
            );
        }
    }
    let lost = engine.lost_targets().await;
    evidence.add(
        "targets that are not well",
        lost.map(|lost| or(lost.join("\n"), "none")),
    );
}

async fn look_at_logs(drill: &Drill, site: &Site, evidence: &mut Found<'_>) {
    let mut services: Vec<_> = drill
        .all_faults()
        .filter_map(|fault| fault.service())
        .collect();
    services.dedup();
    for service in services {
        let log = site.target.last_log_lines(service).await;
        evidence.add(
            format!("the last lines of {service}'s log"),
            log.map(|log| or(last_lines(&log), "nothing")),
        );
    }
}

async fn samples(engine: &dyn RuleEngine, query: &str) -> Result<String> {
    Ok(described(&engine.samples(query).await?))
}

fn described(samples: &[(Labels, String)]) -> String {
    let lines = samples.iter().take(AT_MOST).map(|(labels, value)| {
        let labels: Vec<_> = labels
            .iter()
            .map(|(name, value)| format!("{name}={value:?}"))
            .collect();
        format!("{value}  {{{}}}", labels.join(", "))
    });
    let more = samples.len().saturating_sub(AT_MOST);
    let more = (more > 0).then(|| format!("and {more} more"));
    or(
        lines.chain(more).collect::<Vec<_>>().join("\n"),
        "no sample",
    )
}

fn last_lines(log: &str) -> String {
    let lines: Vec<_> = log.lines().collect();
    lines
        .get(lines.len().saturating_sub(AT_MOST)..)
        .unwrap_or_default()
        .join("\n")
}

fn or(text: String, nothing: &str) -> String {
    if text.is_empty() {
        nothing.to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use wiremock::matchers::{body_string_contains, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use alertdrill_core::{AlertSample, AlertState, ExpectedAlert, Fault, FaultRecord, UtcInstant};
    use alertdrill_engine::Prometheus;

    /// A Prometheus for which `compared` has one sample, and every other query none.
    async fn engine(compared: &str) -> MockServer {
        let server = MockServer::start().await;
        let answer = |data: &str| {
            let body = format!(r#"{{"status":"success","data":{data}}}"#);
            ResponseTemplate::new(200).set_body_raw(body, "application/json")
        };
        let sample =
            r#"{"resultType":"vector","result":[{"metric":{"job":"feed"},"value":[1,"1"]}]}"#;
        let none = r#"{"resultType":"vector","result":[]}"#;
        let with_comparison = body_string_contains("%3D%3D");
        Mock::given(path("/api/v1/query"))
            .and(with_comparison)
            .respond_with(answer(none))
            .mount(&server)
            .await;
        let query = body_string_contains(compared);
        Mock::given(path("/api/v1/query"))
            .and(query)
            .respond_with(answer(sample))
            .mount(&server)
            .await;
        server
    }

    #[tokio::test]
    async fn expression_is_told_with_what_it_compares_and_what_could_not_be_asked_with_why() {
        let server = engine("query=up").await;
        let rule = LoadedRule::example("Down");
        let drill = Drill::new("x", Fault::stop("kafka"));
        let drill = ["a", "b"].iter().fold(drill, |drill, job| {
            let alert = ExpectedAlert::new("Down", "critical", Duration::from_secs(1));
            drill.expect_alert(alert.label("job", *job))
        });
        let clock = crate::SystemClock::default();
        let mut evidence = Found {
            clock: &clock,
            all: Vec::new(),
        };
        let timeline = Timeline {
            rules: vec![rule],
            ..Timeline::begun("x", clock.now())
        };
        look_at_rules(
            &rules_to_look_at(&drill, &timeline),
            &Prometheus::new(&server.address().to_string()),
            &mut evidence,
        )
        .await;
        let said: Vec<_> = evidence
            .all
            .iter()
            .map(|evidence| (evidence.what.as_str(), evidence.said.as_str()))
            .collect();
        assert_eq!(said[0], ("the expression of Down: up == 0", "no sample"));
        assert_eq!(said[1], ("what it compares: up", "1  {job=\"feed\"}"));
        assert!(
            said[2].0 == "targets that are not well" && said[2].1.contains("404 Not Found"),
            "{said:?}"
        );
        assert_eq!(said.len(), 3);
    }

    #[test]
    fn rule_whose_alert_nobody_declared_is_looked_at_first() {
        let drill = Drill::new("x", Fault::stop("kafka"));
        let alert = ExpectedAlert::new("Down", "critical", Duration::from_secs(1));
        let drill = drill.expect_alert(alert);
        let at = |second| UtcInstant::from_epoch_s(second).unwrap();
        let (mut down, mut lag) = (LoadedRule::example("Down"), LoadedRule::example("Lag"));
        (down.group, lag.group) = ("a".to_owned(), "b".to_owned());
        let timeline = Timeline {
            rules: vec![down, lag],
            faults: vec![FaultRecord {
                fault: Fault::stop("kafka"),
                injected_at: at(10.0),
                effect_at: Some(at(10.0)),
                reverting_at: None,
                reverted_at: None,
            }],
            samples: vec![AlertSample {
                labels: [("alertname".to_owned(), "Lag".to_owned())].into(),
                at: at(15.0),
                state: AlertState::Firing,
            }],
            ..Timeline::begun("x", at(0.0))
        };
        let names: Vec<_> = rules_to_look_at(&drill, &timeline)
            .into_iter()
            .map(|rule| rule.alert.as_str())
            .collect();
        assert_eq!(names, ["Lag", "Down"]);
    }

    #[test]
    fn samples_are_told_with_their_values_and_no_sample_is_told_too() {
        let sample = |exchange: &str| {
            (
                [("exchange".to_owned(), exchange.to_owned())].into(),
                "1".to_owned(),
            )
        };
        assert_eq!(described(&[sample("okx")]), "1  {exchange=\"okx\"}");
        assert_eq!(described(&[]), "no sample");
        let many = vec![sample("okx"); AT_MOST + 3];
        assert_eq!(
            (
                described(&many).lines().count(),
                described(&many).lines().last()
            ),
            (AT_MOST + 1, Some("and 3 more"))
        );
    }

    #[test]
    fn of_a_long_log_the_end_is_kept() {
        let log = (0..20)
            .map(|line| line.to_string())
            .collect::<Vec<_>>()
            .join("\n");
        assert_eq!(
            (
                last_lines(&log).lines().next(),
                last_lines(&log).lines().last()
            ),
            (Some("8"), Some("19"))
        );
    }
}
