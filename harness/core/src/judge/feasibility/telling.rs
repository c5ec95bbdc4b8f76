//! Whether the routes can tell the right people of an alert, and of its end, as soon as its owner
//! promises.
//!
//! Which routes an alert takes may hang on a label that only the fired alert has. Then what speaks
//! against it must do so on every way that it may take; else only the drill itself can tell.

use std::time::Duration;

use crate::rules::whole_intervals;
use crate::seconds::to_a_tenth;
use crate::{ExpectedAlert, LoadedRule, Reason, ReasonKind, Route, Routes};

/// What the routes cannot keep of what is promised of `expected`, whose rule is `rule`.
pub(super) fn cannot_tell(
    expected: &ExpectedAlert,
    rule: &LoadedRule,
    routes: &Routes,
) -> Vec<Reason> {
    let known = routes.arriving(expected.labels_by(rule));
    let ways = routes.possible_for(&known).into_iter();
    let per_way = ways.map(|taken| {
        let way = Way {
            expected,
            routes,
            taken,
        };
        way.faults()
    });
    let mut per_way = per_way.collect::<Vec<_>>().into_iter();
    let mut certain = per_way.next().unwrap_or_default();
    for other in per_way {
        certain.retain(|reason| other.iter().any(|of_other| of_other.kind == reason.kind));
    }
    certain
}

/// The routes that an alert takes, all at once.
struct Way<'a> {
    expected: &'a ExpectedAlert,
    routes: &'a Routes,
    taken: Vec<&'a Route>,
}

impl<'a> Way<'a> {
    fn faults(&self) -> Vec<Reason> {
        let mut reasons = self.tells_nobody_named();
        let own = self.to_the_promised_receiver();
        if own.is_empty() {
            reasons.extend(self.misses_the_receiver());
            return reasons;
        }
        reasons.extend(self.tells_twice(&own));
        reasons.extend(self.cannot_reach(&own));
        reasons.extend(self.tells_late(&own));
        reasons.extend(self.tells_of_the_end_late(&own));
        reasons.extend(self.reminds_too_soon(&own));
        reasons.extend(self.reminds_too_late(&own));
        reasons
    }

    fn to_the_promised_receiver(&self) -> Vec<&'a Route> {
        let promised = self.expected.receiver.as_ref();
        let taken = self.taken.iter().copied();
        let is_own = |route: &&Route| promised.is_none_or(|name| route.receiver == *name);
        taken.filter(is_own).collect()
    }

    fn misses_the_receiver(&self) -> Option<Reason> {
        let promised = self.expected.receiver.as_ref()?;
        let taken = self.taken.iter();
        let told: Vec<_> = taken
            .map(|route| format!("{route} tells `{}`", route.receiver))
            .collect();
        let message = format!(
            "{} would not be delivered to `{promised}`, as its owner promises: {}",
            self.expected,
            told.join(", ")
        );
        Some(Reason::new(ReasonKind::NotDelivered, message))
    }

    fn tells_nobody_named(&self) -> Vec<Reason> {
        let expected = self.expected;
        let Some(promised) = &expected.receiver else {
            return Vec::new();
        };
        let taken = self.taken.iter();
        let unnamed = taken.filter(|route| !expected.may_tell(&route.receiver));
        let reasons = unnamed.map(|route| {
            let message = format!(
                "{expected} would be told to `{}` by {route}: neither the promised receiver \
                 `{promised}` nor one that may be told",
                route.receiver
            );
            Reason::new(ReasonKind::WrongReceiver, message)
        });
        reasons.collect()
    }

    fn tells_twice(&self, own: &[&Route]) -> Option<Reason> {
        let promised = self.expected.receiver.as_ref()?;
        let [first, second, ..] = own else {
            return None;
        };
        let message = format!(
            "{} would be delivered to `{promised}` more than once: by {first} and by {second}",
            self.expected
        );
        Some(Reason::new(ReasonKind::DeliveredTwice, message))
    }

    /// A receiver that has no integration is told of nothing; one whose integrations do not send
    /// ends is not told of those.
    fn cannot_reach(&self, own: &[&Route]) -> Option<Reason> {
        let expected = self.expected;
        let receivers = own.iter();
        let receivers = receivers.filter_map(|route| self.routes.receiver(&route.receiver));
        let names: Vec<_> = own.iter().map(|route| route.receiver.as_str()).collect();
        let names = names.join("`, `");
        let integrations: Vec<_> = receivers.flat_map(|named| &named.integrations).collect();
        if integrations.is_empty() {
            let message = format!(
                "{expected} would be delivered to nobody: the receiver `{names}` has no integration"
            );
            return Some(Reason::new(ReasonKind::NotDelivered, message));
        }
        if integrations
            .iter()
            .any(|integration| integration.sends_resolved)
        {
            return None;
        }
        let kinds: Vec<_> = integrations.iter().map(|it| it.kind.as_str()).collect();
        let message = format!(
            "the end of {expected} would be delivered to nobody: `send_resolved` is false for \
             {} of the receiver `{names}`",
            kinds.join(" and ")
        );
        Some(Reason::new(ReasonKind::ResolveNotDelivered, message))
    }

    fn tells_late(&self, own: &[&Route]) -> Option<Reason> {
        let promised = self.expected.promises.delivered_within();
        let soonest = own.iter().min_by_key(|route| route.group_wait)?;
        let message = || {
            format!(
                "{} would be delivered {} after it fires, its owner promises at most {}: that is \
                 the `group_wait` of {soonest}",
                self.expected,
                to_a_tenth(soonest.group_wait),
                to_a_tenth(promised)
            )
        };
        let is_late = soonest.group_wait > promised;
        is_late.then(|| Reason::new(ReasonKind::NotDelivered, message()))
    }

    fn tells_of_the_end_late(&self, own: &[&Route]) -> Option<Reason> {
        let promised = self.expected.promises.end_delivered_within();
        let soonest = own.iter().min_by_key(|route| route.group_interval)?;
        let message = || {
            format!(
                "the end of {} can be delivered as late as {} after it, its owner promises at most \
                 {}: that is the `group_interval` of {soonest}",
                self.expected,
                to_a_tenth(soonest.group_interval),
                to_a_tenth(promised)
            )
        };
        let is_late = soonest.group_interval > promised;
        is_late.then(|| Reason::new(ReasonKind::ResolveNotDelivered, message()))
    }

    fn reminds_too_soon(&self, own: &[&Route]) -> Option<Reason> {
        let promised = self.expected.promises.reminded_after();
        let soonest = own.iter().min_by_key(|route| reminded_every(route))?;
        let message = || {
            format!(
                "{} would be delivered again every {}, its owner promises not before {}: {}",
                self.expected,
                to_a_tenth(reminded_every(soonest)),
                to_a_tenth(promised),
                repeat_interval_of(soonest)
            )
        };
        let is_too_soon = reminded_every(soonest) < promised;
        is_too_soon.then(|| Reason::new(ReasonKind::DeliveredTwice, message()))
    }

    fn reminds_too_late(&self, own: &[&Route]) -> Option<Reason> {
        let promised = self.expected.promises.reminded_within();
        let soonest = own.iter().min_by_key(|route| reminded_every(route))?;
        let message = || {
            format!(
                "whoever is told of {} would be reminded only after {}, its owner promises at most \
                 {}: {}",
                self.expected,
                to_a_tenth(reminded_every(soonest)),
                to_a_tenth(promised),
                repeat_interval_of(soonest)
            )
        };
        let is_too_late = reminded_every(soonest) > promised;
        is_too_late.then(|| Reason::new(ReasonKind::NotDelivered, message()))
    }
}

/// Alertmanager looks every `group_interval` whether `repeat_interval` is over
/// (`notify/dedup_stage.go`).
fn reminded_every(route: &Route) -> Duration {
    whole_intervals(route.repeat_interval, route.group_interval)
}

fn repeat_interval_of(route: &Route) -> String {
    format!(
        "the `repeat_interval` of {route} is {}, its `group_interval` {}",
        to_a_tenth(route.repeat_interval),
        to_a_tenth(route.group_interval)
    )
}

#[cfg(test)]
mod tests;
