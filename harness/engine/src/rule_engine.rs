//! What evaluates alerting rules, as drills see it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use alertdrill_core::{
    AlertState, CONDITION_RESOLUTION, Labels, LoadedRule, Result, Span, UtcInstant,
};
use async_trait::async_trait;

/// A server that has loaded alerting rules and evaluates them.
#[async_trait]
pub trait RuleEngine: fmt::Debug + Send + Sync {
    /// Every alerting rule that is loaded, with the waits of its group and of the targets; how long
    /// scrapes really take is looked for over the last `window`.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::NoAnswer`] or [`alertdrill_core::Error::BadAnswer`], also if a rule's
    /// last evaluation failed: then it cannot be judged.
    async fn alerting_rules(&self, window: Duration) -> Result<Vec<LoadedRule>>;

    /// Per alert name, the latest evaluation of all its rules.
    ///
    /// # Errors
    /// As [`RuleEngine::alerting_rules`].
    async fn evaluated_until(&self) -> Result<BTreeMap<String, Evaluated>>;

    /// Every sample of alerts' states of the last `window`, per series. Their timestamps are those of
    /// the evaluations, whenever one asks.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::NoAnswer`] or [`alertdrill_core::Error::BadAnswer`].
    async fn alert_samples(&self, window: Duration) -> Result<Vec<AlertSeries>>;

    /// The alerts that fired at some time within the last `window`.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::NoAnswer`] or [`alertdrill_core::Error::BadAnswer`].
    async fn fired_within(&self, window: Duration) -> Result<Vec<Labels>>;

    /// Per group of rules, how many evaluations it has skipped since the server started; empty if
    /// that is not known.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::NoAnswer`] or [`alertdrill_core::Error::BadAnswer`].
    async fn missed_evaluations(&self) -> Result<BTreeMap<String, f64>>;

    /// Which of `conditions` are true now, in their order, and what the server's clock says.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::NoAnswer`] or [`alertdrill_core::Error::BadAnswer`]; a query that
    /// failed is not a condition that is false.
    async fn are_true(&self, conditions: &[String]) -> Result<(Vec<bool>, UtcInstant)>;

    /// What `query` yields from the first to the second instant of `span`, every `step`.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::NoAnswer`] or [`alertdrill_core::Error::BadAnswer`].
    async fn range(
        &self,
        query: &str,
        span: (UtcInstant, UtcInstant),
        step: Duration,
    ) -> Result<Vec<Series>>;

    /// What `query` yields now: labels and values, as they stand in the answer.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::NoAnswer`] or [`alertdrill_core::Error::BadAnswer`].
    async fn samples(&self, query: &str) -> Result<Vec<(Labels, String)>>;

    /// The targets whose last scrape failed, each with its labels and why.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::NoAnswer`] or [`alertdrill_core::Error::BadAnswer`].
    async fn lost_targets(&self) -> Result<Vec<String>>;
}

/// How far a rule has been evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evaluated {
    /// Its latest evaluation.
    pub until: UtcInstant,
    /// How far its evaluations are apart.
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
    /// Its values, with the instants that they were asked of.
    pub values: Vec<(UtcInstant, f64)>,
}

/// The spans from `from` to `until` in which `condition` was true, to [`CONDITION_RESOLUTION`].
///
/// # Errors
/// As [`RuleEngine::range`].
pub async fn condition_spans(
    engine: &dyn RuleEngine,
    condition: &str,
    from: UtcInstant,
    until: UtcInstant,
) -> Result<Vec<Span>> {
    let query = format!("count({condition})");
    let series = engine
        .range(&query, (from, until), CONDITION_RESOLUTION)
        .await?;
    let instants = series
        .into_iter()
        .flat_map(|series| series.values)
        .map(|(at, _)| at);
    Ok(Span::through(instants, CONDITION_RESOLUTION))
}
