//! How often a selector's series get a sample.

use std::time::Duration;

use promql_parser::parser::VectorSelector;

use super::Reading;
use crate::expression::name_of;

/// How far apart the samples of a series are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Samples {
    pub(crate) every: Duration,
    /// Who makes them, in words: what `every 15s` is said of.
    pub(crate) by: String,
}

impl Reading<'_> {
    /// How far apart the samples of a selector's series are: at least so far where jobs that it may
    /// read differ. `None` if that is not known.
    pub(crate) fn samples(&self, selector: &VectorSelector) -> Option<Samples> {
        let prometheus = self.checkout.prometheus.as_ref()?;
        let name = name_of(selector);
        if let Some(name) = name.filter(|name| self.is_recorded(name)) {
            let rules = self.recorders(name).iter();
            let intervals = rules.map(|rule| rule.group.interval);
            let every = intervals.map(|own| own.unwrap_or(prometheus.evaluation_interval));
            let every = every.min()?;
            let by = format!("`{name}` is recorded");
            return Some(Samples { every, by });
        }
        if name.is_some_and(|name| name.starts_with("ALERTS")) {
            let every = prometheus.evaluation_interval;
            let by = "alerts are evaluated".to_owned();
            return Some(Samples { every, by });
        }
        let (jobs, are_named) = match self.jobs(selector) {
            Some(jobs) => (jobs, true),
            None => (prometheus.jobs.iter().collect(), false),
        };
        let fastest = jobs.iter().min_by_key(|job| job.scrape_interval)?;
        let by = if are_named || jobs.len() == 1 {
            format!("job `{}` is scraped", fastest.name.text)
        } else {
            "targets are scraped".to_owned()
        };
        Some(Samples {
            every: fastest.scrape_interval,
            by,
        })
    }
}
