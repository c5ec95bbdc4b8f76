//! Whether the stack is as a drill needs it: its paths flow, and no alert is active but those of
//! its neighbours.

use std::time::Duration;

use crate::Result;
use crate::drill::{Drill, Labels, Neighbour, SteadyState};
use crate::observe::Observation;
use crate::stack::SteadyCondition;

/// What a drill waits for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    pub(super) conditions: &'a [SteadyCondition],
    pub(super) alerts: Wished,
}

/// What is wished of alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wished {
    /// Any may be active.
    Any,
    /// None is active but those of neighbours.
    Gone,
    /// The same, and what the drill watches is not so yet.
    NotBegun,
}

/// How `observation` falls short of what `drill` wants; nothing is known of a condition before the
/// first look at it. Who runs `beside` it is asked only where an alert is active. One whose drill
/// has ended is nobody's, in whatever process that was.
pub(super) fn compare(
    observation: &Observation,
    drill: &Drill,
    beside: impl FnOnce() -> Result<Vec<Neighbour>>,
    wanted: Wanted<'_>,
    since: Duration,
) -> Result<SteadyState> {
    let unmet = wanted
        .conditions
        .iter()
        .filter(|condition| observation.conditions.get(&condition.query) != Some(&true));
    let mut unmet: Vec<_> = unmet.map(|condition| condition.name.clone()).collect();
    let mut active_alerts = Vec::new();
    if wanted.alerts != Wished::Any && !observation.active().is_empty() {
        let (own, neighbours) = (drill.claims(), beside()?);
        let running = neighbours
            .iter()
            .filter(|neighbour| neighbour.until.is_none());
        let others: Vec<_> = running.flat_map(|neighbour| &neighbour.claims).collect();
        let is_own = |labels: &Labels| own.iter().any(|claim| claim.concerns(labels));
        let is_a_neighbours = |labels: &Labels| others.iter().any(|claim| claim.concerns(labels));
        let active = observation.active().iter();
        active_alerts.extend(
            active
                .filter(|labels| is_own(labels) || !is_a_neighbours(labels))
                .cloned(),
        );
    }
    if wanted.alerts == Wished::NotBegun {
        let not_yet = drill
            .conditions()
            .filter(|query| observation.conditions.get(*query) != Some(&false));
        unmet.extend(not_yet.map(|query| format!("`{query}` is not true")));
    }
    Ok(SteadyState {
        waited_s: since.as_secs_f64(),
        active_alerts,
        unmet,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::{Claim, ExpectedAlert, Fault, Severity, UtcInstant};

    fn labels(alert: &str, exchange: &str) -> Labels {
        [
            ("alertname".into(), alert.into()),
            ("exchange".into(), exchange.into()),
        ]
        .into()
    }

    fn drill() -> Drill {
        let alert = ExpectedAlert::new("Down", Severity::Critical, Duration::from_secs(1))
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
        let wanted = Wanted {
            conditions: &flows,
            alerts: Wished::NotBegun,
        };
        let state = compare(
            &observation,
            &drill(),
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
