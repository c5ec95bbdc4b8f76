//! What is known of a metric.

use std::collections::{BTreeMap, BTreeSet};

/// What kind a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MetricKind {
    Counter,
    Gauge,
    Histogram,
    Summary,
    Untyped,
}

impl MetricKind {
    /// The kind that the text format calls so.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        Some(match word {
            "counter" => Self::Counter,
            "gauge" => Self::Gauge,
            "histogram" => Self::Histogram,
            "summary" => Self::Summary,
            "untyped" => Self::Untyped,
            _ => return None,
        })
    }
}

/// Which values a metric can have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Domain {
    /// Nothing lies outside.
    Between(f64, f64),
    /// Seconds since 1970.
    UnixSeconds,
}

/// Since when the series of a metric are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Born {
    /// As long as what exports them, for all that is known.
    AtStart,
    /// Since the first event that they tell of.
    WithAnEvent,
    /// Its program defines the metric, and nothing in it sets it.
    Never,
}

/// What something exports under one name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Family {
    /// Its name; of a histogram or a summary without `_bucket`, `_sum`, `_count`.
    pub(crate) name: String,
    pub(crate) kind: MetricKind,
    /// Its own labels, each with all values that it can have where they are known; `None` if its
    /// labels are not known.
    pub(crate) labels: Option<BTreeMap<String, Option<BTreeSet<String>>>>,
    pub(crate) domain: Option<Domain>,
    /// Since when its series are there.
    pub(crate) born: Born,
    /// Whether it is there only while things are well.
    pub(crate) while_well: bool,
    /// Of a histogram, the highest finite bound of its buckets, where it is known.
    pub(crate) highest_bucket: Option<f64>,
    /// Of a summary, whether its client gives quantiles.
    pub(crate) has_quantiles: bool,
    /// The name that newer versions have for it, if it is exported by old ones only.
    pub(crate) renamed_to: Option<String>,
    /// The flag without which it is not exported.
    pub(crate) needs_flag: Option<String>,
    /// Who exports it, in words: `node_exporter`, `app/shop.py:12`.
    pub(crate) origin: String,
    /// The jobs under which it is scraped; empty if that is not known.
    pub(crate) jobs: BTreeSet<String>,
}

impl Family {
    /// A metric of which nothing more is known: no labels are known, and it is always there.
    pub(crate) fn new(name: &str, kind: MetricKind, origin: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            labels: None,
            domain: None,
            born: Born::AtStart,
            while_well: false,
            highest_bucket: None,
            has_quantiles: false,
            renamed_to: None,
            needs_flag: None,
            origin: origin.to_owned(),
            jobs: BTreeSet::new(),
        }
    }

    /// The endings of its series' names, each with the label that only that series has.
    pub(crate) fn series(&self) -> &'static [(&'static str, Option<&'static str>)] {
        match self.kind {
            MetricKind::Histogram => &[("_bucket", Some("le")), ("_sum", None), ("_count", None)],
            MetricKind::Summary if self.has_quantiles => {
                &[("", Some("quantile")), ("_sum", None), ("_count", None)]
            }
            MetricKind::Summary => &[("_sum", None), ("_count", None)],
            MetricKind::Counter | MetricKind::Gauge | MetricKind::Untyped => &[("", None)],
        }
    }
}
