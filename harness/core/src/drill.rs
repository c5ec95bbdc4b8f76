//! A drill as data: what is broken, which alerts that must cause, which must stay silent, which it
//! may cause.
//!
//! Plain values that serialise, so that a plan can be printed, kept and loaded again without a
//! stack. An unknown field or fault is an error.
//!
//! In a drill's texts the name of a path in braces (`{lane}`) stands for the lane that the drill
//! gets. Any other name in braces is an error when the drill is placed; `${name}` and `{{name}}`
//! are left to shells and templates.

mod alert;
mod claim;
mod lease;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Fault, Placement, Settings, seconds};

pub use alert::{ExpectedAlert, SilentAlert, Tolerated, TooNear};
pub use claim::{Claim, share_an_alert};
pub use lease::{Lease, LeaseMode};

/// One test: a fault, the alerts it must cause, the alerts that must stay silent, the alerts it may
/// cause.
///
/// ```
/// use std::time::Duration;
/// use alertdrill_core::{Drill, ExpectedAlert, Fault};
///
/// let alert = ExpectedAlert::new("FeedHandlerDown", "critical", Duration::from_secs(120))
///     .label("exchange", "{lane}");
/// let fault = Fault::stop("feed-handler-{lane}");
/// let drill = Drill::new("feed_handler_stopped", fault).expect_alert(alert);
/// let json = serde_json::to_string(&drill).unwrap();
/// assert_eq!(serde_json::from_str::<Drill>(&json).unwrap(), drill);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drill {
    /// What goes wrong, in `snake_case`; names the test and the files of its records.
    pub name: String,
    /// When the first fault is injected, if that is not as soon as the stack is steady.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moment: Option<Moment>,
    /// Injected in this order, reverted in the opposite one.
    pub faults: Vec<Fault>,
    /// Injected once the first expected alert is pending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub once_pending: Vec<Fault>,
    /// The alerts that must fire, be delivered, and resolve.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<ExpectedAlert>,
    /// The alerts that must stay silent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub silent: Vec<SilentAlert>,
    /// The alerts that may fire beside them; any other one is collateral.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tolerate: Vec<Tolerated>,
    /// What must hold after the revert, alerts apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub afterwards: Vec<Check>,
    /// What it holds beside what its faults disturb: more that it disturbs, or needs undisturbed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leases: Vec<Lease>,
    /// How long its faults are held at least, of one that only looks at what comes of them.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "seconds::optional",
        rename = "looks_for_s"
    )]
    pub looks_for: Option<Duration>,
}

impl Drill {
    /// A drill of one fault that expects nothing yet.
    #[must_use]
    pub fn new(name: impl Into<String>, fault: impl Into<Fault>) -> Self {
        Self {
            name: name.into(),
            moment: None,
            faults: vec![fault.into()],
            once_pending: Vec::new(),
            expect: Vec::new(),
            silent: Vec::new(),
            tolerate: Vec::new(),
            afterwards: Vec::new(),
            leases: Vec::new(),
            looks_for: None,
        }
    }

    /// The same drill, which waits for `moment` before it breaks anything.
    #[must_use]
    pub fn at(mut self, moment: Moment) -> Self {
        self.moment = Some(moment);
        self
    }

    /// The same drill, with one fault more.
    #[must_use]
    pub fn fault(mut self, fault: impl Into<Fault>) -> Self {
        self.faults.push(fault.into());
        self
    }

    /// The same drill, with one fault more once the first expected alert is pending.
    #[must_use]
    pub fn once_pending(mut self, fault: impl Into<Fault>) -> Self {
        self.once_pending.push(fault.into());
        self
    }

    /// The same drill, expecting one alert more.
    #[must_use]
    pub fn expect_alert(mut self, alert: ExpectedAlert) -> Self {
        self.expect.push(alert);
        self
    }

    /// The same drill, with one alert more that must stay silent.
    #[must_use]
    pub fn silent(mut self, alert: SilentAlert) -> Self {
        self.silent.push(alert);
        self
    }

    /// The same drill, tolerating one alert more.
    #[must_use]
    pub fn tolerate(mut self, alert: &str, labels: &[(&str, &str)], reason: &str) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        self.tolerate.push(Tolerated {
            alert: alert.to_owned(),
            labels: labels.iter().map(owned).collect(),
            reason: reason.to_owned(),
        });
        self
    }

    /// The same drill, which checks one thing more after the revert.
    #[must_use]
    pub fn afterwards(mut self, check: Check) -> Self {
        self.afterwards.push(check);
        self
    }

    /// The same drill, which disturbs the service or path `on` too, beside what its faults disturb.
    #[must_use]
    pub fn exclusive(mut self, on: impl Into<String>) -> Self {
        self.leases.push(Lease {
            on: on.into(),
            mode: LeaseMode::Exclusive,
        });
        self
    }

    /// The same drill, which needs the service or path `on` undisturbed.
    #[must_use]
    pub fn shared(mut self, on: impl Into<String>) -> Self {
        self.leases.push(Lease {
            on: on.into(),
            mode: LeaseMode::Shared,
        });
        self
    }

    /// The same drill where it was placed: the lanes that it got stand in its texts, and what the
    /// project's settings promise where it says nothing.
    #[must_use]
    pub fn placed(mut self, placement: &Placement, settings: &Settings) -> Self {
        let place_all = |faults: Vec<Fault>| -> Vec<Fault> {
            let faults = faults.into_iter();
            faults.map(|fault| fault.placed(placement)).collect()
        };
        self.faults = place_all(self.faults);
        self.once_pending = place_all(self.once_pending);
        if let Some(moment) = &mut self.moment {
            moment.place(placement);
        }
        for expected in &mut self.expect {
            expected.place(placement);
            expected.complete(settings);
        }
        for silent in &mut self.silent {
            silent.place(placement);
        }
        for tolerated in &mut self.tolerate {
            tolerated.place(placement);
        }
        for check in &mut self.afterwards {
            check.place(placement);
        }
        for lease in &mut self.leases {
            placement.name(&mut lease.on);
        }
        self
    }

    /// Whether it must make an alert fire; otherwise it is a near miss.
    #[must_use]
    pub fn is_to_fire(&self) -> bool {
        !self.expect.is_empty()
    }

    /// Every fault, in the order of injection.
    pub fn all_faults(&self) -> impl Iterator<Item = &Fault> {
        self.faults.iter().chain(&self.once_pending)
    }

    /// The alerts that it answers for.
    #[must_use]
    pub fn claims(&self) -> Vec<Claim> {
        let expected = self.expect.iter().map(ExpectedAlert::claim);
        let silent = self.silent.iter().map(SilentAlert::claim);
        let tolerated = self.tolerate.iter().map(Tolerated::claim);
        expected.chain(silent).chain(tolerated).collect()
    }

    /// The `PromQL` that is watched during the drill: onsets and near misses.
    pub fn conditions(&self) -> impl Iterator<Item = &String> {
        let expected = self.expect.iter();
        let onsets = expected.filter_map(|expected| expected.condition.as_ref());
        let silent = self.silent.iter();
        onsets.chain(silent.flat_map(SilentAlert::conditions))
    }
}

/// The moment to break something: when a command in a service's container ends with code 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    /// What holds then, in words.
    pub what: String,
    /// The service in whose container the command runs.
    pub service: String,
    /// The command.
    pub command: Vec<String>,
}

impl Moment {
    fn place(&mut self, placement: &Placement) {
        placement.fill(&mut self.what);
        placement.fill(&mut self.service);
        placement.fill_all(&mut self.command);
    }
}

/// A command that tells whether something holds after the drill: that nothing was lost, for
/// example.
///
/// It runs in a service's container. Exit code 0 says that it holds, [`Check::NOT_SO`] that it does
/// not and never will, any other code that it does not hold yet. What it prints is shown. In its
/// arguments `{injected_at}` and `{reverted_at}` stand for these instants, in seconds since the
/// epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// What must hold, in words.
    pub what: String,
    /// The service in whose container it runs.
    pub service: String,
    /// The command.
    pub command: Vec<String>,
    /// How long it may take until it holds.
    #[serde(with = "seconds", rename = "within_s")]
    pub within: Duration,
}

impl Check {
    /// The exit code that says that it does not hold and never will.
    pub const NOT_SO: i64 = 4;

    fn place(&mut self, placement: &Placement) {
        placement.fill(&mut self.what);
        placement.fill(&mut self.service);
        placement.fill_all(&mut self.command);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placement() -> Placement {
        Placement::on([("lane", "okx")])
    }

    #[test]
    fn unknown_field_of_a_drill_is_an_error() {
        let json = r#"{"name": "x", "faults": [], "expect": [], "dead_line": 3}"#;
        let error = serde_json::from_str::<Drill>(json).unwrap_err();
        assert!(
            error.to_string().contains("unknown field `dead_line`"),
            "{error}"
        );
    }

    #[test]
    fn placed_drill_names_its_lane_everywhere_but_in_what_is_sent_as_it_is() {
        let alert = ExpectedAlert::new("Down", "critical", Duration::from_secs(1))
            .label("exchange", "{lane}")
            .when("up{exchange=\"{lane}\"} == 0");
        let poison = Fault::poison("trades.{lane}", r#"{"not": "{lane}"}"#, "group", "{lane}");
        let drill = Drill::new("x", Fault::stop("handler-{lane}"))
            .fault(poison)
            .shared("kafka")
            .expect_alert(alert);
        let placed = drill.placed(&placement(), &Settings::example());
        let poison = Fault::poison("trades.okx", r#"{"not": "{lane}"}"#, "group", "okx");
        assert_eq!(placed.faults, [Fault::stop("handler-okx"), poison]);
        assert_eq!(placed.leases[0].on, "kafka");
        assert_eq!(
            placed.expect[0].condition.as_deref(),
            Some("up{exchange=\"okx\"} == 0")
        );
        assert_eq!(placed.claims()[0].labels["exchange"], "okx");
    }

    #[test]
    fn placed_drill_has_the_receiver_and_annotations_of_the_settings_where_it_names_none() {
        let alert = || ExpectedAlert::new("Down", "critical", Duration::from_secs(1));
        let drill = Drill::new("x", Fault::stop("kafka"))
            .expect_alert(alert())
            .expect_alert(alert().receiver("team"));
        let placed = drill.placed(&placement(), &Settings::example());
        let receivers = [0, 1].map(|number| placed.expect[number].receiver.as_deref());
        assert_eq!(receivers, [Some("pager"), Some("team")]);
        let annotations = placed.expect[0].annotations.as_deref();
        assert_eq!(annotations, Some(["summary".to_owned()].as_slice()));
    }
}
