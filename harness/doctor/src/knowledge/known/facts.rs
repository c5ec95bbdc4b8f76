//! What is known of when a selector's series are there.

use std::collections::BTreeSet;

use promql_parser::parser::VectorSelector;

use super::Knowledge;
use crate::knowledge::endpoint::Endpoint;
use crate::knowledge::recognised::plain;
use crate::knowledge::series::{Relabelled, Series};
use crate::knowledge::{Born, Family};

/// Flags that are known well enough to miss them.
const FLAGS: [&str; 4] = [
    "--collector.",
    "--collect.",
    "--es.",
    "percentiles-histogram",
];

impl Knowledge {
    /// The family of a selector's series, if there is one and all of them are so.
    fn only_if(
        &self,
        selector: &VectorSelector,
        is_so: impl Fn(&Family) -> bool,
    ) -> Option<&Family> {
        let name = selector.name.as_deref()?;
        let asked: Vec<_> = self.asked(&selector.matchers.matchers).collect();
        let is_asked = |series: &&Series| {
            series
                .endpoint
                .is_none_or(|index| asked.iter().any(|(it, _)| *it == index))
        };
        let series = self.series_named(name).into_iter().filter(is_asked);
        let families: Vec<_> = series.filter_map(|it| self.family_of(it)).collect();
        let first = families.first().copied()?;
        families.iter().all(|family| is_so(family)).then_some(first)
    }

    /// The family of a selector that only old versions of its exporter have.
    pub(crate) fn only_as_old_name(&self, selector: &VectorSelector) -> Option<&Family> {
        self.only_if(selector, |family| family.renamed_to.is_some())
    }

    /// The family of a selector whose series are born with their first events.
    pub(crate) fn born_with_an_event(&self, selector: &VectorSelector) -> Option<&Family> {
        self.only_if(selector, |family| family.born == Born::WithAnEvent)
    }

    /// The family of a selector that a program defines and never sets.
    pub(crate) fn never_set(&self, selector: &VectorSelector) -> Option<&Family> {
        let name = selector.name.as_deref()?;
        let gives_it = |index: usize| {
            let mut series = self.series_named(name).into_iter();
            series.any(|it| it.endpoint == Some(index))
        };
        let mut asked = self.asked(&selector.matchers.matchers);
        let may_be_others = asked
            .any(|(index, endpoint)| !gives_it(index) && endpoint.may_export(name, &self.mentions));
        let family = self.only_if(selector, |family| family.born == Born::Never);
        family.filter(|_| !may_be_others)
    }

    /// The family of a selector whose series are there only while things are well.
    pub(crate) fn there_while_well(&self, selector: &VectorSelector) -> Option<&Family> {
        self.only_if(selector, |family| family.while_well)
    }

    /// The flag without which nothing gives a selector's metric, where it is surely not set.
    pub(crate) fn switched_off(&self, selector: &VectorSelector) -> Option<(&Family, &str)> {
        let family = self.only_if(selector, |family| family.needs_flag.is_some())?;
        let flag = family.needs_flag.as_deref()?;
        let is_told = FLAGS.iter().any(|beginning| flag.starts_with(beginning));
        let name = selector.name.as_deref()?;
        let is_off = |series: &Series| {
            let endpoint = series.endpoint.and_then(|index| self.endpoints.get(index));
            let settings = endpoint.and_then(|endpoint| endpoint.identity.settings.as_deref());
            settings.is_some_and(|settings| !plain(settings).contains(&plain(flag)))
        };
        let is_surely_off = self.series_named(name).into_iter().all(is_off);
        (is_told && is_surely_off).then_some((family, flag))
    }

    /// What relabelling does to a selector's metric, if that leaves nothing of it.
    pub(crate) fn relabelled_away(
        &self,
        selector: &VectorSelector,
    ) -> Option<(&Endpoint, &Relabelled)> {
        let name = selector.name.as_deref()?;
        let asked: Vec<_> = self.asked(&selector.matchers.matchers).collect();
        let is_asked = |index: usize| asked.iter().any(|(it, _)| *it == index);
        let is_there = self
            .series_named(name)
            .iter()
            .any(|series| series.endpoint.is_none_or(is_asked));
        let relabelled = self
            .relabelled
            .get(name)?
            .iter()
            .find(|it| is_asked(it.endpoint))?;
        // The same program may be scraped by another job, too.
        let may_be_there = asked.iter().any(|(index, endpoint)| {
            *index != relabelled.endpoint && endpoint.may_export(name, &self.mentions)
        });
        let endpoint = self.endpoints.get(relabelled.endpoint)?;
        (!is_there && !may_be_there).then_some((endpoint, relabelled))
    }

    /// The jobs that a selector asks: those of which each target has a label, and those of which
    /// none has it; `None` if that is not known of all.
    pub(crate) fn jobs_by_label(
        &self,
        selector: &VectorSelector,
        label: &str,
    ) -> Option<(BTreeSet<String>, BTreeSet<String>)> {
        let (mut with, mut without) = (BTreeSet::new(), BTreeSet::new());
        for (_, endpoint) in self.asked(&selector.matchers.matchers) {
            let has_it = endpoint.target_labels.as_ref()?.contains_key(label);
            let jobs = if has_it { &mut with } else { &mut without };
            jobs.insert(endpoint.job.clone());
        }
        without.retain(|job| !with.contains(job));
        Some((with, without))
    }

    /// Whether a running Prometheus has it.
    pub(crate) fn runs(&self, name: &str) -> bool {
        self.running
            .as_ref()
            .is_some_and(|names| names.contains(name))
    }
}
