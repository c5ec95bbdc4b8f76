//! What drills ask of a server that evaluates alerting rules.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use alertdrill_core::{
    AlertState, CONDITION_RESOLUTION, Labels, LoadedRule, Result, SickRule, Span, UtcInstant,
};
use async_trait::async_trait;

/// Answers queries over a span of time: a server, or a recording of one.
#[async_trait]
pub trait Ranges: fmt::Debug + Send + Sync {
    /// The values of `query` from the first to the second instant of `span`, one per `step`.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::NoAnswer`] or [`alertdrill_core::Error::BadAnswer`].
    async fn range(
        &self,
        query: &str,
        span: (UtcInstant, UtcInstant),
        step: Duration,
    ) -> Result<Vec<Series>>;
}

/// A server that has loaded alerting rules and evaluates them.
#[async_trait]
pub trait RuleEngine: Ranges {
    /// Every alerting rule that is loaded, with the waits of its group and of the targets. The
    /// duration of scrapes is measured over the last `window`.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::NoAnswer`] or [`alertdrill_core::Error::BadAnswer`].
    async fn alerting_rules(&self, window: Duration) -> Result<Vec<LoadedRule>>;

    /// How far the alerting rules are evaluated, and which of them cannot be.
    ///
    /// # Errors
    /// As [`RuleEngine::alerting_rules`].
    async fn evaluations(&self) -> Result<Evaluations>;

    /// Every sample of the alerts' states within the last `window`, per series. The timestamps are
    /// those of the evaluations and do not depend on when one asks.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::NoAnswer`] or [`alertdrill_core::Error::BadAnswer`].
    async fn alert_samples(&self, window: Duration) -> Result<Vec<AlertSeries>>;

    /// The alerts that fired at some time within the last `window`.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::NoAnswer`] or [`alertdrill_core::Error::BadAnswer`].
    async fn fired_within(&self, window: Duration) -> Result<Vec<Labels>>;

    /// Per group of rules, the number of evaluations that it has skipped since the server started;
    /// empty if unknown.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::NoAnswer`] or [`alertdrill_core::Error::BadAnswer`].
    async fn missed_evaluations(&self) -> Result<BTreeMap<String, f64>>;

    /// Which of `conditions` are true now, in their order, and the time of the server's clock.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::NoAnswer`] or [`alertdrill_core::Error::BadAnswer`]. A query that
    /// failed never reads as a condition that is false.
    async fn are_true(&self, conditions: &[String]) -> Result<(Vec<bool>, UtcInstant)>;

    /// The samples of `query` now: their labels, and their values as the answer spells them.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::NoAnswer`] or [`alertdrill_core::Error::BadAnswer`].
    async fn samples(&self, query: &str) -> Result<Vec<(Labels, String)>>;

    /// The targets whose last scrape failed, each with its labels and the reason.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::NoAnswer`] or [`alertdrill_core::Error::BadAnswer`].
    async fn lost_targets(&self) -> Result<Vec<String>>;
}

/// How far the alerting rules are evaluated, and which of them cannot be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evaluations {
    /// Per alert name, how far all its rules are evaluated, but for those that cannot be. A name
    /// all of whose rules cannot be is left out.
    pub until: BTreeMap<String, Evaluated>,
    /// The latest evaluations that failed.
    pub sick: Vec<SickRule>,
}

/// How far a rule has been evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evaluated {
    /// Its latest evaluation.
    pub until: UtcInstant,
    /// The time between two evaluations.
    pub interval: Duration,
}

/// One series of an alert's states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertSeries {
    /// The alert's labels, without `__name__` and `alertstate`.
    pub labels: Labels,
    /// Its state in all these evaluations.
    pub state: AlertState,
    /// The timestamps of the evaluations, in their order.
    pub at: Vec<UtcInstant>,
}

/// A series of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its labels.
    pub labels: Labels,
    /// Its values, each with its instant.
    pub values: Vec<(UtcInstant, f64)>,
}

/// The spans between `from` and `until` in which `condition` was true, as exact as
/// [`CONDITION_RESOLUTION`].
///
/// # Errors
/// As [`Ranges::range`].
pub async fn condition_spans(
    engine: &dyn Ranges,
    condition: &str,
    from: UtcInstant,
    until: UtcInstant,
) -> Result<Vec<Span>> {
    let (query, step) = (format!("count({condition})"), CONDITION_RESOLUTION);
    let series = engine.range(&query, (from, until), step).await?;
    let values = series.into_iter().flat_map(|series| series.values);
    let instants = values.map(|(at, _)| at);
    Ok(Span::through(instants, CONDITION_RESOLUTION))
}
