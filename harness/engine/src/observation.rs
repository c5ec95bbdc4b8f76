//! What was seen during drills: every look adds to it, and each drill takes from it what concerns
//! its own alerts.

use std::collections::{BTreeMap, BTreeSet};

use alertdrill_core::{
    AlertSample, AlertState, Claim, Delivery, Error, Labels, SickRule, Suppression, Timeline,
    UtcInstant,
};
use tokio::time::Instant;

use crate::by_labels::ByLabels;
use crate::clock_check::ClockCheck;
use crate::rule_engine::{AlertSeries, Evaluated, Evaluations};

/// All that was seen since the observer started.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    /// Every sample of `ALERTS`.
    alerts: ByLabels<BTreeMap<UtcInstant, AlertState>>,
    /// The alerts that have samples from a time when no drill of this process answered for them.
    strays: BTreeSet<Labels>,
    /// The alerts that the latest evaluations saw pending or firing.
    active: BTreeMap<Labels, AlertState>,
    /// Everything that was delivered, in the order of its arrival. The sink still holds deliveries
    /// from before the start; they are here too.
    deliveries: ByLabels<Vec<Delivery>>,
    /// Alerts that Alertmanager suppressed at any time.
    suppressions: BTreeSet<Suppression>,
    /// Per alert name, how far all its rules are evaluated. Where none of them can be, it stays as
    /// it was: an evaluation that failed has seen no alert end.
    evaluated: BTreeMap<String, Evaluated>,
    /// The evaluations that failed.
    sick_rules: BTreeSet<SickRule>,
    /// Whether each watched condition was true at the last look that succeeded.
    pub conditions: BTreeMap<String, bool>,
    /// What Prometheus's clock said at the last look that succeeded.
    pub clock: Option<ClockCheck>,
    /// Since when looks fail, and why the last one did; `None` while they succeed.
    pub failing: Option<(Instant, String)>,
    /// How many looks there were.
    pub looks: u64,
}

/// What one look saw.
pub(crate) struct Look {
    pub(crate) series: Vec<AlertSeries>,
    pub(crate) evaluations: Evaluations,
    pub(crate) conditions: BTreeMap<String, bool>,
    pub(crate) clock: ClockCheck,
    pub(crate) deliveries: Vec<Delivery>,
    pub(crate) suppressions: Vec<Suppression>,
}

impl Observation {
    /// Puts into `timeline` all that was seen since `since` of the alerts that `claims` mean or
    /// could mean.
    pub fn fill(&self, timeline: &mut Timeline, claims: &[Claim], since: UtcInstant) {
        let is_claimed = |suppression: &&Suppression| {
            let concerns = |claim: &Claim| claim.concerns(&suppression.labels);
            claims.iter().any(concerns)
        };
        let suppressions = self.suppressions.iter().filter(is_claimed);
        let deliveries = self.deliveries_of(claims);
        let deliveries = deliveries.filter(|delivery| delivery.received_at >= since);
        timeline.samples = self.samples_of(claims, since).collect();
        let evaluated = self.evaluated.iter();
        timeline.evaluated_until = evaluated
            .map(|(name, it)| (name.clone(), it.until))
            .collect();
        let names: BTreeSet<_> = claims.iter().map(|claim| &claim.alert).collect();
        let sick = self.sick_rules.iter();
        let sick = sick.filter(|sick| sick.at >= since && names.contains(&sick.alert));
        timeline.sick_rules = sick.cloned().collect();
        timeline.deliveries = deliveries.cloned().collect();
        timeline.suppressions = suppressions.cloned().collect();
    }

    /// The samples since `since` of the alerts that `claims` mean or could mean.
    fn samples_of(&self, claims: &[Claim], since: UtcInstant) -> impl Iterator<Item = AlertSample> {
        let concerned = self.alerts.concerned_by_any(claims).into_iter();
        concerned.flat_map(move |(labels, samples)| samples_since(labels, samples, since))
    }

    /// The samples since `since` of the alerts that at some time no drill of this process answered
    /// for.
    pub fn stray_samples(&self, since: UtcInstant) -> impl Iterator<Item = AlertSample> + '_ {
        let with_samples = |labels| Some((labels, self.alerts.get(labels)?));
        let strays = self.strays.iter().filter_map(with_samples);
        strays.flat_map(move |(labels, samples)| samples_since(labels, samples, since))
    }

    /// What was delivered of the alerts that `claims` mean or could mean. The deliveries of one
    /// alert are in the order of their arrival.
    fn deliveries_of(&self, claims: &[Claim]) -> impl Iterator<Item = &Delivery> {
        let concerned = self.deliveries.concerned_by_any(claims);
        concerned.into_values().flatten()
    }

    /// The alerts that the latest evaluations saw pending or firing, whoever answers for them.
    #[must_use]
    pub fn active(&self) -> &BTreeMap<Labels, AlertState> {
        &self.active
    }

    /// Whether each alert's rules that can be evaluated were, at `instant` or later.
    #[must_use]
    pub fn is_evaluated_at(&self, instant: UtcInstant) -> bool {
        let is_sick = |name: &str| self.sick_rules.iter().any(|sick| sick.alert == name);
        let mut others = self.evaluated.iter().filter(|(name, _)| !is_sick(name));
        others.all(|(_, evaluated)| evaluated.until >= instant)
    }

    /// An observation in which just these alerts fire and these conditions are known.
    #[cfg(any(test, feature = "test-support"))]
    #[must_use]
    pub fn of(firing: &[Labels], conditions: &[(&str, bool)]) -> Self {
        let conditions = conditions
            .iter()
            .map(|(query, is_true)| ((*query).to_owned(), *is_true));
        Self {
            active: firing
                .iter()
                .map(|labels| (labels.clone(), AlertState::Firing))
                .collect(),
            conditions: conditions.collect(),
            ..Self::default()
        }
    }

    /// Notes that the rules of `alert` were evaluated up to `until`.
    #[cfg(any(test, feature = "test-support"))]
    pub fn evaluate(&mut self, alert: &str, until: UtcInstant) {
        let interval = std::time::Duration::from_secs(1);
        let evaluated = Evaluated { until, interval };
        self.evaluated.insert(alert.to_owned(), evaluated);
    }

    /// Adds what a look saw. `is_answered_for` says for which alerts a drill of this process
    /// answers.
    pub(crate) fn take_in(&mut self, look: Look, is_answered_for: impl Fn(&Labels) -> bool) {
        self.looks += 1;
        self.failing = None;
        self.evaluated.extend(look.evaluations.until);
        self.sick_rules.extend(look.evaluations.sick);
        self.active = active(&look.series, &self.evaluated);
        for AlertSeries { labels, state, at } in look.series {
            let samples = self.alerts.entry(&labels);
            let known = samples.len();
            samples.extend(at.into_iter().map(|at| (at, state)));
            if samples.len() > known && !is_answered_for(&labels) {
                self.strays.insert(labels);
            }
        }
        self.conditions = look.conditions;
        self.clock = Some(look.clock);
        for delivery in look.deliveries {
            self.deliveries.entry(&delivery.labels).push(delivery);
        }
        self.suppressions.extend(look.suppressions);
    }

    /// Adds that a look failed.
    pub(crate) fn take_failure(&mut self, error: &Error) {
        self.looks += 1;
        let since = self.failing.take().map(|(since, _)| since);
        self.failing = Some((since.unwrap_or_else(Instant::now), error.to_string()));
    }
}

fn samples_since<'a>(
    labels: &'a Labels,
    samples: &'a BTreeMap<UtcInstant, AlertState>,
    since: UtcInstant,
) -> impl Iterator<Item = AlertSample> + 'a {
    samples.range(since..).map(|(at, state)| AlertSample {
        labels: labels.clone(),
        at: *at,
        state: *state,
    })
}

/// The alerts that have a sample of their rule's latest evaluation, or of a later one: a look asks
/// for the evaluations before it asks for the samples.
fn active(
    series: &[AlertSeries],
    evaluated: &BTreeMap<String, Evaluated>,
) -> BTreeMap<Labels, AlertState> {
    // A sample bears the instant for which the evaluation was planned; it may begin a little later.
    let is_latest = |evaluated: &Evaluated, at: UtcInstant| {
        evaluated.until.seconds_since(at) < evaluated.interval.as_secs_f64() / 2.0
    };
    let is_active = |series: &&AlertSeries| {
        let name = series.labels.get("alertname");
        let evaluated = name.and_then(|name| evaluated.get(name));
        let latest_sample = evaluated.zip(series.at.last());
        latest_sample.is_some_and(|(evaluated, at)| is_latest(evaluated, *at))
    };
    let active = series.iter().filter(is_active);
    active
        .map(|series| (series.labels.clone(), series.state))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(second: f64) -> UtcInstant {
        UtcInstant::from_epoch_s(1_763_876_500.0 + second).unwrap()
    }

    fn labels(exchange: &str) -> Labels {
        Labels::from([
            ("alertname".into(), "A".into()),
            ("exchange".into(), exchange.into()),
        ])
    }

    fn claim(exchange: &str) -> Claim {
        Claim {
            alert: "A".into(),
            labels: [("exchange".into(), exchange.into())].into(),
        }
    }

    fn look(series: &[(&str, &[f64])]) -> Look {
        let series = series.iter().map(|(exchange, seconds)| AlertSeries {
            labels: labels(exchange),
            state: AlertState::Pending,
            at: seconds.iter().map(|second| at(*second)).collect(),
        });
        let evaluated = Evaluated {
            until: at(5.1),
            interval: Duration::from_secs(5),
        };
        Look {
            series: series.collect(),
            evaluations: Evaluations {
                until: [("A".to_owned(), evaluated)].into(),
                sick: vec![],
            },
            conditions: [].into(),
            clock: ClockCheck::of_the_same(at(0.0)),
            deliveries: vec![],
            suppressions: vec![],
        }
    }

    #[test]
    fn alert_is_active_if_the_latest_evaluation_of_its_rule_saw_it() {
        let mut seen = Observation::default();
        seen.take_in(look(&[("gone", &[0.0]), ("active", &[0.0, 5.0])]), |_| true);
        assert_eq!(
            *seen.active(),
            [(labels("active"), AlertState::Pending)].into()
        );
    }

    #[test]
    fn evaluation_that_failed_ends_no_alert_and_is_told_to_the_drill_that_it_concerns() {
        let mut seen = Observation::default();
        seen.take_in(look(&[("okx", &[0.0, 5.0])]), |_| true);
        let mut failed = look(&[("okx", &[0.0, 5.0])]);
        failed.evaluations.until.clear();
        let sick = |alert: &str, second| SickRule {
            alert: alert.to_owned(),
            group: "g".to_owned(),
            labels: Labels::new(),
            at: at(second),
            error: "over its limit".to_owned(),
        };
        failed.evaluations.sick = vec![sick("A", 10.0), sick("A", -10.0), sick("B", 10.0)];
        seen.take_in(failed, |_| true);
        assert_eq!(
            *seen.active(),
            [(labels("okx"), AlertState::Pending)].into()
        );
        let mut timeline = Timeline::begun("x", at(0.0));
        seen.fill(&mut timeline, &[claim("okx")], at(0.0));
        assert_eq!(timeline.sick_rules, [sick("A", 10.0)]);
        assert_eq!(timeline.evaluated_until["A"], at(5.1));
    }

    #[test]
    fn drill_takes_the_samples_of_its_own_alerts_and_of_those_that_nobody_answers_for() {
        let is_answered_for = |alert: &Labels| alert["exchange"] != "stray";
        let mut seen = Observation::default();
        for _ in 0..2 {
            let mine: (&str, &[f64]) = ("mine", &[0.0, 5.0]);
            let others: [(&str, &[f64]); 2] = [("neighbours", &[5.0]), ("stray", &[5.0])];
            seen.take_in(look(&[mine, others[0], others[1]]), is_answered_for);
        }
        let exchanges = |samples: Vec<AlertSample>| -> Vec<_> {
            let samples = samples.into_iter();
            samples.map(|it| it.labels["exchange"].clone()).collect()
        };
        let mine_since = |since| exchanges(seen.samples_of(&[claim("mine")], since).collect());
        assert_eq!(mine_since(at(0.0)), ["mine", "mine"]);
        assert_eq!(mine_since(at(1.0)), ["mine"]);
        assert_eq!(exchanges(seen.stray_samples(at(0.0)).collect()), ["stray"]);
    }

    #[test]
    fn alert_that_goes_on_after_its_drill_is_astray() {
        let mut seen = Observation::default();
        seen.take_in(look(&[("okx", &[0.0])]), |_| true);
        assert_eq!(seen.stray_samples(at(0.0)).count(), 0);
        seen.take_in(look(&[("okx", &[0.0])]), |_| false);
        assert_eq!(seen.stray_samples(at(0.0)).count(), 0);
        seen.take_in(look(&[("okx", &[0.0, 5.0])]), |_| false);
        assert_eq!(seen.stray_samples(at(0.0)).count(), 2);
    }

    #[test]
    fn looks_that_fail_are_known_with_their_first_instant_and_the_last_reason_until_one_succeeds() {
        let failed = |reason: &str| Error::NoAnswer {
            attempted: "look".to_owned(),
            reason: reason.to_owned(),
        };
        let mut seen = Observation::default();
        seen.take_failure(&failed("first"));
        let (since, _) = seen.failing.clone().unwrap();
        seen.take_failure(&failed("second"));
        let (still_since, reason) = seen.failing.clone().unwrap();
        assert_eq!(still_since, since);
        assert!(reason.contains("second"), "{reason}");
        seen.take_in(look(&[]), |_| true);
        assert_eq!((seen.failing, seen.looks), (None, 3));
    }
}
