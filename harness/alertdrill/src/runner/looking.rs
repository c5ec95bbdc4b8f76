//! A drill that expects nothing: its fault is held, and what comes of it is looked at.

use std::collections::BTreeSet;
use std::time::Duration;

use alertdrill_core::{
    Delivery, DeliveryStatus, Episode, Health, LoadedRule, Result, ServiceState, SickService,
    UtcInstant, Witness, episodes,
};

use super::firing::LATE_BY;
use super::state::Life;

/// How often the health of all services is asked for.
const HEALTH_EVERY: Duration = Duration::from_secs(5);

impl Life<'_, '_> {
    /// The services that are well, of a drill that looks at what comes of its fault.
    pub(super) async fn well_services(&self) -> Result<BTreeSet<String>> {
        let mut well = BTreeSet::new();
        if self.drill.looks_for.is_none() {
            return Ok(well);
        }
        for service in &self.around.settings.services {
            let state = self.around.site.target.state(service).await;
            if state.is_ok_and(|state| is_well(&state)) {
                well.insert(service.clone());
            }
        }
        Ok(well)
    }

    /// Holds the fault for as long as the drill asks, and then until no alert of it is pending and
    /// those that fire have been delivered; but no longer than rules and Alertmanager may take.
    pub(super) async fn hold_and_look(
        &mut self,
        least: Duration,
        well_before: &BTreeSet<String>,
    ) -> Result<()> {
        let Some(effect_at) = self.effect_at() else {
            return Ok(());
        };
        let least_until = effect_at.plus(least);
        let step = self.step("looking at what comes of it");
        let mut health_at: Option<UtcInstant> = None;
        loop {
            self.look();
            let now = self.now();
            if health_at.is_none_or(|at| now.time_since(at) >= HEALTH_EVERY) {
                self.look_at_health(well_before).await;
                health_at = Some(now);
            }
            let until = self
                .open_until()
                .map_or(least_until, |open| open.max(least_until));
            let left_s = until.seconds_since(now);
            if left_s <= 0.0 {
                break;
            }
            step.update(&format!("{}at most {left_s:.0} s more", self.seen_so_far()));
            // Whatever the observer does, the time is looked at.
            let at_most = Duration::from_secs_f64(left_s).min(HEALTH_EVERY);
            self.sight.next_look(at_most).await?;
        }
        self.look_at_health(well_before).await;
        step.done(match self.seen_so_far().as_str() {
            "" => "no alert came",
            _ => "an alert came",
        });
        Ok(())
    }

    /// Until when what has begun may still come to something: a pending alert fires, one that fires
    /// is delivered. `None` if nothing is open.
    fn open_until(&self) -> Option<UtcInstant> {
        let now = self.now();
        let lives = self.own_lives();
        let open = lives.iter().filter(|life| life.ended_at.is_none());
        let ends = open.filter_map(|life| match life.firing_at {
            None => {
                let rules = self.timeline.rules.iter();
                let rules = rules.filter(|rule| rule.alert == life.alert());
                let takes = rules.map(fires_within).max()?;
                Some(life.pending_at?.plus(takes))
            }
            Some(firing_at) => {
                (!self.is_settled(life)).then(|| firing_at.plus(self.delivered_within()))
            }
        });
        ends.filter(|until| *until > now).max()
    }

    /// Whether nothing more is to come of an alert that fires: it was delivered, or is kept back.
    fn is_settled(&self, life: &Episode) -> bool {
        let timeline = &self.timeline;
        let told = timeline.deliveries.iter();
        let told = told.filter(|delivery| is_of_this_time(delivery, life));
        let kept_back = timeline.suppressions.iter().map(|it| &it.labels);
        let mut known = told.map(|it| &it.labels).chain(kept_back);
        timeline.witness == Witness::Nobody
            || known.any(|labels| alertdrill_core::includes(labels, &life.labels))
    }

    fn delivered_within(&self) -> Duration {
        self.around.settings.promises.delivered_within() + LATE_BY
    }

    /// The alerts that began since the fault, apart from those that always fire.
    fn own_lives(&self) -> Vec<Episode> {
        let mut lives = episodes(&self.timeline);
        lives.retain(|life| !self.timeline.is_of_a_watchdog(&life.labels));
        lives
    }

    fn seen_so_far(&self) -> String {
        let lives = self.own_lives();
        let state = |life: &Episode| {
            if life.firing_at.is_some() {
                "fires"
            } else {
                "is pending"
            }
        };
        let seen = lives.iter();
        let mut seen: Vec<_> = seen
            .map(|life| format!("{} {}; ", life.alert(), state(life)))
            .collect();
        seen.dedup();
        seen.concat()
    }

    /// Takes down which services are not well that were. Who does not answer is asked again.
    async fn look_at_health(&mut self, well_before: &BTreeSet<String>) {
        for service in well_before {
            let is_known = |sick: &SickService| sick.service == *service;
            if self.timeline.sick_services.iter().any(is_known) {
                continue;
            }
            let Ok(state) = self.around.site.target.state(service).await else {
                continue;
            };
            if !is_well(&state) {
                let sick = SickService {
                    service: service.clone(),
                    at: self.now(),
                    said: state.to_string(),
                };
                self.timeline.sick_services.push(sick);
            }
        }
    }
}

/// Whether it says that an alert fires which does so since `life` does: what was told of the end of
/// its life before this one says nothing of this one.
fn is_of_this_time(delivery: &Delivery, life: &Episode) -> bool {
    delivery.status == DeliveryStatus::Firing
        && life
            .firing_at
            .is_some_and(|firing_at| delivery.received_at >= firing_at)
}

fn is_well(state: &ServiceState) -> bool {
    state.is_running() && !state.is_paused && state.health != Some(Health::Unhealthy)
}

/// How long after it is pending an alert of `rule` fires at the latest.
fn fires_within(rule: &LoadedRule) -> Duration {
    rule.for_duration + rule.evaluation_interval.saturating_mul(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_of_a_life_before_says_nothing_of_this_one() {
        let at = |second| UtcInstant::from_epoch_s(second).unwrap();
        let life = Episode {
            labels: [("alertname".to_owned(), "Down".to_owned())].into(),
            pending_at: Some(at(90.0)),
            firing_at: Some(at(100.0)),
            ended_at: None,
        };
        let told = |received_at, status| {
            let delivery = Delivery {
                received_at: at(received_at),
                receiver: "pager".to_owned(),
                group: None,
                said_again: false,
                status,
                starts_at: None,
                labels: life.labels.clone(),
                annotations: [].into(),
            };
            is_of_this_time(&delivery, &life)
        };
        assert!(told(110.0, DeliveryStatus::Firing));
        assert!(!told(50.0, DeliveryStatus::Firing));
        assert!(!told(110.0, DeliveryStatus::Resolved));
    }
}
