//! Whether the stack is as a drill needs it: its paths flow, and no alert is active except those of
//! its neighbours.

use std::time::Duration;

use alertdrill_core::schedule::all_conditions;
use alertdrill_core::settings::SteadyCondition;
use alertdrill_core::{
    AlertState, Claim, Clock, Drill, Labels, LoadedRule, Neighbour, Result, Settings, SteadyState,
    UtcInstant, with_watchdogs,
};
use alertdrill_engine::{Observation, Observer, RuleEngine};
use alertdrill_progress::{Progress, Step};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::sight::Sight;

/// How long servers that start may be silent.
const TOLERATED_SILENCE: Duration = Duration::from_secs(60);

/// What a drill waits for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Demand<'a> {
    pub(super) conditions: &'a [SteadyCondition],
    pub(super) alerts: Alerts,
    /// An instant that the rules must have been evaluated at, or after it.
    pub(super) evaluated_at: Option<UtcInstant>,
}

impl Demand<'_> {
    /// Only that no alert is active.
    pub(super) const ALERTS_GONE: Self = Self {
        conditions: &[],
        alerts: Alerts::Gone,
        evaluated_at: None,
    };
}

/// What is demanded of alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alerts {
    /// Any may be active.
    Any,
    /// None is active, except those of neighbours.
    Gone,
    /// The same, and none of the drill's conditions is true yet.
    NotBegun,
}

/// Waits until `demand` is met, but at most for `at_most`. What falls short of it is in the answer,
/// and no error.
///
/// # Errors
/// As [`Sight::next_look`], and what `beside` says.
pub(super) async fn reach(
    sight: &mut Sight<'_>,
    watchdogs: &[Claim],
    drill: Option<&Drill>,
    beside: impl Fn() -> Result<Vec<Neighbour>>,
    demand: Demand<'_>,
    at_most: Duration,
    step: Step,
) -> Result<SteadyState> {
    let began = Instant::now();
    loop {
        let since = began.elapsed();
        let state = compare(&sight.seen(), watchdogs, drill, &beside, demand, since)?;
        if state.is_reached() || began.elapsed() >= at_most {
            step.done(if state.is_reached() {
                "steady"
            } else {
                "not steady"
            });
            return Ok(state);
        }
        let active = state
            .active_alerts
            .iter()
            .filter_map(|labels| labels.get("alertname"));
        let active = active.map(|alert| format!("{alert} is active"));
        let silent = state.silent_watchdogs.iter();
        let silent = silent.map(|alert| format!("{alert} fires, as it always must"));
        let awaited: Vec<_> = active
            .chain(silent)
            .chain(state.unmet.iter().cloned())
            .collect();
        step.update(&format!("awaited: {}", awaited.join("; ")));
        sight
            .next_look(at_most.saturating_sub(began.elapsed()))
            .await?;
    }
}

/// Waits until every condition of the system and of its paths holds and no alert is pending or
/// firing, but at most for `at_most`. What falls short of it is in the answer. A server that starts
/// may be silent for a while.
///
/// The rules must have seen what is so now: what comes of the time before, while the services
/// started, must not be taken for what a drill broke. That may come late, for vmalert looks back, and
/// what it writes takes seconds to be read. A target's first sample is a change to it, too, so where
/// rules look back they must have seen what was so once the conditions held.
///
/// # Errors
/// [`alertdrill_core::Error::TimedOut`] if the servers stay silent, or
/// [`alertdrill_core::Error::Interrupted`].
pub async fn wait_for_all(
    observer: &Observer,
    engine: &dyn RuleEngine,
    settings: &Settings,
    clock: &dyn Clock,
    at_most: Duration,
    progress: &Progress,
    cancel: &CancellationToken,
) -> Result<SteadyState> {
    let (began, mut since) = (Instant::now(), clock.now());
    let conditions = all_conditions(settings);
    let _watched = observer.watch(conditions.iter().map(|condition| condition.query.clone()));
    let mut sight = Sight::through(observer, cancel, TOLERATED_SILENCE);
    // Whoever answers a look tells its rules too.
    sight.see_again().await?;
    let rules = engine.alerting_rules(Duration::ZERO).await?;
    let looks_back = rules.iter().map(LoadedRule::looks_back).max();
    let look_into_the_past = rules.iter().any(|rule| !rule.query_offset.is_zero());
    let watchdogs = watchdogs_among(&with_watchdogs(rules, settings));
    let nobody = || Ok(Vec::new());
    if look_into_the_past {
        let flows = Demand {
            conditions: &conditions,
            alerts: Alerts::Any,
            evaluated_at: None,
        };
        let step = progress.step("stack", "waiting for its paths to flow");
        reach(&mut sight, &watchdogs, None, nobody, flows, at_most, step).await?;
        since = clock.now();
    }
    let demand = Demand {
        conditions: &conditions,
        alerts: Alerts::Gone,
        evaluated_at: Some(since.plus(looks_back.unwrap_or_default())),
    };
    let left = at_most.saturating_sub(began.elapsed());
    let step = progress.step("stack", "waiting for steady state");
    reach(&mut sight, &watchdogs, None, nobody, demand, left, step).await
}

/// The alerts of `rules` that always fire by intent.
pub(super) fn watchdogs_among(rules: &[LoadedRule]) -> Vec<Claim> {
    let watchdogs = rules.iter().filter(|rule| rule.is_watchdog);
    watchdogs.map(Claim::of_rule).collect()
}

/// How `observation` falls short of what is demanded, for `drill` or for all drills. A condition
/// that was not looked at yet does not hold. Which drills run `beside` it is asked only if an alert
/// is active. An alert whose drill has ended belongs to nobody, in whichever process that was.
fn compare(
    observation: &Observation,
    watchdogs: &[Claim],
    drill: Option<&Drill>,
    beside: impl FnOnce() -> Result<Vec<Neighbour>>,
    demand: Demand<'_>,
    since: Duration,
) -> Result<SteadyState> {
    let known = |query: &String| observation.conditions.get(query).copied();
    let unmet = demand
        .conditions
        .iter()
        .filter(|condition| known(&condition.query) != Some(true));
    let mut unmet: Vec<_> = unmet.map(|condition| condition.name.clone()).collect();
    let is_evaluated = |instant| observation.is_evaluated_at(instant);
    if !demand.evaluated_at.is_none_or(is_evaluated) {
        unmet.push("the rules are evaluated since the stack is up".to_owned());
    }
    let (mut active_alerts, mut silent_watchdogs) = (Vec::new(), Vec::new());
    let active = observation.active();
    if demand.alerts != Alerts::Any {
        let fires = |watchdog: &&Claim| {
            let mut firing = active
                .iter()
                .filter(|(_, state)| **state == AlertState::Firing);
            firing.any(|(labels, _)| watchdog.covers(labels))
        };
        let silent = watchdogs.iter().filter(|watchdog| !fires(watchdog));
        silent_watchdogs.extend(silent.map(ToString::to_string));
    }
    let is_watchdog = |labels: &Labels| watchdogs.iter().any(|it| it.covers(labels));
    let active: Vec<_> = active
        .keys()
        .filter(|labels| !is_watchdog(labels))
        .collect();
    if demand.alerts != Alerts::Any && !active.is_empty() {
        let (own, neighbours) = (drill.map(Drill::claims).unwrap_or_default(), beside()?);
        let running = neighbours
            .iter()
            .filter(|neighbour| neighbour.until.is_none());
        let others: Vec<_> = running.flat_map(|neighbour| &neighbour.claims).collect();
        let is_own = |labels: &Labels| own.iter().any(|claim| claim.concerns(labels));
        let is_a_neighbours = |labels: &Labels| others.iter().any(|claim| claim.concerns(labels));
        let counts = |labels: &&Labels| is_own(labels) || !is_a_neighbours(labels);
        active_alerts.extend(active.into_iter().filter(counts).cloned());
    }
    if demand.alerts == Alerts::NotBegun {
        let conditions = drill.into_iter().flat_map(Drill::conditions);
        let not_yet = conditions.filter(|query| known(query) != Some(false));
        unmet.extend(not_yet.map(|query| format!("`{query}` is not true")));
    }
    Ok(SteadyState {
        waited_s: since.as_secs_f64(),
        active_alerts,
        silent_watchdogs,
        unmet,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alertdrill_core::{ExpectedAlert, Fault};

    fn labels(alert: &str, exchange: &str) -> Labels {
        [
            ("alertname".into(), alert.into()),
            ("exchange".into(), exchange.into()),
        ]
        .into()
    }

    fn drill() -> Drill {
        let alert = ExpectedAlert::new("Down", "critical", Duration::from_secs(1))
            .label("exchange", "okx")
            .when("down");
        Drill::new("x", Fault::stop("handler-okx")).expect_alert(alert)
    }

    fn compared(
        active: &[Labels],
        conditions: &[(&str, bool)],
        neighbours: &[Neighbour],
    ) -> (usize, Vec<String>) {
        let observation = Observation::of(active, conditions);
        let flows = [SteadyCondition {
            name: "okx flows".into(),
            query: "flows".into(),
        }];
        let wanted = Demand {
            conditions: &flows,
            alerts: Alerts::NotBegun,
            evaluated_at: None,
        };
        let state = compare(
            &observation,
            &[],
            Some(&drill()),
            || Ok(neighbours.to_vec()),
            wanted,
            Duration::ZERO,
        )
        .unwrap();
        (state.active_alerts.len(), state.unmet)
    }

    const STEADY: [(&str, bool); 2] = [("flows", true), ("down", false)];

    #[test]
    fn stack_is_steady_when_its_path_flows_and_nothing_is_active() {
        assert_eq!(compared(&[], &STEADY, &[]), (0, vec![]));
    }

    #[test]
    fn alerts_are_gone_only_once_the_rules_have_seen_what_is_so_now() {
        let instant = |second| UtcInstant::from_epoch_s(second).unwrap();
        let mut observation = Observation::of(&[], &[]);
        observation.evaluate("Down", instant(100.0));
        let is_steady_at = |second| {
            let demand = Demand {
                evaluated_at: Some(instant(second)),
                ..Demand::ALERTS_GONE
            };
            let nobody = || Ok(vec![]);
            let state = compare(&observation, &[], None, nobody, demand, Duration::ZERO);
            state.unwrap().is_reached()
        };
        assert!(is_steady_at(100.0));
        assert!(!is_steady_at(101.0));
    }

    #[test]
    fn watchdog_is_steady_while_it_fires_and_missed_while_it_does_not() {
        let rules = with_watchdogs(
            vec![LoadedRule {
                query: "vector(1)".to_owned(),
                ..LoadedRule::example("Watchdog")
            }],
            &Settings::example(),
        );
        let compared = |active: &[Labels]| {
            let observation = Observation::of(active, &[]);
            let (watchdogs, nobody) = (watchdogs_among(&rules), || Ok(vec![]));
            let demand = Demand::ALERTS_GONE;
            compare(
                &observation,
                &watchdogs,
                None,
                nobody,
                demand,
                Duration::ZERO,
            )
            .unwrap()
        };
        assert!(compared(&[labels("Watchdog", "x")]).is_reached());
        assert_eq!(compared(&[]).silent_watchdogs, ["Watchdog"]);
        assert_eq!(compared(&[labels("Other", "x")]).active_alerts.len(), 1);
    }

    #[test]
    fn condition_that_was_not_looked_at_yet_does_not_hold() {
        assert_eq!(
            compared(&[], &[("down", false)], &[]),
            (0, vec!["okx flows".to_owned()])
        );
        assert_eq!(
            compared(&[], &[("flows", true)], &[]),
            (0, vec!["`down` is not true".to_owned()])
        );
    }

    #[test]
    fn own_alert_and_one_that_nobody_claims_are_unsteady_and_a_neighbours_is_not() {
        let neighbour = Neighbour {
            drill: "y".into(),
            claims: vec![Claim {
                alert: "Down".into(),
                labels: [("exchange".into(), "kraken".into())].into(),
            }],
            faults: vec![],
            from: UtcInstant::from_epoch_s(900.0).unwrap(),
            until: None,
        };
        let active = [
            labels("Down", "okx"),
            labels("Down", "kraken"),
            labels("Other", "okx"),
        ];
        assert_eq!(
            compared(&active, &STEADY, std::slice::from_ref(&neighbour)).0,
            2
        );
        assert_eq!(
            compared(&active[1..2], &STEADY, std::slice::from_ref(&neighbour)).0,
            0
        );
        assert_eq!(compared(&active[1..2], &STEADY, &[]).0, 1);
        let ended = Neighbour {
            until: UtcInstant::from_epoch_s(950.0),
            ..neighbour
        };
        assert_eq!(compared(&active[1..2], &STEADY, &[ended]).0, 1);
    }
}
