//! Whether the stack is as a drill needs it: its paths flow, and no alert is active but those of its neighbours.

use std::time::Duration;

use crate::drill::{Drill, Labels, Neighbour, SteadyState, UtcInstant};
use crate::observe::Observation;
use crate::stack::SteadyCondition;

/// How long Alertmanager may keep a group in which nothing fires any more (`dispatch.go`: it tidies up every 30 s). A new
/// alert of such a group would not be notified after `group_wait`, but with the group's next `group_interval`.
const GROUP_LINGERS: Duration = Duration::from_secs(35);

/// What a drill waits for before it breaks anything, and after it has mended all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    pub(super) drill: &'a Drill,
    pub(super) conditions: &'a [SteadyCondition],
    pub(super) neighbours: &'a [Neighbour],
    pub(super) at: UtcInstant,
    /// Whether the next alert must be the first of its group.
    pub(super) groups_must_be_gone: bool,
}

/// How `observation` falls short of what is wanted; nothing is known of a condition before the first look at it.
pub(super) fn compare(observation: &Observation, wanted: Wanted<'_>, since: Duration) -> SteadyState {
    let Wanted { drill, conditions, neighbours, at, groups_must_be_gone } = wanted;
    let claims = drill.claims();
    let is_mine = |labels: &Labels| claims.iter().any(|claim| claim.concerns(labels));
    let is_a_neighbours = |labels: &Labels| {
        let running = neighbours.iter().filter(|neighbour| neighbour.until.is_none());
        running.flat_map(|neighbour| &neighbour.claims).any(|claim| claim.concerns(labels))
    };
    let active = observation.active.iter().filter(|labels| is_mine(labels) || !is_a_neighbours(labels));

    let unmet = conditions.iter().filter(|condition| observation.conditions.get(&condition.query) != Some(&true));
    let mut unmet: Vec<_> = unmet.map(|condition| condition.name.clone()).collect();
    let not_yet = drill.conditions().filter(|query| observation.conditions.get(*query) != Some(&false));
    unmet.extend(not_yet.map(|query| format!("`{query}` is not true")));
    if groups_must_be_gone {
        let told = observation.deliveries.iter().rfind(|delivery| is_mine(&delivery.labels));
        unmet.extend(told.filter(|told| told.received_at.plus(GROUP_LINGERS) > at).map(|told| {
            format!("Alertmanager has forgotten the group of {}", told.labels.get("alertname").map_or("", String::as_str))
        }));
    }
    SteadyState { waited_s: since.as_secs_f64(), active_alerts: active.cloned().collect(), unmet }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::{Claim, ExpectedAlert, Fault, Severity};

    fn labels(alert: &str, exchange: &str) -> Labels {
        [("alertname".into(), alert.into()), ("exchange".into(), exchange.into())].into()
    }

    fn drill() -> Drill {
        let alert = ExpectedAlert::new("Down", Severity::Critical, Duration::from_secs(1)).label("exchange", "okx").when("down");
        Drill::new("x", Fault::stop("handler-okx")).expect_alert(alert)
    }

    fn compared(active: &[Labels], conditions: &[(&str, bool)], neighbours: &[Neighbour]) -> (usize, Vec<String>) {
        let observation = Observation {
            active: active.iter().cloned().collect(),
            conditions: conditions.iter().map(|(query, is_true)| ((*query).to_owned(), *is_true)).collect(),
            ..Observation::default()
        };
        let flows = [SteadyCondition { name: "okx flows".into(), query: "flows".into() }];
        let at = UtcInstant::from_epoch_s(1000.0).unwrap();
        let wanted = Wanted { drill: &drill(), conditions: &flows, neighbours, at, groups_must_be_gone: true };
        let state = compare(&observation, wanted, Duration::ZERO);
        (state.active_alerts.len(), state.unmet)
    }

    const STEADY: [(&str, bool); 2] = [("flows", true), ("down", false)];

    #[test]
    fn stack_is_steady_when_its_path_flows_and_nothing_is_active() {
        assert_eq!(compared(&[], &STEADY, &[]), (0, vec![]));
    }

    #[test]
    fn condition_that_was_not_looked_at_yet_does_not_hold() {
        assert_eq!(compared(&[], &[("down", false)], &[]), (0, vec!["okx flows".to_owned()]));
        assert_eq!(compared(&[], &[("flows", true)], &[]), (0, vec!["`down` is not true".to_owned()]));
    }

    #[test]
    fn own_alert_and_one_that_nobody_claims_are_unsteady_and_a_neighbours_is_not() {
        let neighbour = Neighbour {
            drill: "y".into(),
            claims: vec![Claim { alert: "Down".into(), labels: [("exchange".into(), "kraken".into())].into() }],
            faults: vec![],
            from: UtcInstant::from_epoch_s(900.0).unwrap(),
            until: None,
        };
        let active = [labels("Down", "okx"), labels("Down", "kraken"), labels("Other", "okx")];
        assert_eq!(compared(&active, &STEADY, std::slice::from_ref(&neighbour)).0, 2);
        assert_eq!(compared(&active[1..2], &STEADY, &[neighbour]).0, 0);
        assert_eq!(compared(&active[1..2], &STEADY, &[]).0, 1);
    }
}
