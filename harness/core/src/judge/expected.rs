//! An alert that must fire: in time, rightly labelled, alone, delivered, for as long as its cause
//! lasts, and resolved.

use super::relative;
use super::sick::fell_sick;
use crate::{
    AlertOutcome, Claim, Episode, ExpectedAlert, FaultRecord, Labels, LoadedRule, Reason,
    ReasonKind, Timeline, UtcInstant, Window, Witness,
};

/// What became of one expected alert, and what speaks against it.
pub(super) struct AlertJudgement {
    pub(super) outcome: AlertOutcome,
    pub(super) reasons: Vec<Reason>,
}

/// Judges one expected alert, beside the `others` that its drill answers for. Without a fault
/// nothing is judged; the outcome has its promises.
pub(super) fn judge(
    expected: &ExpectedAlert,
    others: &[Claim],
    timeline: &Timeline,
    lives: &[Episode],
    fault: Option<&FaultRecord>,
) -> AlertJudgement {
    let rule = expected.rule_among(&timeline.rules);
    let window = rule.map(|rule| Window::derive(rule, expected.onset));
    let ends_s = |window: Window| [window.earliest, window.latest].map(|end| end.as_secs_f64());
    let outcome = AlertOutcome {
        severity: Some(expected.severity.clone()),
        window_s: window.map(ends_s),
        deadline_s: Some(expected.deadline.as_secs_f64()),
        ..AlertOutcome::unknown(expected.claim())
    };
    let (Some(rule), Some(fault)) = (rule, fault) else {
        let reasons = Vec::new();
        return AlertJudgement { outcome, reasons };
    };
    let mut judge = Judge {
        expected,
        claim: expected.claim(),
        others,
        timeline,
        lives,
        rule,
        fault,
        outcome,
        reasons: Vec::new(),
    };
    judge.judge();
    if let Some(reason) = fell_sick(expected, rule, timeline, fault) {
        judge.reasons = vec![reason];
    }
    AlertJudgement {
        outcome: judge.outcome,
        reasons: judge.reasons,
    }
}

/// One expected alert, what is known of it, and what was found so far.
pub(super) struct Judge<'a> {
    pub(super) expected: &'a ExpectedAlert,
    pub(super) claim: Claim,
    /// The other alerts that the drill answers for.
    pub(super) others: &'a [Claim],
    pub(super) timeline: &'a Timeline,
    pub(super) lives: &'a [Episode],
    pub(super) rule: &'a LoadedRule,
    pub(super) fault: &'a FaultRecord,
    pub(super) outcome: AlertOutcome,
    pub(super) reasons: Vec<Reason>,
}

impl<'a> Judge<'a> {
    fn judge(&mut self) {
        self.outcome.onset_at = self.onset();
        let window = self.firing_window();
        self.outcome.window_s = Some(window.map(|end| end.seconds_since(self.fault.injected_at)));
        let life = self.firing_life();
        let Some((life, firing_at)) = life.and_then(|life| Some((life, life.firing_at?))) else {
            self.judge_missed();
            return;
        };
        self.outcome.labels = life.labels.clone();
        self.outcome.pending_at = life.pending_at;
        self.outcome.firing_at = life.firing_at;
        self.outcome.time_to_fire_s = Some(firing_at.seconds_since(self.fault.injected_at));

        self.judge_time(firing_at);
        self.judge_labels(&life.labels);
        match &self.timeline.replayed {
            Some(replayed) => self.judge_words_to_send(replayed, life, firing_at),
            None if self.timeline.witness == Witness::Nobody => {}
            None => self.judge_delivery(life, firing_at),
        }
        self.judge_second_alerts(life);
        self.judge_lasting(life, firing_at);
        if !self.timeline.watched_until.is_cut_short() {
            self.judge_resolve(&life.labels);
        }
    }

    pub(super) fn blame(&mut self, kind: ReasonKind, message: String) {
        self.reasons.push(Reason::new(kind, message));
    }

    /// As a reader of the verdict sees it.
    pub(super) fn relative(&self, instant: impl Into<Option<UtcInstant>>) -> String {
        relative(instant, self.fault.injected_at)
    }

    /// The lives that could be of this alert and that fired since the fault.
    pub(super) fn fired(&self) -> impl Iterator<Item = &'a Episode> + Clone {
        let (claim, injected_at) = (self.claim.clone(), self.fault.injected_at);
        let is_meant = move |life: &&Episode| {
            life.firing_at.is_some_and(|at| at >= injected_at) && claim.concerns(&life.labels)
        };
        self.lives.iter().filter(is_meant)
    }

    /// The first firing since the fault: of the expected severity, else of another one, else one
    /// that has lost labels. Of several at once, the one with the fewest labels.
    fn firing_life(&self) -> Option<&'a Episode> {
        let is_covered = |life: &&Episode| self.claim.covers(&life.labels);
        let severity = &self.expected.severity;
        let is_exact = |life: &&Episode| is_covered(life) && severity_of(&life.labels) == severity;
        let fired = self.fired();
        let first = |life: &&Episode| (life.firing_at, life.labels.len());
        let exact = fired.clone().filter(is_exact).min_by_key(first);
        exact
            .or_else(|| fired.clone().filter(is_covered).min_by_key(first))
            .or_else(|| fired.min_by_key(first))
    }

    fn judge_labels(&mut self, labels: &Labels) {
        let expected = self.expected;
        for (name, value) in &expected.labels {
            if labels.get(name) != Some(value) {
                let alert = &expected.alert;
                let message =
                    format!("{alert} fired without the label {name}=\"{value}\": {labels:?}");
                self.blame(ReasonKind::WrongLabels, message);
            }
        }
        let severity = severity_of(labels);
        if severity != expected.severity {
            let or_none = |severity: &str| {
                if severity.is_empty() {
                    "none"
                } else {
                    severity
                }
                .to_owned()
            };
            let message = format!(
                "{expected} fired with severity {}, expected is {}",
                or_none(severity),
                or_none(&expected.severity)
            );
            self.blame(ReasonKind::WrongLabels, message);
        }
    }
}

/// The alert's severity. To Prometheus an empty label is none, and so it is here.
fn severity_of(labels: &Labels) -> &str {
    labels.get("severity").map_or("", String::as_str)
}
