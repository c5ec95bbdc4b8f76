//! What the panels of a dashboard showed during a run, read from Prometheus's samples at its end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use alertdrill_core::dashboard::{
    BoardHistory, Concerns, Dashboard, Panel, PanelHistory, PanelQuery, Sampling, SeriesHistory,
};
use alertdrill_core::{Error, Result, Settings, UtcInstant};

use crate::prometheus::Prometheus;
use crate::rule_engine::{Ranges as _, Series};

/// What the panels of `dashboard` showed from the first to the second instant of `span`, with a
/// value per `every`.
///
/// # Errors
/// [`Error::NoAnswer`] or [`Error::BadAnswer`].
pub async fn board_history(
    prometheus: &Prometheus,
    dashboard: &Dashboard,
    settings: &Settings,
    span: (UtcInstant, UtcInstant),
    every: Duration,
) -> Result<BoardHistory> {
    let sampling = Sampling {
        from: span.0,
        every,
    };
    let mut exporters = Exporters {
        prometheus,
        window: span.1.time_since(span.0),
        known: BTreeMap::new(),
    };
    let mut panels = Vec::new();
    for panel in &dashboard.panels {
        let series = panel_series(&mut exporters, panel, settings, (sampling, span.1)).await?;
        let history = PanelHistory {
            title: panel.title.clone(),
            unit: panel.unit.clone(),
            thresholds: panel.thresholds.clone(),
            states: panel.states.clone(),
            series,
        };
        panels.push(history.with_dates_as_ages(sampling));
    }
    Ok(BoardHistory { sampling, panels })
}

async fn panel_series(
    exporters: &mut Exporters<'_>,
    panel: &Panel,
    settings: &Settings,
    (sampling, until): (Sampling, UtcInstant),
) -> Result<Vec<SeriesHistory>> {
    let mut histories = Vec::new();
    for (number, query) in panel.queries.iter().enumerate() {
        let read_from = exporters.of(query).await?;
        let span = (sampling.from, until);
        let prometheus = exporters.prometheus;
        let all = prometheus.range(&query.expr, span, sampling.every).await?;
        for Series { labels, values } in all {
            let last = values.last().and_then(|(at, _)| number_of(sampling, *at));
            let mut shown = vec![None; last.map_or(0, |last| last + 1)];
            for (at, value) in values {
                let number = number_of(sampling, at);
                if let Some(place) = number.and_then(|number| shown.get_mut(number)) {
                    *place = Some(value);
                }
            }
            let concerns = Concerns::of(&labels, &read_from, settings);
            let name = query.name_of(&labels);
            histories.push(SeriesHistory {
                query: number,
                name,
                labels,
                concerns,
                values: shown,
            });
        }
    }
    Ok(histories)
}

/// The number of the sample at `at`. Half an interval is added, because Prometheus rounds instants
/// to milliseconds.
fn number_of(sampling: Sampling, at: UtcInstant) -> Option<usize> {
    sampling.last_until(at.plus(sampling.every / 2))
}

/// Which services export which metrics; each metric is asked for once.
struct Exporters<'a> {
    prometheus: &'a Prometheus,
    window: Duration,
    known: BTreeMap<String, BTreeSet<String>>,
}

impl Exporters<'_> {
    /// The services whose metrics a query reads. The `instance` of a target is its service and its
    /// port.
    async fn of(&mut self, query: &PanelQuery) -> Result<BTreeSet<String>> {
        let bad = |reason: String| Error::BadDescription {
            what: format!("the query `{}`", query.expr),
            reason,
        };
        let mut services = BTreeSet::new();
        for metric in query.metrics().map_err(bad)? {
            if !self.known.contains_key(&metric) {
                let instances = self.prometheus.exporters_of(&metric, self.window).await?;
                let services = instances.iter().filter_map(|it| it.split(':').next());
                let services = services.map(str::to_owned).collect();
                self.known.insert(metric.clone(), services);
            }
            services.extend(self.known[&metric].iter().cloned());
        }
        Ok(services)
    }
}
