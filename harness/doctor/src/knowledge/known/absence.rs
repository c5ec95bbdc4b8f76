//! How a metric is absent: surely, perhaps, or only from the jobs that are asked.

use std::collections::BTreeSet;

use promql_parser::label::Matcher;
use promql_parser::parser::VectorSelector;

use super::Knowledge;
use crate::checkout::Checkout;
use crate::knowledge::catalogue::who_knows_all_like;
use crate::knowledge::exporter::Exporter;
use crate::knowledge::identity::{Reach, TOLD_OF_MORE};
use crate::knowledge::likeness::{is_alike, is_near_miss};
use crate::knowledge::series::Series;

/// How a selector's metric is absent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Absence<'a> {
    /// Whether it is surely absent, or may be.
    pub(crate) is_sure: bool,
    /// The name that may be meant.
    pub(crate) nearest: Option<&'a str>,
    /// Whether that name is so near that it is surely meant.
    pub(crate) is_near: bool,
    /// The exporter that has names like it.
    pub(crate) exporter: Option<&'static Exporter>,
    /// The jobs that export it, though not those that the selector names.
    pub(crate) other_jobs: BTreeSet<&'a str>,
}

impl Knowledge {
    /// How the metric of a selector is absent; `None` if it is there or may well be.
    pub(crate) fn absence(&self, selector: &VectorSelector) -> Option<Absence<'_>> {
        self.absence_of(selector.name.as_deref()?, &selector.matchers.matchers)
    }

    pub(super) fn absence_of(&self, name: &str, matchers: &[Matcher]) -> Option<Absence<'_>> {
        if self.endpoints.is_empty() || self.running.as_ref().is_some_and(|all| all.contains(name))
        {
            return None;
        }
        let asked: Vec<_> = self.asked(matchers).collect();
        let found = self.series_named(name);
        let is_asked = |series: &&Series| match series.endpoint {
            None => true,
            Some(index) => asked.iter().any(|(asked, _)| *asked == index),
        };
        // A job that is not there is another finding.
        let is_told_elsewhere = self.relabelled.contains_key(name) || self.bases.contains_key(name);
        if asked.is_empty() || found.iter().any(is_asked) || is_told_elsewhere {
            return None;
        }
        let knows_all = who_knows_all_like(name);
        // A server's own metric of that kind is not meant by a name that has no such prefix.
        let with_prefix = format!("_{name}");
        let nearest = self.names.nearest(name);
        let nearest = nearest.filter(|nearest| !nearest.ends_with(&with_prefix));
        // What another job exports is no slip of the one that is asked.
        let is_near = nearest.is_some_and(|nearest| nearest != name && is_near_miss(name, nearest));
        let nearest = nearest.filter(|nearest| is_near || is_alike(name, nearest));
        let first = name.split('_').next().unwrap_or_default();
        // A program's own names are in no file of a machine.
        let has_owner = asked.iter().any(|(_, endpoint)| endpoint.owns(first));
        let may_export = asked.iter().any(|(_, endpoint)| {
            endpoint.may_export(name, &self.mentions) && !(has_owner && endpoint.is_told_of_more())
        });
        // A slip in a name that begins as all names of an exporter do, which is scraped.
        let is_slip = is_near
            && knows_all.is_some_and(|exporter| {
                let knows = nearest.is_some_and(|nearest| exporter.knows_all_like(nearest));
                knows && self.scrapes(&exporter.name)
            });
        let is_surely_read = !self.takes_more
            && !may_export
            && !asked
                .iter()
                .any(|(_, endpoint)| match endpoint.identity.reach {
                    Reach::LikelyListed => knows_all.is_none() || !endpoint.serves_none(),
                    // No program has an exporter's names by chance.
                    Reach::Written => knows_all.is_none(),
                    _ => false,
                });
        let is_sure = is_slip || is_surely_read;
        // What nobody knows seldom has the names of an exporter that is scraped beside it.
        let is_told_by_lists = knows_all.is_some_and(|exporter| {
            !TOLD_OF_MORE.contains(&exporter.name.as_str()) && self.scrapes(&exporter.name)
        });
        let may_others = asked.iter().any(|(_, endpoint)| {
            endpoint.may_export(name, &self.mentions) && !endpoint.is_a_stranger_to(first)
        });
        let is_likely = !self.takes_more && (!may_export || (is_told_by_lists && !may_others));
        // What a running Prometheus has never had may come with its first event.
        let is_absent_there = self.running.is_some();
        let other_jobs: BTreeSet<_> = found
            .iter()
            .filter_map(|series| Some(self.endpoint_of(series)?.job.as_str()))
            .collect();
        (is_sure || is_likely || is_absent_there || is_near).then_some(Absence {
            is_sure,
            is_near,
            nearest: nearest.filter(|_| other_jobs.is_empty()),
            exporter: knows_all,
            other_jobs,
        })
    }
}

/// Whether Prometheus has metrics that it does not scrape.
pub(super) fn takes_more(checkout: &Checkout) -> bool {
    let Some(prometheus) = &checkout.prometheus else {
        return true;
    };
    let service = prometheus.service.as_ref().and_then(|name| {
        let compose = checkout.compose.as_ref()?;
        compose.services.get(name)
    });
    let is_written_to = service.is_some_and(|service| {
        let words = service.command.iter().chain(&service.entrypoint);
        words.into_iter().any(|word| {
            [
                "remote-write-receiver",
                "otlp-write-receiver",
                "otlp-receiver",
            ]
            .iter()
            .any(|flag| word.contains(flag))
        })
    });
    let reads = ["remote_read", "scrape_config_files", "otlp"];
    is_written_to || reads.iter().any(|key| prometheus.node.get(key).is_some())
}
