//! Every verdict, with literal values: seconds after the fault, which is at second 0.

mod told;

use proptest::prelude::*;

use super::*;
use crate::{
    AlertSample, AlertState, CheckRecord, Claim, ConditionRecord, Delivery, DeliveryStatus,
    ExpectedAlert, Fault, Labels, LoadedRule, Neighbour, ObservationError, Promises, ReasonKind,
    Routes, SickRule, SilentAlert, Span, SteadyState, Suppression, WatchedUntil, subjects,
};

mod lasting;
mod measured_onset;
mod near_miss;
mod neighbours;
mod on_the_way;
mod second_alert;

const REQUIRED_ANNOTATIONS: [&str; 3] = ["summary", "description", "runbook_url"];

const FAULT_AT_S: f64 = 1_763_876_500.0;

fn at(second: f64) -> UtcInstant {
    UtcInstant::from_epoch_s(FAULT_AT_S + second).unwrap()
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// `FeedHandlerDown` of binance, as its rule fires it.
fn binance_down() -> Labels {
    labels(&[
        ("alertname", "FeedHandlerDown"),
        ("exchange", "binance"),
        ("severity", "critical"),
    ])
}

fn drill() -> Drill {
    let annotations = ["summary", "description", "runbook_url"]
        .map(str::to_owned)
        .to_vec();
    let s = |seconds| Some(Duration::from_secs(seconds));
    let alert = ExpectedAlert {
        annotations: Some(annotations),
        not_before: Duration::from_secs(60),
        promises: Promises {
            delivered_within: s(15),
            ended_within: s(35),
            end_delivered_within: s(35),
            ..Promises::default()
        },
        ..ExpectedAlert::new("FeedHandlerDown", "critical", Duration::from_secs(120))
            .label("exchange", "binance")
            .receiver("critical")
    };
    Drill::new("feed_handler_stopped", Fault::stop("feed-handler-binance")).expect_alert(alert)
}

fn rule(alert: &str, for_s: u64) -> LoadedRule {
    LoadedRule {
        group: "feed".into(),
        labels: labels(&[("severity", "critical")]),
        for_duration: Duration::from_secs(for_s),
        evaluation_interval: Duration::from_secs(15),
        ..LoadedRule::example(alert)
    }
}

/// A drill that went as it should: pending at 20 s, firing at 80 s, notified at 90 s, reverted at
/// 100 s, gone at 125 s, notified at 150 s.
struct Story {
    timeline: Timeline,
}

impl Story {
    fn good() -> Self {
        let timeline = Timeline {
            rules: vec![rule("FeedHandlerDown", 60), rule("ServiceOOMKill", 0)],
            routes: Some(Routes::telling("critical")),
            faults: vec![FaultRecord {
                fault: Fault::stop("feed-handler-binance"),
                injected_at: at(0.0),
                effect_at: Some(at(1.0)),
                reverting_at: Some(at(99.0)),
                reverted_at: Some(at(100.0)),
            }],
            evaluated_until: [
                ("FeedHandlerDown".to_owned(), at(200.0)),
                ("ServiceOOMKill".to_owned(), at(200.0)),
            ]
            .into(),
            steady_end: Some(SteadyState::default()),
            ..Timeline::begun("feed_handler_stopped", at(200.0))
        };
        Self { timeline }
            .alert(&binance_down(), 20, 80, 110)
            .notified(DeliveryStatus::Firing, "critical", &binance_down(), 90.0)
            .notified(DeliveryStatus::Resolved, "critical", &binance_down(), 150.0)
    }

    /// The same, with the alert's samples and deliveries taken away.
    fn silent() -> Self {
        let mut story = Self::good();
        story.timeline.samples.clear();
        story.timeline.deliveries.clear();
        story
    }

    /// Samples every 15 s: pending from `pending_s`, firing from `firing_s` up to and with
    /// `last_s`.
    fn alert(mut self, labels: &Labels, pending_s: u32, firing_s: u32, last_s: u32) -> Self {
        for second in (pending_s..=last_s).step_by(15) {
            let state = if second < firing_s {
                AlertState::Pending
            } else {
                AlertState::Firing
            };
            self.timeline.samples.push(AlertSample {
                labels: labels.clone(),
                at: at(second.into()),
                state,
            });
        }
        self
    }

    fn notified(
        mut self,
        status: DeliveryStatus,
        receiver: &str,
        labels: &Labels,
        second: f64,
    ) -> Self {
        let annotations = REQUIRED_ANNOTATIONS
            .map(|name| (name.to_owned(), "text".to_owned()))
            .into();
        let labels = labels.clone();
        self.timeline.deliveries.push(Delivery {
            received_at: at(second),
            receiver: receiver.into(),
            group: None,
            said_again: false,
            status,
            starts_at: None,
            labels,
            annotations,
        });
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Timeline)) -> Self {
        change(&mut self.timeline);
        self
    }

    fn verdict(&self) -> Verdict {
        judge(&drill(), &self.timeline)
    }
}

/// The kinds of the reasons, without the words.
fn kinds(verdict: &Verdict) -> Vec<ReasonKind> {
    verdict.reasons.iter().map(|reason| reason.kind).collect()
}

#[track_caller]
fn assert_fails_with(story: &Story, kind: ReasonKind, words: &str) {
    let verdict = story.verdict();
    assert_eq!(
        (verdict.outcome, kinds(&verdict)),
        (kind.outcome(), vec![kind]),
        "{:#?}",
        verdict.reasons
    );
    assert!(
        verdict.reasons[0].message.contains(words),
        "{}",
        verdict.reasons[0].message
    );
}

#[test]
fn alert_that_fires_in_its_window_is_delivered_and_resolves_passes() {
    let verdict = Story::good().verdict();
    assert_eq!((verdict.outcome, verdict.reasons), (Outcome::Pass, vec![]));
    let alert = &verdict.alerts[0];
    assert_eq!(
        (alert.pending_at, alert.firing_at),
        (Some(at(20.0)), Some(at(80.0)))
    );
    assert_eq!(
        (alert.notified_at, alert.resolved_at),
        (Some(at(90.0)), Some(at(125.0)))
    );
    assert_eq!(
        (alert.resolve_notified_at, alert.time_to_fire_s),
        (Some(at(150.0)), Some(80.0))
    );
    assert_eq!(
        (alert.window_s, alert.deadline_s),
        (Some([60.0, 96.0]), Some(120.0))
    );
}

#[test]
fn what_is_still_to_come_does_not_speak_against_an_alert_so_far() {
    let not_reverted = |timeline: &mut Timeline| {
        timeline.faults[0].reverted_at = None;
        timeline.steady_end = None;
        timeline.samples.retain(|sample| sample.at <= at(95.0));
        timeline
            .deliveries
            .retain(|delivery| delivery.received_at <= at(95.0));
    };
    assert_eq!(
        reasons_so_far(&drill(), &Story::good().with(not_reverted).timeline),
        []
    );
    let late = Story::silent()
        .alert(&binance_down(), 20, 125, 140)
        .notified(DeliveryStatus::Firing, "critical", &binance_down(), 135.0);
    let late = reasons_so_far(
        &drill(),
        &late
            .with(|timeline| timeline.faults[0].reverted_at = None)
            .timeline,
    );
    assert_eq!(
        late.iter().map(|reason| reason.kind).collect::<Vec<_>>(),
        [ReasonKind::Late]
    );
}

#[test]
fn alert_that_was_pending_before_the_fault_alone_was_never_pending() {
    let story = Story::silent().with(|timeline| {
        timeline.samples = [-75.0, -60.0]
            .map(|second| AlertSample {
                labels: binance_down(),
                at: at(second),
                state: AlertState::Pending,
            })
            .into();
    });
    assert_fails_with(&story, ReasonKind::Missed, "it was never even pending");
}

#[test]
fn alert_that_never_fires_is_missed() {
    assert_fails_with(
        &Story::silent(),
        ReasonKind::Missed,
        "did not fire within 200.0 s of the fault; it was never even pending",
    );
}

#[test]
fn alert_that_stays_pending_is_missed_and_the_reason_says_since_when() {
    let story = Story::silent().alert(&binance_down(), 20, 999, 185);
    assert_fails_with(&story, ReasonKind::Missed, "pending at +20.0 s");
}

#[test]
fn alert_that_fires_sooner_than_is_promised_fails_the_drill() {
    let story = Story::silent()
        .alert(&binance_down(), 5, 50, 110)
        .notified(DeliveryStatus::Firing, "critical", &binance_down(), 60.0)
        .notified(DeliveryStatus::Resolved, "critical", &binance_down(), 140.0);
    assert_fails_with(
        &story,
        ReasonKind::TooEarly,
        "fired at +50.0 s; it must not fire within 60 s of the earliest onset",
    );
}

#[test]
fn alert_that_fires_later_than_its_rule_can_keeps_its_promise_within_the_deadline() {
    let story = Story::silent()
        .alert(&binance_down(), 20, 110, 125)
        .notified(DeliveryStatus::Firing, "critical", &binance_down(), 120.0)
        .notified(DeliveryStatus::Resolved, "critical", &binance_down(), 150.0);
    assert_eq!(story.verdict().reasons, []);
}

#[test]
fn alert_that_fires_after_its_deadline_is_late() {
    let story = Story::silent()
        .alert(&binance_down(), 20, 125, 125)
        .notified(DeliveryStatus::Firing, "critical", &binance_down(), 135.0)
        .notified(DeliveryStatus::Resolved, "critical", &binance_down(), 150.0);
    assert_fails_with(
        &story,
        ReasonKind::Late,
        "fired at +125.0 s, its deadline is at +120.0 s",
    );
}

#[test]
fn rule_that_is_not_loaded_fails_the_drill_by_name_and_lists_what_is_loaded() {
    let story = Story::silent().with(|timeline| {
        timeline.faults.clear();
        timeline.rules[0].alert = "FeedHandlerGone".into();
    });
    assert_fails_with(
        &story,
        ReasonKind::NoSuchRule,
        "no rule for FeedHandlerDown{exchange=\"binance\"} is loaded; loaded are FeedHandlerGone, ",
    );
}

#[test]
fn prometheus_without_any_rule_fails_the_drill_and_says_so() {
    let story = Story::silent().with(|timeline| {
        timeline.faults.clear();
        timeline.rules.clear();
    });
    assert_fails_with(
        &story,
        ReasonKind::NoSuchRule,
        "has loaded no alerting rule at all",
    );
}

#[test]
fn rule_whose_own_label_contradicts_the_expected_one_is_not_the_rule_that_is_meant() {
    let story = Story::silent().with(|timeline| {
        timeline.faults.clear();
        timeline.rules[0]
            .labels
            .insert("exchange".into(), "kraken".into());
    });
    assert_fails_with(
        &story,
        ReasonKind::NoSuchRule,
        "no rule for FeedHandlerDown",
    );
}

#[test]
fn rule_that_cannot_meet_its_deadline_is_late_before_anything_is_broken() {
    let story = Story::silent().with(|timeline| {
        timeline.faults.clear();
        timeline.rules[0].for_duration = Duration::from_secs(600);
    });
    assert_fails_with(
        &story,
        ReasonKind::Late,
        "can fire as late as 635 s after its onset, its deadline is 120 s: `for` is 600 s",
    );
}

#[test]
fn label_that_the_rule_groups_away_is_wrong_before_anything_is_broken() {
    let grouped_by = |labels: &str| {
        Story::silent().with(|timeline| {
            timeline.faults.clear();
            timeline.rules[0].query = format!("sum by ({labels}) (up) == 0");
        })
    };
    assert_fails_with(
        &grouped_by("exchanges, job"),
        ReasonKind::WrongLabels,
        "can never have the label `exchange`: its rule does not group by it; \
         the nearest that it can have is `exchanges`",
    );
    let possible = grouped_by("exchange, job").verdict();
    assert_eq!(possible.reasons, []);
    let added_by_the_rule = grouped_by("job").with(|timeline| {
        let labels = &mut timeline.rules[0].labels;
        labels.insert("exchange".into(), "binance".into());
    });
    assert_eq!(added_by_the_rule.verdict().reasons, []);
    let not_grouped = Story::silent().with(|timeline| timeline.faults.clear());
    assert_eq!(not_grouped.verdict().reasons, []);
}

#[test]
fn alert_that_lost_the_label_of_the_culprit_has_wrong_labels() {
    let blind = labels(&[("alertname", "FeedHandlerDown"), ("severity", "critical")]);
    let story = Story::silent()
        .alert(&blind, 20, 80, 110)
        .notified(DeliveryStatus::Firing, "critical", &blind, 90.0)
        .notified(DeliveryStatus::Resolved, "critical", &blind, 150.0);
    assert_fails_with(
        &story,
        ReasonKind::WrongLabels,
        "fired without the label exchange=\"binance\"",
    );
}

#[test]
fn alert_of_another_exchange_neither_passes_the_drill_nor_goes_unseen() {
    let kraken = labels(&[
        ("alertname", "FeedHandlerDown"),
        ("exchange", "kraken"),
        ("severity", "critical"),
    ]);
    let verdict = Story::silent().alert(&kraken, 20, 80, 110).verdict();
    assert_eq!(
        (verdict.outcome, kinds(&verdict)),
        (
            Outcome::Fail,
            vec![ReasonKind::Missed, ReasonKind::Collateral]
        )
    );
    assert_eq!(verdict.collateral, [kraken]);
}

#[test]
fn alert_without_severity_passes_only_where_none_is_expected() {
    let mut bare = binance_down();
    bare.remove("severity");
    let mut story = Story::silent()
        .alert(&bare, 20, 80, 110)
        .notified(DeliveryStatus::Firing, "critical", &bare, 90.0)
        .notified(DeliveryStatus::Resolved, "critical", &bare, 150.0);
    story.timeline.rules[0].labels.clear();
    let mut drill = drill();
    assert_eq!(
        kinds(&judge(&drill, &story.timeline)),
        [ReasonKind::WrongLabels]
    );
    drill.expect[0].severity.clear();
    assert_eq!(judge(&drill, &story.timeline).reasons, []);
}

#[test]
fn alert_with_another_severity_has_wrong_labels_and_names_the_receiver_that_was_notified() {
    let mut mild = binance_down();
    mild.insert("severity".into(), "warning".into());
    let story = Story::silent().alert(&mild, 20, 80, 110).notified(
        DeliveryStatus::Firing,
        "warning",
        &mild,
        90.0,
    );
    let verdict = story.verdict();
    assert_eq!(
        kinds(&verdict),
        [
            ReasonKind::WrongLabels,
            ReasonKind::WrongReceiver,
            ReasonKind::NotDelivered
        ]
    );
    assert!(
        verdict.reasons[0]
            .message
            .contains("with severity warning, expected is critical")
    );
    assert!(
        verdict.reasons[2]
            .message
            .contains("it was delivered to `warning` instead")
    );
}

#[test]
fn alert_whose_words_name_no_culprit_is_delivered_with_words_that_do_not_help() {
    let mut drill = drill();
    drill.expect[0].culprits = vec!["exchange".to_owned()];
    let verdict = judge(&drill, &Story::good().timeline);
    assert_eq!(
        verdict.reasons,
        [Reason::new(
            ReasonKind::UnhelpfulWords,
            "FeedHandlerDown{exchange=\"binance\"} was delivered with words that do not help: \
             neither its summary nor its description names the exchange \"binance\": \"text\", \
             \"text\""
        )]
    );
}

#[test]
fn rule_that_cannot_be_evaluated_for_a_while_fails_its_drill_for_that_and_for_nothing_else() {
    let story = Story::silent().with(|timeline| {
        let sick = |cause: &str, second| SickRule {
            alert: "FeedHandlerDown".to_owned(),
            group: "feed".to_owned(),
            labels: labels(&[("severity", cause)]),
            at: at(second),
            error: "over its limit".to_owned(),
        };
        timeline.sick_rules = vec![
            sick("another", 2.0),
            sick("critical", 40.0),
            sick("critical", 25.0),
        ];
    });
    assert_fails_with(
        &story,
        ReasonKind::SickRule,
        "could not be evaluated at +25.0 s: over its limit; 2 evaluations failed in all",
    );
}

#[test]
fn watchdog_is_no_collateral_and_fails_the_drill_if_it_does_not_fire() {
    let watchdog = LoadedRule {
        is_watchdog: true,
        ..rule("Watchdog", 0)
    };
    let always = labels(&[("alertname", "Watchdog"), ("severity", "critical")]);
    let fires = Story::good().alert(&always, 0, 0, 180).with(|timeline| {
        timeline.rules.push(watchdog.clone());
    });
    assert_eq!(fires.verdict().reasons, []);
    assert!(
        subjects(&drill(), &fires.timeline)
            .iter()
            .all(|it| it.rule.alert != "Watchdog")
    );
    let silent = Story::good().with(|timeline| {
        timeline.faults.clear();
        timeline.steady_state.silent_watchdogs = vec!["Watchdog".to_owned()];
        timeline.steady_state.waited_s = 60.0;
    });
    assert_fails_with(
        &silent,
        ReasonKind::UnsteadyStart,
        "for 60 s, what always fires by intent did not: Watchdog",
    );
}

#[test]
fn rule_that_is_written_otherwise_and_keeps_the_promises_passes() {
    type Change = fn(&mut LoadedRule);
    let written: [(&str, Change); 5] = [
        ("a range in place of `for`", |rule| {
            rule.query = "max_over_time(up[1m]) == 0".to_owned();
            rule.for_duration = Duration::ZERO;
        }),
        ("a comparison turned round", |rule| {
            rule.query = "0 == up".to_owned();
        }),
        ("a recording rule", |rule| {
            rule.query = "jobs:down > 0".to_owned();
            rule.recorded_within = Duration::from_secs(15);
        }),
        ("an offset", |rule| {
            rule.query_offset = Duration::from_secs(10);
        }),
        ("templated labels", |rule| {
            let template = "{{ if true }}critical{{ else }}warning{{ end }}";
            rule.labels = labels(&[("severity", template), ("exchange", "{{ $labels.x }}")]);
        }),
    ];
    let mut drill = drill();
    drill.expect[0].promises.ended_within = Some(Duration::from_secs(60));
    for (how, change) in written {
        let story = Story::good().with(|timeline| change(&mut timeline.rules[0]));
        assert_eq!(judge(&drill, &story.timeline).reasons, [], "{how}");
        assert_eq!(infeasible(&drill, &story.timeline.rules, None), [], "{how}");
    }
}

#[test]
fn alert_without_a_runbook_has_missing_annotations() {
    let story = Story::good()
        .with(|timeline| drop(timeline.deliveries[0].annotations.remove("runbook_url")));
    assert_fails_with(
        &story,
        ReasonKind::MissingAnnotations,
        "delivered without runbook_url",
    );
}

#[test]
fn alert_that_no_receiver_was_notified_of_is_not_delivered() {
    let story = Story::good().with(|timeline| timeline.deliveries.clear());
    assert_fails_with(
        &story,
        ReasonKind::NotDelivered,
        "was not delivered to `critical`; no receiver was notified",
    );
}

#[test]
fn silenced_alert_is_not_delivered_and_the_silence_is_named() {
    let story = Story::good().with(|timeline| {
        timeline.deliveries.clear();
        timeline.suppressions.push(Suppression {
            labels: binance_down(),
            suppressed_by: "silence 7".into(),
        });
    });
    assert_fails_with(
        &story,
        ReasonKind::NotDelivered,
        "Alertmanager suppressed it: silence 7",
    );
}

#[test]
fn delivery_later_than_promised_is_not_delivered_in_time() {
    let story = Story::good().with(|timeline| timeline.deliveries[0].received_at = at(96.0));
    assert_fails_with(
        &story,
        ReasonKind::NotDelivered,
        "16.0 s after it fired; its owner promises at most 15 s",
    );
}

#[test]
fn alert_that_goes_on_firing_is_not_resolved() {
    let story = Story::silent()
        .alert(&binance_down(), 20, 80, 185)
        .notified(DeliveryStatus::Firing, "critical", &binance_down(), 90.0)
        .with(|timeline| {
            timeline
                .evaluated_until
                .insert("FeedHandlerDown".into(), at(186.0));
        });
    assert_fails_with(
        &story,
        ReasonKind::NotResolved,
        "still fired 100.0 s after the fault was reverted; at most 45 s are promised: 10 s until",
    );
}

#[test]
fn drill_that_never_saw_the_rules_does_not_say_that_there_are_none() {
    let never_begun = Story::good().with(|timeline| {
        *timeline = Timeline::begun("feed_handler_stopped", at(0.0));
        timeline.errors.push(ObservationError {
            at: at(0.0),
            message: "interrupted".into(),
        });
    });
    assert_fails_with(&never_begun, ReasonKind::CouldNotObserve, "interrupted");
}

#[test]
fn end_of_an_alert_is_not_judged_where_it_was_not_awaited_and_all_before_it_is() {
    let cut_short = |story: Story| {
        story.with(|timeline| {
            timeline.watched_until = WatchedUntil::Delivered;
            timeline.finished_at = at(100.0);
            timeline.steady_end = None;
            timeline.samples.retain(|sample| sample.at <= at(100.0));
            timeline
                .deliveries
                .retain(|delivery| delivery.received_at <= at(100.0));
            timeline
                .evaluated_until
                .insert("FeedHandlerDown".into(), at(100.0));
        })
    };
    let good = cut_short(Story::good());
    assert_eq!(
        (good.verdict().outcome, good.verdict().reasons),
        (Outcome::Pass, vec![])
    );
    assert_fails_with(
        &cut_short(Story::silent()),
        ReasonKind::Missed,
        "did not fire",
    );
    let not_notified = Story::silent().alert(&binance_down(), 20, 80, 110);
    assert_fails_with(
        &cut_short(not_notified),
        ReasonKind::NotDelivered,
        "no receiver was notified",
    );
    let broken = cut_short(Story::good()).with(|timeline| timeline.faults[0].reverted_at = None);
    assert_fails_with(&broken, ReasonKind::FaultNotReverted, "was not reverted");
}

#[test]
fn alert_is_not_resolved_by_a_prometheus_that_no_longer_evaluates() {
    let story = Story::good().with(|timeline| {
        timeline
            .evaluated_until
            .insert("FeedHandlerDown".into(), at(111.0));
    });
    assert_fails_with(&story, ReasonKind::NotResolved, "still fired");
}

#[test]
fn alert_that_resolves_late_is_not_resolved_in_time() {
    let story = Story::silent()
        .alert(&binance_down(), 20, 80, 140)
        .notified(DeliveryStatus::Firing, "critical", &binance_down(), 90.0)
        .notified(DeliveryStatus::Resolved, "critical", &binance_down(), 170.0);
    assert_fails_with(
        &story,
        ReasonKind::NotResolved,
        "resolved 55.0 s after the fault was reverted; at most 45 s",
    );
}

#[test]
fn resolve_that_no_receiver_was_notified_of_fails_the_drill() {
    let story = Story::good().with(|timeline| timeline.deliveries.truncate(1));
    assert_fails_with(
        &story,
        ReasonKind::ResolveNotDelivered,
        "`critical` was never notified",
    );
}

#[test]
fn other_alert_that_fires_is_collateral() {
    let oom = labels(&[
        ("alertname", "ServiceOOMKill"),
        ("service", "kafka"),
        ("severity", "critical"),
    ]);
    let story = Story::good().alert(&oom, 40, 40, 55);
    assert_fails_with(
        &story,
        ReasonKind::Collateral,
        "ServiceOOMKill{service=\"kafka\", severity=\"critical\"} fired at +40.0 s",
    );
}

#[test]
fn tolerated_alert_passes_and_is_shown_with_its_reason() {
    let oom = labels(&[
        ("alertname", "ServiceOOMKill"),
        ("service", "kafka"),
        ("severity", "critical"),
    ]);
    let drill = drill().tolerate("ServiceOOMKill", &[], "known");
    let verdict = judge(&drill, &Story::good().alert(&oom, 40, 40, 55).timeline);
    assert_eq!(verdict.outcome, Outcome::Pass);
    assert!(
        verdict.tolerated[0].ends_with("fired at +40.0 s: known"),
        "{:?}",
        verdict.tolerated
    );
}

#[test]
fn alert_that_is_active_before_the_fault_fails_as_unsteady_start() {
    let story = Story::silent().with(|timeline| {
        timeline.faults.clear();
        timeline.steady_state = SteadyState {
            waited_s: 120.0,
            active_alerts: vec![binance_down()],
            ..SteadyState::default()
        };
    });
    assert_fails_with(
        &story,
        ReasonKind::UnsteadyStart,
        "for 120 s, alerts were active",
    );
}

#[test]
fn stack_that_is_not_steady_could_not_be_tested() {
    let story = Story::silent().with(|timeline| {
        timeline.faults.clear();
        timeline.steady_state.unmet = vec!["every target is up".into()];
    });
    assert_fails_with(&story, ReasonKind::StackNotSteady, "every target is up");
}

#[test]
fn fault_without_effect_neither_passes_nor_blames_the_alert() {
    let story = Story::good().with(|timeline| timeline.faults[0].effect_at = None);
    assert_fails_with(&story, ReasonKind::FaultWithoutEffect, "had no effect");
}

#[test]
fn observation_error_is_never_a_missed_alert() {
    let story = Story::silent().with(|timeline| {
        timeline.errors.push(ObservationError {
            at: at(50.0),
            message: "failed to ask Prometheus".into(),
        });
    });
    assert_fails_with(
        &story,
        ReasonKind::CouldNotObserve,
        "failed to ask Prometheus",
    );
}

#[test]
fn alert_that_is_delivered_twice_fails_the_drill() {
    let story = Story::good()
        .notified(DeliveryStatus::Firing, "critical", &binance_down(), 95.0)
        .with(|timeline| timeline.deliveries[2].said_again = true);
    assert_fails_with(
        &story,
        ReasonKind::DeliveredTwice,
        "more than once: at +90.0 s, at +95.0 s",
    );
}

#[test]
fn skipped_evaluations_of_the_rules_group_could_not_be_tested() {
    let story = Story::good().with(|timeline| {
        timeline.missed_evaluations.insert("feed".into(), 2);
    });
    assert_fails_with(
        &story,
        ReasonKind::EvaluationsMissed,
        "skipped 2 evaluations of the group feed",
    );
    let elsewhere = Story::good().with(|timeline| {
        timeline.missed_evaluations.insert("offload".into(), 2);
    });
    assert_eq!(elsewhere.verdict().outcome, Outcome::Pass);
}

#[test]
fn check_that_does_not_hold_after_the_revert_fails_the_drill() {
    let story = Story::good().with(|timeline| {
        timeline.checks.push(CheckRecord {
            what: "no trade is lost".into(),
            holds: false,
            said: "3 lost\n".into(),
        });
    });
    assert_fails_with(&story, ReasonKind::CheckFailed, "no trade is lost: 3 lost");
}

#[test]
fn stack_that_does_not_come_back_to_steady_state_fails_the_drill() {
    let story = Story::good().with(|timeline| {
        let unmet = vec!["trades flow".to_owned()];
        timeline.steady_end = Some(SteadyState {
            waited_s: 120.0,
            unmet,
            ..SteadyState::default()
        });
    });
    assert_fails_with(
        &story,
        ReasonKind::UnsteadyEnd,
        "120 s after the alerts' end (faults reverted at +100.0 s): trades flow",
    );
}

#[test]
fn verdict_survives_a_round_trip_of_its_timeline_through_json() {
    let story = Story::good();
    let json = serde_json::to_string(&story.timeline).unwrap();
    let again: Timeline = serde_json::from_str(&json).unwrap();
    assert_eq!(again, story.timeline);
    assert_eq!(judge(&drill(), &again), story.verdict());
}

/// The drill, which measures its onset beside the rule.
fn measured() -> Drill {
    let mut drill = drill();
    drill.expect[0].condition = Some("up == 0".into());
    drill
}

fn spans(query: &str, spans: &[(f64, f64)]) -> ConditionRecord {
    let spans = spans.iter().map(|(from, until)| Span {
        from: at(*from),
        until: at(*until),
    });
    ConditionRecord {
        query: query.into(),
        spans: spans.collect(),
    }
}

/// Held near for 40 s.
fn near_miss() -> Drill {
    let silent = SilentAlert::new("FeedHandlerDown")
        .label("exchange", "binance")
        .near("up == 0", Duration::from_secs(30))
        .hold(Duration::from_secs(40));
    Drill::new(
        "feed_handler_restarted",
        Fault::stop("feed-handler-binance"),
    )
    .silent(silent)
}

/// Near from 20 s on, reverted at 99 s.
fn silence() -> Story {
    Story::silent().with(|timeline| timeline.conditions.push(spans("up == 0", &[(20.0, 105.0)])))
}

/// A delivery to the receiver `critical`.
fn notified(story: Story, status: DeliveryStatus, second: f64) -> Story {
    story.notified(status, "critical", &binance_down(), second)
}

proptest! {
    /// Whatever the instants are: a drill passes if, and only if, each instant is as promised.
    #[test]
    fn drill_passes_exactly_when_every_instant_is_as_promised(
        pending_s in 0_u32..40,
        hold in 0_u32..9,
        lasts in 0_u32..9,
        notified_after_s in 0.0_f64..20.0,
        resolve_notified_after_s in 0.0_f64..40.0,
    ) {
        // Milliseconds are the resolution of an instant.
        prop_assume!((notified_after_s - 15.0).abs() > 0.002);
        prop_assume!((resolve_notified_after_s - 35.0).abs() > 0.002);
        let firing_s = pending_s + 15 * hold;
        let last_s = firing_s + 15 * lasts;
        let resolved_s = f64::from(last_s + 15);
        let reverted_s = 100.0;
        let story = Story::silent().alert(&binance_down(), pending_s, firing_s, last_s);
        let notified_s = f64::from(firing_s) + notified_after_s;
        let story = notified(story, DeliveryStatus::Firing, notified_s);
        let resolve_notified_s = resolved_s + resolve_notified_after_s;
        let story = notified(story, DeliveryStatus::Resolved, resolve_notified_s);
        let story = story.with(|timeline| {
            timeline.evaluated_until.insert("FeedHandlerDown".into(), at(resolved_s));
        });
        let is_in_time = (60..=120).contains(&firing_s);
        // Sight of a sample takes an evaluation of 15 s and a scrape of 5 s.
        let lasts_to_the_revert = resolved_s + 20.0 >= 99.0;
        let is_notified = notified_after_s <= 15.0;
        let is_resolved = resolved_s - reverted_s <= 45.0;
        let is_resolve_notified = resolve_notified_after_s <= 35.0;
        let is_told = is_notified && is_resolve_notified;
        let passes = is_in_time && lasts_to_the_revert && is_resolved && is_told;
        let verdict = story.verdict();
        prop_assert_eq!(verdict.outcome == Outcome::Pass, passes, "{:#?}", verdict.reasons);
    }

    /// What could not be observed never becomes a pass or a fail, whatever else was seen.
    #[test]
    fn observation_error_is_always_an_error(
        pending_s in 0_u32..200,
        firing_s in 0_u32..200,
        last_s in 0_u32..200,
    ) {
        let story = Story::silent().alert(&binance_down(), pending_s, firing_s, last_s);
        let story = story.with(|timeline| {
            timeline.errors.push(ObservationError { at: at(50.0), message: "blind".into() });
        });
        prop_assert_eq!(story.verdict().outcome, Outcome::Error);
    }

    /// Whatever the instants are: with a measured onset a drill is in time if, and only if, it
    /// fires neither too soon after that nor after its deadline.
    #[test]
    fn drill_with_a_measured_onset_is_in_time_between_its_promises(
        onset_s in 0_u32..60,
        firing_s in 60_u32..130,
    ) {
        let last_s = firing_s + 15;
        let story = Story::silent().alert(&binance_down(), firing_s - 60, firing_s, last_s);
        let story = notified(story, DeliveryStatus::Firing, f64::from(firing_s + 10));
        let story = notified(story, DeliveryStatus::Resolved, f64::from(last_s + 45));
        let story = story.with(|timeline| {
            timeline.conditions.push(spans("up == 0", &[(f64::from(onset_s), 110.0)]));
        });
        let verdict = judge(&measured(), &story.timeline);
        let of_time = [ReasonKind::TooEarly, ReasonKind::Late];
        let is_in_time = !kinds(&verdict).iter().any(|kind| of_time.contains(kind));
        let is_promised = (onset_s + 59..=120).contains(&firing_s);
        prop_assert_eq!(is_in_time, is_promised, "{:#?}", verdict.reasons);
    }

    /// A near miss passes if, and only if, the alert never fired and was held as near, for as long,
    /// as it had to be.
    #[test]
    fn near_miss_passes_exactly_when_it_was_near_and_silent(
        near_s in 0_u32..90,
        lasts_s in 0_u32..120,
        fires in proptest::option::of(20_u32..120),
    ) {
        let near = (f64::from(near_s), f64::from(near_s + lasts_s));
        let mut story = Story::silent()
            .with(|timeline| timeline.conditions.push(spans("up == 0", &[near])));
        if let Some(firing_s) = fires {
            story = story.alert(&binance_down(), firing_s, firing_s, firing_s + 15);
        }
        let verdict = judge(&near_miss(), &story.timeline);
        // Reverted at 99 s, 40 s required, 3 s of slack at either end.
        let is_near_enough = near_s + lasts_s + 3 >= 99 && 99 - near_s + 3 >= 40;
        let outcome = match (fires, is_near_enough) {
            (Some(_), _) => Outcome::Fail,
            (None, true) => Outcome::Pass,
            (None, false) => Outcome::Error,
        };
        prop_assert_eq!(verdict.outcome, outcome, "{:#?}", verdict.reasons);
    }
}
