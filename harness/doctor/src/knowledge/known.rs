//! Answers what is known of a metric.

mod absence;
mod facts;
mod recorded;

use std::collections::{BTreeSet, HashMap};

use promql_parser::label::Matcher;
use promql_parser::parser::VectorSelector;

use super::catalogue::{EVERY_SCRAPE, exporter, who_knows_all_like};
use super::endpoint::{Endpoint, endpoints};
use super::identity::Reach;
use super::likeness::Names;
use super::mentions::Mentions;
use super::program::{Program, Programs};
use super::series::{Labels, Relabelled, Series};
use super::{Domain, Family, MetricKind};
use crate::checkout::Checkout;
use absence::takes_more;
use recorded::record;

pub(crate) use absence::Absence;

/// What is known of a metric's name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Known<'a> {
    /// It is exported, by one or several.
    There(Vec<&'a Family>),
    /// Nothing in the project exports it; this name is the nearest that is exported.
    NotThere { nearest: Option<&'a str> },
    /// Something that is scraped may export it: its source or its name is not known.
    Unsure,
}

/// What is known of all metrics of a project.
#[derive(Debug, Default)]
pub(crate) struct Knowledge {
    pub(super) families: Vec<Family>,
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) series: HashMap<String, Vec<Series>>,
    /// Series whose names begin so.
    patterns: Vec<(String, Series)>,
    pub(super) relabelled: HashMap<String, Vec<Relabelled>>,
    /// Histograms and summaries by their base names.
    pub(super) bases: HashMap<String, Vec<usize>>,
    /// Metrics that rules record.
    pub(super) recorded: BTreeSet<String>,
    pub(super) names: Names,
    /// What the project's programs mention.
    pub(super) mentions: Mentions,
    /// Whether Prometheus has more than what it scrapes: what is written to it, or read elsewhere.
    pub(super) takes_more: bool,
    /// All names that a running Prometheus has.
    pub(super) running: Option<BTreeSet<String>>,
    /// What the checkout's programs define, scraped or not, where they agree on what it is.
    written: HashMap<String, Written>,
}

/// What the programs of a checkout write under a name, where they agree.
#[derive(Clone, Copy, Debug)]
struct Written {
    kind: Option<MetricKind>,
    domain: Option<Domain>,
}

impl Knowledge {
    /// What the files of `checkout` tell.
    pub(crate) fn of(checkout: &Checkout) -> Self {
        let mut programs = Programs::of(checkout);
        let mut known = Self {
            endpoints: endpoints(checkout, &mut programs),
            written: written(&programs.all()),
            takes_more: takes_more(checkout),
            ..Self::default()
        };
        let programs = known.endpoints.iter();
        let folders = programs.filter_map(|it| it.identity.program.as_ref());
        let folders = folders.map(|program| program.folder.clone()).collect();
        known.mentions = Mentions::of(checkout).of_programs(folders);
        for index in 0..known.endpoints.len() {
            known.take(index);
        }
        known.take_alerts();
        record(checkout, &mut known);
        let all = known.series.keys().chain(&known.recorded).cloned();
        known.names = Names::of(all);
        match &checkout.running {
            Some(running) => known.with_names(running.metric_names.clone()),
            None => known,
        }
    }

    /// The same for a running Prometheus that has just these names.
    pub(crate) fn with_names(mut self, names: BTreeSet<String>) -> Self {
        if !names.is_empty() {
            self.names = Names::of(names.iter().cloned().chain(self.series.keys().cloned()));
            self.running = Some(names);
        }
        self
    }

    /// Puts what an endpoint gives where it is found.
    fn take(&mut self, index: usize) {
        let Some(endpoint) = self.endpoints.get_mut(index) else {
            return;
        };
        let first = self.families.len();
        self.families.append(&mut endpoint.families);
        let of_target = endpoint.target_labels.clone();
        let dropped = std::mem::take(&mut endpoint.dropped);
        for own in std::mem::take(&mut endpoint.series) {
            let labels = own
                .labels
                .zip(of_target.clone())
                .map(|(mut labels, of_target)| {
                    labels.extend(of_target);
                    labels
                });
            let series = Series {
                family: first + own.family,
                endpoint: Some(index),
                labels,
            };
            self.add(own.name, series);
        }
        for (index, family) in self.families.iter().enumerate().skip(first) {
            if !family.series().iter().any(|(ending, _)| ending.is_empty()) {
                self.bases
                    .entry(family.name.clone())
                    .or_default()
                    .push(index);
            }
        }
        for (name, renamed_to, place) in dropped {
            let relabelled = Relabelled {
                endpoint: index,
                renamed_to,
                place,
            };
            self.relabelled.entry(name).or_default().push(relabelled);
        }
    }

    /// Adds a series that is there.
    pub(super) fn add(&mut self, name: String, series: Series) {
        match name.strip_suffix('*') {
            Some(beginning) => self.patterns.push((beginning.to_owned(), series)),
            None => self.series.entry(name).or_default().push(series),
        }
    }

    /// `ALERTS`, which is no job's.
    fn take_alerts(&mut self) {
        let Some(every) = exporter(EVERY_SCRAPE) else {
            return;
        };
        for family in every
            .families
            .iter()
            .filter(|family| family.name.starts_with("ALERTS"))
        {
            self.series.remove(&family.name);
            self.families.push(Family {
                labels: None,
                ..family.clone()
            });
            let series = Series {
                family: self.families.len() - 1,
                endpoint: None,
                labels: None,
            };
            self.add(family.name.clone(), series);
        }
    }

    /// The histograms and summaries whose base name `name` is, which no series has.
    pub(crate) fn bases_named(&self, name: &str) -> Vec<&Family> {
        let indices = self.bases.get(name).into_iter().flatten();
        indices
            .filter_map(|index| self.families.get(*index))
            .collect()
    }

    /// Whether what a selector asks for has only a histogram's or summary's base name: no series of
    /// that name is there, and nothing else can export one.
    pub(crate) fn is_base_name_only(&self, selector: &VectorSelector) -> bool {
        let Some(name) = selector.name.as_deref() else {
            return false;
        };
        let asked: Vec<_> = self.asked(&selector.matchers.matchers).collect();
        let runs = self
            .running
            .as_ref()
            .is_some_and(|names| names.contains(name));
        // A program of which not all is read still has this base name, and no other series of it.
        let has_other = asked.iter().any(|(_, it)| {
            it.identity.reach == Reach::Anything && it.may_export(name, &self.mentions)
        });
        let is_asked = self.bases_named(name).iter().any(|family| {
            asked
                .iter()
                .any(|(_, endpoint)| family.jobs.contains(&endpoint.job))
        });
        is_asked && !runs && !has_other && !self.takes_more && self.series_named(name).is_empty()
    }

    /// Whether a rule records `name`.
    pub(crate) fn is_recorded(&self, name: &str) -> bool {
        self.recorded.contains(name)
    }

    /// Whether a program gives a label to all its metrics, so that each of its targets has one value
    /// of it.
    pub(crate) fn is_common_label(&self, label: &str) -> bool {
        let mut endpoints = self.endpoints.iter();
        endpoints.any(|it| it.common_labels.contains(label))
    }

    /// Whether an exporter is scraped.
    pub(crate) fn scrapes(&self, exporter: &str) -> bool {
        let mut exporters = self.endpoints.iter().flat_map(|it| &it.identity.exporters);
        exporters.any(|it| it.name == exporter)
    }

    /// Every series of this name.
    pub(crate) fn series_named(&self, name: &str) -> Vec<&Series> {
        let mut found: Vec<_> = self.series.get(name).into_iter().flatten().collect();
        if found.is_empty() {
            let patterns = self
                .patterns
                .iter()
                .filter(|(beginning, _)| name.starts_with(beginning));
            found.extend(patterns.map(|(_, series)| series));
        }
        found
    }

    /// The family of a series.
    pub(crate) fn family_of(&self, series: &Series) -> Option<&Family> {
        self.families.get(series.family)
    }

    /// What scrapes a series; `None` of what Prometheus records.
    pub(crate) fn endpoint_of(&self, series: &Series) -> Option<&Endpoint> {
        self.endpoints.get(series.endpoint?)
    }

    /// What is known of the series name `name` (`x_bucket` is there if the histogram `x` is).
    pub(crate) fn metric(&self, name: &str) -> Known<'_> {
        let found = self.series_named(name);
        if !found.is_empty() {
            let families = found
                .into_iter()
                .filter_map(|series| self.family_of(series));
            return Known::There(families.collect());
        }
        if self
            .running
            .as_ref()
            .is_some_and(|names| names.contains(name))
        {
            return Known::Unsure;
        }
        match self.absence_of(name, &[]) {
            Some(absence) if absence.is_sure => Known::NotThere {
                nearest: absence.nearest,
            },
            _ => Known::Unsure,
        }
    }

    /// The endpoints whose job these matchers allow.
    pub(crate) fn asked<'a>(
        &'a self,
        matchers: &'a [Matcher],
    ) -> impl Iterator<Item = (usize, &'a Endpoint)> {
        self.endpoints
            .iter()
            .enumerate()
            .filter(move |(_, endpoint)| {
                let of_job = matchers.iter().filter(|matcher| matcher.name == "job");
                let is_changed = endpoint.honors_labels || !endpoint.has_own_job();
                is_changed
                    || of_job
                        .into_iter()
                        .all(|matcher| matcher.is_match(&endpoint.job))
            })
    }

    /// What the samples of the series name `name` are: of a histogram's `_bucket`, `_sum` and
    /// `_count` a counter. From what exports it, else from the name's own ending, else `None`.
    pub(crate) fn kind_of(&self, name: &str) -> Option<MetricKind> {
        let families = self
            .series_named(name)
            .into_iter()
            .filter_map(|it| self.family_of(it));
        let kinds: BTreeSet<_> = families
            .map(|family| match family.kind {
                MetricKind::Histogram => MetricKind::Counter,
                MetricKind::Summary if family.name != name => MetricKind::Counter,
                kind => kind,
            })
            .collect();
        match kinds.iter().next() {
            Some(MetricKind::Untyped) | None => {}
            Some(kind) => return (kinds.len() == 1).then_some(*kind),
        }
        if let (true, Some(written)) = (kinds.is_empty(), self.written.get(name)) {
            return written.kind;
        }
        let is_recorded = self.recorded.contains(name);
        let is_counter = ["_total", "_bucket"]
            .iter()
            .any(|ending| name.ends_with(ending));
        (is_counter && !is_recorded).then_some(MetricKind::Counter)
    }

    /// Which values all programs of the checkout that write `name` give it, whoever scrapes them.
    pub(crate) fn written_domain(&self, name: &str) -> Option<Domain> {
        self.written.get(name)?.domain
    }

    /// All labels that series of this selector can have, those that Prometheus adds and those of
    /// their targets among them; `None` if that is not known.
    pub(crate) fn labels_of(&self, selector: &VectorSelector) -> Option<BTreeSet<String>> {
        let labels = self.label_values_of(selector)?;
        // A pattern is no name.
        let has_pattern = labels.keys().any(|label| label.ends_with('*'));
        (!has_pattern).then(|| labels.into_keys().collect())
    }

    /// As [`Knowledge::labels_of`], with the values where all are known; names may end in `*`.
    pub(crate) fn label_values_of(&self, selector: &VectorSelector) -> Option<Labels> {
        let name = selector.name.as_deref()?;
        let matchers = &selector.matchers.matchers;
        let found = self.series_named(name);
        let is_only_recorded = !found.is_empty() && found.iter().all(|it| it.endpoint.is_none());
        let asked: Vec<_> = self.asked(matchers).collect();
        // What reads text files of others seldom gives what a program gives itself, and a program
        // gives a name once.
        let gives_it = |index: usize| found.iter().any(|series| series.endpoint == Some(index));
        // What nobody knows seldom has the names of an exporter that is scraped beside it.
        let first = name.split('_').next().unwrap_or_default();
        let is_listed = who_knows_all_like(name).is_some_and(|it| self.scrapes(&it.name));
        let may_be_others = asked.iter().any(|(index, endpoint)| {
            let is_anothers = gives_it(*index)
                || endpoint.is_an_exporter()
                || is_listed && endpoint.is_a_stranger_to(first);
            !is_anothers && endpoint.may_export(name, &self.mentions)
        });
        if !is_only_recorded && (self.takes_more || may_be_others) {
            return None;
        }
        let mut all = Labels::new();
        let mut is_any = false;
        for series in found {
            let is_asked = series
                .endpoint
                .is_none_or(|index| asked.iter().any(|(it, _)| *it == index));
            if !is_asked {
                continue;
            }
            if series
                .endpoint
                .is_some_and(|index| self.has_own_labels(index))
            {
                return None;
            }
            is_any = true;
            for (label, values) in series.labels.as_ref()? {
                match (all.get_mut(label), values) {
                    (None, _) => {
                        all.insert(label.clone(), values.clone());
                    }
                    (Some(Some(known)), Some(values)) => known.extend(values.iter().cloned()),
                    (Some(known), _) => *known = None,
                }
            }
        }
        is_any.then_some(all)
    }

    fn has_own_labels(&self, endpoint: usize) -> bool {
        self.endpoints
            .get(endpoint)
            .is_none_or(|endpoint| endpoint.honors_labels)
    }
}

/// What a program defines under each name.
fn written(program: &Program) -> HashMap<String, Written> {
    let mut written: HashMap<String, Written> = HashMap::new();
    for family in &program.scan.families {
        if matches!(family.kind, MetricKind::Counter | MetricKind::Gauge) {
            let own = Written {
                kind: Some(family.kind),
                domain: family.domain,
            };
            let known = written.entry(family.name.clone()).or_insert(own);
            if known.kind != own.kind {
                known.kind = None;
            }
            if known.domain != own.domain {
                known.domain = None;
            }
        }
    }
    written
}

impl Endpoint {
    /// Whether the label `job` is the job's own name.
    fn has_own_job(&self) -> bool {
        let job = self
            .target_labels
            .as_ref()
            .and_then(|labels| labels.get("job"));
        matches!(job, Some(None))
    }
}

/// Whether a matcher lets a series pass that has no such label.
pub(crate) fn allows_absence(matcher: &Matcher) -> bool {
    matcher.is_match("")
}
