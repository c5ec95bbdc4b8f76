//! What an alert's own expression was during a drill: what it looks at, over time, and its limits.
//! It shows why the alert fired, or how near it came.
//!
//! A line keeps only the points at which it bends: the others lie on it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::promql::Role;
use crate::{
    Claim, Drill, ExpectedAlert, Labels, LoadedRule, SilentAlert, Span, Timeline, UtcInstant,
    agree, episodes, rule_for, seconds,
};

/// An alert's expression over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpressionHistory {
    /// The alert's name.
    pub alert: String,
    /// Labels that tell it apart: only series that contradict none of them are here.
    pub labels: Labels,
    /// The expression.
    pub query: String,
    /// The first instant that was asked for, from which points count.
    pub from: UtcInstant,
    /// The last one.
    pub until: UtcInstant,
    /// How far the instants are apart.
    #[serde(with = "seconds", rename = "every_s")]
    pub every: Duration,
    /// When it was true.
    pub holds: Vec<Span>,
    /// What it looks at.
    pub terms: Vec<TermHistory>,
}

/// What a term of an expression was over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermHistory {
    /// How it joins those before it.
    pub role: Role,
    /// What is looked at, as `PromQL`.
    pub query: String,
    /// Its values.
    pub series: Vec<LineSeries>,
    /// What they are compared with; nothing if every sample counts.
    pub limits: Vec<LimitHistory>,
}

/// What a term is compared with, over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitHistory {
    /// The comparison: `>`, for example.
    pub operator: String,
    /// What stands on its other side, as `PromQL`.
    pub query: String,
    /// The values of that.
    pub series: Vec<LineSeries>,
}

/// A series as lines, one for each time without a gap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineSeries {
    /// Its labels.
    pub labels: Labels,
    /// Each point is the seconds since the history's beginning, and the value.
    pub lines: Vec<Vec<(f64, f64)>>,
}

/// As many instants as Prometheus answers a query for at most ("exceeded maximum resolution",
/// `web/api/v1/api.go`): a history with more is spoiled.
const MOST_INSTANTS: u32 = 11_000;
/// How far a value may lie beside a line, as a part of the value, and still be taken to lie on it:
/// the error of the numbers.
const ON_THE_LINE: f64 = 1e-9;

impl LineSeries {
    /// The lines through `values`, which are `every` apart where there is no gap.
    #[must_use]
    pub fn through(
        labels: Labels,
        values: &[(UtcInstant, f64)],
        from: UtcInstant,
        every: Duration,
    ) -> Self {
        let mut lines: Vec<Vec<(f64, f64)>> = Vec::new();
        let mut last_s = f64::NEG_INFINITY;
        for (at, value) in values.iter().filter(|(_, value)| value.is_finite()) {
            let point = (at.seconds_since(from), *value);
            match lines.last_mut() {
                Some(line) if point.0 - last_s < 1.5 * every.as_secs_f64() => go_on(line, point),
                _ => lines.push(vec![point]),
            }
            last_s = point.0;
        }
        Self { labels, lines }
    }

    /// The value at this time, in seconds since the history's beginning; `None` in a gap.
    #[must_use]
    pub fn at(&self, second: f64) -> Option<f64> {
        let line = self.lines.iter().find(|line| {
            line.first().is_some_and(|(first, _)| *first <= second)
                && line.last().is_some_and(|(last, _)| second <= *last)
        })?;
        let next = line.partition_point(|(at, _)| *at < second);
        let (next_s, next_value) = *line.get(next)?;
        let Some((before_s, before)) = next.checked_sub(1).and_then(|before| line.get(before))
        else {
            return Some(next_value);
        };
        Some(before + (next_value - before) * (second - before_s) / (next_s - before_s))
    }

    /// All its values.
    pub fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.lines.iter().flatten().map(|(_, value)| *value)
    }
}

/// The line with one point more; without the one before, if it lies between its neighbours.
fn go_on(line: &mut Vec<(f64, f64)>, point: (f64, f64)) {
    if let [.., (a_s, a), (b_s, b)] = line.as_slice() {
        let between = a + (point.1 - a) * (b_s - a_s) / (point.0 - a_s);
        if (between - b).abs() <= ON_THE_LINE * b.abs().max(1.0) {
            line.pop();
        }
    }
    line.push(point);
}

impl ExpressionHistory {
    /// Whether it is the expression of the alert `name` with these labels.
    #[must_use]
    pub fn is_of(&self, name: &str, labels: &Labels) -> bool {
        self.alert == name && agree(&self.labels, labels)
    }

    /// When it was first true, from `since` on.
    #[must_use]
    pub fn true_from(&self, since: UtcInstant) -> Option<UtcInstant> {
        let span = self.holds.iter().find(|span| span.until >= since)?;
        Some(span.from.max(since))
    }

    /// The first sample that shows the fault of `fault_at`: the first value beyond all that was
    /// there before it while the expression was not true, and from which on that stays so until it
    /// is true, at `true_at`.
    #[must_use]
    pub fn first_shown(&self, fault_at: UtcInstant, true_at: UtcInstant) -> Option<UtcInstant> {
        let terms = self.terms.iter().filter(|term| term.role != Role::Unless);
        let series = terms.flat_map(|term| &term.series);
        let shown = series.filter_map(|series| self.shown_by(series, fault_at, true_at));
        shown.min()
    }

    fn shown_by(
        &self,
        series: &LineSeries,
        fault_at: UtcInstant,
        true_at: UtcInstant,
    ) -> Option<UtcInstant> {
        let held_at = |at| {
            self.holds
                .iter()
                .any(|span| span.from <= at && at <= span.until)
        };
        let instants = (0..MOST_INSTANTS).map(|number| {
            let since_begin = self.every.saturating_mul(number);
            self.from.plus(since_begin)
        });
        let (mut lowest, mut highest) = (f64::INFINITY, f64::NEG_INFINITY);
        let mut shown = None;
        for at in instants.take_while(|at| *at <= true_at) {
            let value = series.at(at.seconds_since(self.from));
            if at >= fault_at {
                let is_beyond = |value: f64| value < lowest || value > highest;
                shown = if value.is_some_and(is_beyond) {
                    shown.or(Some(at))
                } else {
                    None
                };
            } else if !held_at(at) {
                // While the expression was true, the values are what an earlier fault did.
                lowest = value.map_or(lowest, |value| lowest.min(value));
                highest = value.map_or(highest, |value| highest.max(value));
            }
        }
        shown
    }
}

/// An alert whose expression a drill's report shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject<'a> {
    /// Its rule.
    pub rule: &'a LoadedRule,
    /// The alerts of the rule that are meant.
    pub claim: Claim,
}

impl Subject<'_> {
    /// Whether a series with these labels is about what is meant. What the rule itself adds no
    /// series has.
    #[must_use]
    pub fn concerns(&self, labels: &Labels) -> bool {
        let own = self.claim.labels.iter();
        let own = own.filter(|(name, _)| !self.rule.labels.contains_key(*name));
        let own = own.map(|(name, value)| (name.clone(), value.clone()));
        agree(&own.collect(), labels)
    }
}

/// The alerts whose expressions tell what came of `drill`: those that it declares, and those that
/// fired though neither it nor a neighbour did.
#[must_use]
pub fn subjects<'a>(drill: &Drill, timeline: &'a Timeline) -> Vec<Subject<'a>> {
    let expected = drill.expect.iter().map(ExpectedAlert::claim);
    let silent = drill.silent.iter().map(SilentAlert::claim);
    let mut claims: Vec<_> = expected.chain(silent).collect();
    for life in episodes(timeline) {
        let covers = |claim: &Claim| claim.covers(&life.labels);
        let mut neighbours = timeline.neighbours.iter().flat_map(|other| &other.claims);
        let is_watchdog = timeline.is_of_a_watchdog(&life.labels);
        if life.firing_at.is_some()
            && !is_watchdog
            && !neighbours.any(covers)
            && !claims.iter().any(covers)
        {
            let labels = life.labels_but_its_name();
            claims.push(Claim {
                alert: life.alert().to_owned(),
                labels: labels
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect(),
            });
        }
    }
    let with_rule = |claim: Claim| {
        Some(Subject {
            rule: rule_for(&claim.alert, &claim.labels, &timeline.rules)?,
            claim,
        })
    };
    claims.into_iter().filter_map(with_rule).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(1);

    fn at(second: f64) -> UtcInstant {
        UtcInstant::from_epoch_s(1_763_876_500.0 + second).unwrap()
    }

    fn series(value: impl Fn(u32) -> Option<f64>) -> LineSeries {
        let values: Vec<_> = (0..100)
            .filter_map(|second| Some((at(f64::from(second)), value(second)?)))
            .collect();
        LineSeries::through(Labels::new(), &values, at(0.0), EVERY)
    }

    fn history(value: impl Fn(u32) -> Option<f64>) -> ExpressionHistory {
        let term = TermHistory {
            role: Role::First,
            query: "x".into(),
            series: vec![series(value)],
            limits: vec![],
        };
        ExpressionHistory {
            alert: "A".into(),
            labels: [("exchange".to_owned(), "okx".to_owned())].into(),
            query: "x > 5".into(),
            from: at(0.0),
            until: at(99.0),
            every: EVERY,
            holds: vec![
                Span {
                    from: at(10.0),
                    until: at(12.0),
                },
                Span {
                    from: at(60.0),
                    until: at(80.0),
                },
            ],
            terms: vec![term],
        }
    }

    #[test]
    fn line_keeps_the_points_at_which_it_bends_and_breaks_at_a_gap() {
        let bent = series(|second| match second {
            0..=10 => Some(0.0),
            11..=20 => Some(f64::from(second - 10)),
            40.. => Some(7.0),
            _ => None,
        });
        assert_eq!(
            bent.lines,
            [
                vec![(0.0, 0.0), (10.0, 0.0), (20.0, 10.0)],
                vec![(40.0, 7.0), (99.0, 7.0)]
            ]
        );
        assert_eq!(
            [bent.at(5.0), bent.at(15.0), bent.at(30.0), bent.at(99.0)],
            [Some(0.0), Some(5.0), None, Some(7.0)]
        );
    }

    #[test]
    fn value_that_is_no_number_is_a_gap() {
        assert_eq!(
            series(|second| Some(if second == 50 { f64::NAN } else { 1.0 }))
                .lines
                .len(),
            2
        );
    }

    #[test]
    fn first_sample_that_shows_a_fault_is_beyond_all_that_was_before_it_and_stays_so() {
        // It strays between 0 and 3 by itself, also after the fault at 30 s, jumps once at 33 s,
        // and grows from 45 s on.
        let strays = history(|second| {
            Some(match second {
                33 => 9.0,
                0..45 => f64::from(second % 4),
                _ => f64::from(second - 40),
            })
        });
        assert_eq!(strays.first_shown(at(30.0), at(60.0)), Some(at(45.0)));
    }

    #[test]
    fn history_whose_instants_are_not_apart_shows_no_fault_and_is_not_searched_for_ever() {
        let spoiled = ExpressionHistory {
            every: Duration::ZERO,
            ..history(|_| Some(1.0))
        };
        assert_eq!(spoiled.first_shown(at(30.0), at(60.0)), None);
    }

    #[test]
    fn what_an_earlier_fault_did_does_not_hide_what_this_one_does() {
        // It was true from 10 s to 12 s, and is again from 45 s on.
        let again = history(|second| {
            Some(if matches!(second, 10..=12 | 45..) {
                0.0
            } else {
                1.0
            })
        });
        assert_eq!(again.first_shown(at(30.0), at(60.0)), Some(at(45.0)));
    }

    #[test]
    fn series_that_begins_after_the_fault_shows_it_with_its_first_sample() {
        assert_eq!(
            history(|second| (second >= 50).then_some(1.0)).first_shown(at(30.0), at(60.0)),
            Some(at(50.0))
        );
    }

    #[test]
    fn series_that_does_not_move_shows_nothing() {
        assert_eq!(history(|_| Some(1.0)).first_shown(at(30.0), at(60.0)), None);
    }

    #[test]
    fn expression_that_was_true_before_the_fault_is_true_from_its_next_time_on() {
        assert_eq!(history(|_| None).true_from(at(30.0)), Some(at(60.0)));
        assert_eq!(history(|_| None).true_from(at(70.0)), Some(at(70.0)));
        assert_eq!(history(|_| None).true_from(at(90.0)), None);
    }

    #[test]
    fn expression_is_that_of_an_alert_whose_labels_do_not_contradict_it() {
        let labels = |exchange: &str| Labels::from([("exchange".to_owned(), exchange.to_owned())]);
        let history = history(|_| None);
        assert!(history.is_of("A", &labels("okx")) && history.is_of("A", &Labels::new()));
        assert!(!history.is_of("A", &labels("kraken")) && !history.is_of("B", &labels("okx")));
    }
}
