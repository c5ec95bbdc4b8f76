//! Rules of a simulated world, and what may be wrong with them.

use std::time::Duration;

use alertdrill_core::{Labels, LoadedRule, UtcInstant};

/// How far scrapes and evaluations are apart, in whole seconds.
pub(super) const EVERY: Duration = Duration::from_secs(5);

/// Why a rule cannot be evaluated.
pub(super) const SICK: &str = "exceeded limit of 1 with 2 alerts";

/// Something that is wrong with a rule or with the way to its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mistake {
    /// It does not fire, whatever its expression says.
    NeverFires,
    /// It fires as soon as its expression is true, and does not wait for its `for`.
    FiresAtOnce,
    /// It fires so much later than it is said to.
    FiresLater(Duration),
    /// It sees nothing from so long after its expression became true, for the second time.
    Blind(Duration, Duration),
    /// It fires with another severity.
    OtherSeverity,
    /// It cannot be evaluated.
    Sick,
    /// It cannot be evaluated while its expression is true.
    SickWhileTrue,
    /// It goes on firing.
    NeverResolves,
    /// Nobody is notified.
    NotDelivered,
    /// Another receiver is notified.
    OtherReceiver,
    /// Another receiver is notified too.
    OtherReceiverToo,
    /// Its receiver is notified only once its group has waited so many times.
    DeliveredLate(u32),
    /// Its receiver is notified twice.
    DeliveredTwice,
    /// It is delivered without its annotations.
    NoAnnotations,
    /// Nobody is notified of its end.
    EndNotDelivered,
}

/// A rule that a simulated world evaluates.
#[derive(Clone, Debug)]
pub(crate) struct SimulatedRule {
    /// As the engine has loaded it.
    pub(crate) loaded: LoadedRule,
    /// What is wrong with it.
    pub(crate) mistake: Option<Mistake>,
}

/// Since when a rule's expression is true, and what has come of that.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progression {
    pub(super) true_since: Option<UtcInstant>,
    pub(super) active_since: Option<UtcInstant>,
    pub(super) fires: bool,
}

/// `PromQL` that is true while `service` cannot be scraped.
#[must_use]
pub(crate) fn down(service: &str) -> String {
    format!(r#"up{{job="{service}"}} == 0"#)
}

/// `PromQL` that is true while `service` can be scraped.
#[must_use]
pub(crate) fn up(service: &str) -> String {
    format!(r#"up{{job="{service}"}} == 1"#)
}

impl SimulatedRule {
    /// A critical alert that fires once `service` has been down for 10 s.
    #[must_use]
    pub(crate) fn new(alert: &str, service: &str) -> Self {
        let loaded = LoadedRule {
            alert: alert.to_owned(),
            group: "simulated".to_owned(),
            labels: [("severity".to_owned(), "critical".to_owned())].into(),
            annotations: Labels::new(),
            sick: None,
            is_watchdog: false,
            query: down(service),
            for_duration: Duration::from_secs(10),
            keep_firing_for: Duration::ZERO,
            evaluation_interval: EVERY,
            query_offset: Duration::ZERO,
            recorded_within: Duration::ZERO,
            scrape_interval: EVERY,
            scrape_duration: Duration::from_secs(1),
        };
        Self {
            loaded,
            mistake: None,
        }
    }

    /// The same rule with this mistake.
    #[must_use]
    pub(crate) fn mistaken(mut self, mistake: Mistake) -> Self {
        self.mistake = Some(mistake);
        self
    }

    /// Whether its evaluation fails while its expression is true, or is not.
    pub(super) fn is_sick(&self, is_true: bool) -> bool {
        self.has(Mistake::Sick) || (is_true && self.has(Mistake::SickWhileTrue))
    }

    pub(super) fn has(&self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }

    /// The labels that its alert fires with.
    pub(super) fn alert_labels(&self) -> Labels {
        let mut labels = self.loaded.labels.clone();
        labels.insert("alertname".to_owned(), self.loaded.alert.clone());
        if self.has(Mistake::OtherSeverity) {
            labels.insert("severity".to_owned(), "warning".to_owned());
        }
        labels
    }

    /// Whether it does not see that its expression is true, which it has been for `true_for`.
    pub(super) fn is_blind(&self, true_for: Duration) -> bool {
        matches!(self.mistake, Some(Mistake::Blind(after, lasting))
            if (after..after.saturating_add(lasting)).contains(&true_for))
    }

    /// How long its expression really has to hold before it fires.
    pub(super) fn really_holds_for(&self) -> Duration {
        match self.mistake {
            Some(Mistake::NeverFires) => Duration::MAX,
            Some(Mistake::FiresAtOnce) => Duration::ZERO,
            Some(Mistake::FiresLater(by)) => self.loaded.for_duration + by,
            _ => self.loaded.for_duration,
        }
    }
}
