//! The top of the page: what one wants to know first.

use std::collections::BTreeSet;

use super::detection::{Detection, known_as};
use super::drill_row::{BROKEN_OFF, RUNNING};
use super::time_text::{between, duration};
use crate::model::{DrillReport, Latency, Report, Rest, Trend};
use alertdrill_core::Outcome;

const SKIPPED: &str = "skipped";

/// The top of the page.
pub(super) struct Head {
    pub(super) counts: Vec<Count>,
    /// `9 of 9`.
    pub(super) proven: String,
    /// What of the rules is not proven.
    pub(super) unproven: String,
    pub(super) slowest: Option<Slowest>,
    /// The alerts that have become slower than usual.
    pub(super) slower: Vec<String>,
    /// What is said if none has.
    pub(super) not_slower: &'static str,
}

/// How many drills came to a verdict, or stand elsewhere; also the filter that shows them alone.
pub(super) struct Count {
    pub(super) verdict: String,
    pub(super) drills: usize,
    pub(super) words: &'static str,
}

/// The detection that used most of its promise.
pub(super) struct Slowest {
    pub(super) alert: String,
    pub(super) drill: String,
    pub(super) took: String,
    pub(super) due: String,
    /// In percent.
    pub(super) used: f64,
    pub(super) is_late: bool,
}

impl Head {
    pub(super) fn of(report: &Report, rest: Option<&Rest>) -> Self {
        let coverage = &report.coverage;
        let some = |count: usize, what: &str| (count > 0).then(|| format!("{count} {what}"));
        let unproven = [
            some(
                coverage.missing.len(),
                if rest.is_some() {
                    "not proven so far"
                } else {
                    "not proven"
                },
            ),
            some(coverage.waived.len(), "waived"),
        ];
        let unproven: Vec<_> = unproven.into_iter().flatten().collect();
        let latencies = || report.drills.iter().flat_map(|drill| &drill.latencies);
        let is_compared = |latency: &Latency| {
            let mut trends = latency.trends.iter();
            trends.any(|trend| trend.usual_s.is_some())
        };
        Self {
            counts: match rest {
                Some(rest) => counts_so_far(report, rest),
                None => counts(report),
            },
            proven: match (rest, coverage.rules) {
                // Only a drill that has ended tells of the rules.
                (Some(_), 0) => "none yet:".to_owned(),
                (_, rules) => format!("{} of {rules}", coverage.fired.len()),
            },
            unproven: unproven.join(", "),
            slowest: slowest(report),
            slower: report.drills.iter().flat_map(slower).collect(),
            not_slower: if latencies().any(is_compared) {
                "nothing"
            } else {
                "not known: too few runs before this one"
            },
        }
    }
}

fn counts(report: &Report) -> Vec<Count> {
    let count = |(verdict, words)| {
        let drills = report.drills.iter();
        let drills = drills.filter(|drill| drill.verdict == verdict);
        Count {
            verdict: verdict.to_string(),
            drills: drills.count(),
            words,
        }
    };
    let counts = [
        (Outcome::Pass, "passed"),
        (Outcome::Fail, "failed"),
        (Outcome::Error, "could not be tested"),
        (Outcome::Skipped, SKIPPED),
    ];
    let counts = counts.map(count).into_iter();
    // Whether anything was skipped is asked only where something was.
    counts
        .filter(|count| count.drills > 0 || count.words != SKIPPED)
        .collect()
}

/// The same of a run that has not ended; what runs is counted, too. What waits has no row to show.
fn counts_so_far(report: &Report, rest: &Rest) -> Vec<Count> {
    let mut counts = counts(report);
    for count in &mut counts {
        count.words = match count.words {
            "passed" => "passed so far",
            "failed" => "failed so far",
            words => words,
        };
    }
    let (verdict, words) = if rest.is_going_on {
        (RUNNING, "running")
    } else {
        (BROKEN_OFF, "never ended")
    };
    counts.push(Count {
        verdict: verdict.to_owned(),
        drills: rest.running.len(),
        words,
    });
    counts
}

fn slowest(report: &Report) -> Option<Slowest> {
    let used = Detection::all_of(report).filter_map(|detection| {
        let (took_s, promised_s) = detection.took_of_promised_s()?;
        Some((detection, took_s, promised_s))
    });
    let (slowest, took_s, promised_s) =
        used.max_by(|a, b| (a.1 / a.2.max(0.1)).total_cmp(&(b.1 / b.2.max(0.1))))?;
    Some(Slowest {
        alert: known_as(slowest.alert),
        drill: slowest.drill.name.clone(),
        took: duration(took_s),
        due: duration(promised_s),
        used: took_s / promised_s.max(0.1) * 100.0,
        is_late: took_s > promised_s,
    })
}

/// What has become slower in a drill. Alerts of one name that did so alike are told once.
fn slower(drill: &DrillReport) -> BTreeSet<String> {
    let slower = |(latency, trend): (&Latency, &Trend)| {
        format!(
            "{}: {} is slower than usual: {}",
            drill.name,
            latency.alert,
            trend.told(duration, between)
        )
    };
    drill.slower().map(slower).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Milestone;
    use crate::examples::{example_report, folded};

    #[test]
    fn alert_that_has_become_slower_is_named_above_all_drills() {
        let mut report = example_report("okx");
        let drill = &mut report.drills[0];
        drill.latencies = drill.known_latencies();
        let earlier_s = vec![50.0; 5];
        let slow = Trend {
            until: Milestone::Firing,
            now_s: 65.0,
            earlier_s,
            usual_s: Some([50.0, 50.0]),
            is_slower: true,
        };
        let usual = Trend {
            until: Milestone::Notified,
            is_slower: false,
            ..slow.clone()
        };
        drill.latencies[0].trends = vec![slow, usual];
        let head = Head::of(&report, None);
        insta::assert_snapshot!(
            folded(&head.slower.join("\n")),
            @r"
        feed_handler_stopped: FeedHandlerDown is slower than usual: fired after the
        fault: 1 min 5 s, usually 50 s in 5 runs before
        "
        );
        assert_eq!(head.not_slower, "nothing");
    }

    #[test]
    fn top_says_what_came_of_the_drills_and_of_the_rules_and_what_came_nearest_to_its_promise() {
        let mut report = example_report("okx");
        report.coverage.rules = 3;
        report.coverage.fired = vec!["FeedHandlerDown".to_owned()];
        report.coverage.missing = vec!["Lag".to_owned(), "Old".to_owned()];
        let mut quick = report.drills[0].clone();
        quick.alerts[0].time_to_fire_s = Some(3.0);
        report.drills.push(quick);
        let head = Head::of(&report, None);
        let counts: Vec<_> = head
            .counts
            .iter()
            .map(|count| format!("{} {}", count.drills, count.words))
            .collect();
        assert_eq!(counts, ["0 passed", "2 failed", "0 could not be tested"]);
        assert_eq!(
            (head.proven.as_str(), head.unproven.as_str()),
            ("1 of 3", "2 not proven")
        );
        assert_eq!(head.not_slower, "not known: too few runs before this one");
        let slowest = head.slowest.unwrap();
        assert_eq!(slowest.took, "1 min 5 s");
        assert_eq!(
            (slowest.due.as_str(), slowest.used.round()),
            ("2 min", 54.0)
        );
        assert!(!slowest.is_late);
    }
}
