//! What the panels of a dashboard showed, from Prometheus's own samples: the history of a run is
//! asked for at its end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::prometheus::{Prometheus, Series};
use crate::dashboard::{
    BoardHistory, Concerns, Dashboard, Panel, PanelHistory, PanelQuery, SeriesHistory, Step,
};
use crate::drill::UtcInstant;
use crate::stack::Project;
use crate::{Error, Result};

/// As often as rules are evaluated: what is shorter, no alert sees either.
const STEP: Duration = Duration::from_secs(5);

/// What the panels of `dashboard` showed from the first to the second instant of `span`.
///
/// # Errors
/// [`Error::NoAnswer`] or [`Error::BadAnswer`].
pub async fn board_history(
    prometheus: &Prometheus,
    dashboard: &Dashboard,
    project: &Project,
    span: (UtcInstant, UtcInstant),
) -> Result<BoardHistory> {
    let step = Step {
        from: span.0,
        every: STEP,
    };
    let mut exporters = Exporters {
        prometheus,
        window: span.1.time_since(span.0),
        known: BTreeMap::new(),
    };
    let mut panels = Vec::new();
    for panel in &dashboard.panels {
        let series = panel_series(&mut exporters, panel, project, (step, span.1)).await?;
        let history = PanelHistory {
            title: panel.title.clone(),
            unit: panel.unit.clone(),
            thresholds: panel.thresholds.clone(),
            series,
        };
        panels.push(history.with_dates_as_ages(step));
    }
    Ok(BoardHistory { step, panels })
}

async fn panel_series(
    exporters: &mut Exporters<'_>,
    panel: &Panel,
    project: &Project,
    (step, until): (Step, UtcInstant),
) -> Result<Vec<SeriesHistory>> {
    let services = project.service_names();
    let mut histories = Vec::new();
    for (number, query) in panel.queries.iter().enumerate() {
        let read_from = exporters.of(query).await?;
        for Series { labels, values } in exporters
            .prometheus
            .range(&query.expr, (step.from, until), step.every)
            .await?
        {
            let last = values.last().and_then(|(at, _)| number_of(step, *at));
            let mut shown = vec![None; last.map_or(0, |last| last + 1)];
            for (at, value) in values {
                if let Some(place) = number_of(step, at).and_then(|number| shown.get_mut(number)) {
                    *place = Some(value);
                }
            }
            let concerns = Concerns::of(&labels, &read_from, &services, project.settings());
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

/// Prometheus rounds instants to milliseconds, and the first of them too.
fn number_of(step: Step, at: UtcInstant) -> Option<usize> {
    step.last_until(at.plus(step.every / 2))
}

/// Which services export which metrics, each asked for once.
struct Exporters<'a> {
    prometheus: &'a Prometheus,
    window: Duration,
    known: BTreeMap<String, BTreeSet<String>>,
}

impl Exporters<'_> {
    /// The services whose metrics a query reads: an instance is a service and its port.
    async fn of(&mut self, query: &PanelQuery) -> Result<BTreeSet<String>> {
        let bad = |reason: String| Error::BadDescription {
            what: format!("the query `{}`", query.expr),
            reason,
        };
        let mut services = BTreeSet::new();
        for metric in query.metrics().map_err(bad)? {
            if !self.known.contains_key(&metric) {
                let instances = self.prometheus.exporters_of(&metric, self.window).await?;
                let names = instances
                    .iter()
                    .filter_map(|instance| instance.split(':').next())
                    .map(str::to_owned);
                self.known.insert(metric.clone(), names.collect());
            }
            services.extend(self.known[&metric].iter().cloned());
        }
        Ok(services)
    }
}
