//! Which service a series tells of, and which services a failure reached.

use std::collections::{BTreeMap, BTreeSet};

use super::{MovedSeries, TouchedService};
use crate::{Labels, SickService};

/// Labels whose value may name a service. What tells of containers names one beside the instance
/// of whoever tells.
const NAMING: [&str; 7] = [
    "container_label_com_docker_compose_service",
    "service",
    "container",
    "container_name",
    "name",
    "instance",
    "job",
];

/// The service that a series with these labels tells of, if a label names one.
#[must_use]
pub fn series_service(labels: &Labels, services: &BTreeSet<String>) -> Option<String> {
    let named = NAMING.iter().filter_map(|name| labels.get(*name));
    let hosts = named.map(|value| {
        value
            .rsplit_once(':')
            .map_or(value.as_str(), |(host, _)| host)
    });
    let mut known = hosts.filter_map(|host| services.get(host));
    known.next().cloned()
}

/// The services beside `service` that its failure reached: by their own health, or by what their
/// metrics tell.
#[must_use]
pub fn touched_services(
    service: &str,
    sick: &[SickService],
    moved: &[MovedSeries],
) -> Vec<TouchedService> {
    let mut touched: BTreeMap<&str, TouchedService> = BTreeMap::new();
    let new = |service: &str| TouchedService {
        service: service.to_owned(),
        health: None,
        moved: 0,
    };
    for sick in sick.iter().filter(|it| it.service != service) {
        let it = touched
            .entry(&sick.service)
            .or_insert_with(|| new(&sick.service));
        it.health.get_or_insert_with(|| sick.said.clone());
    }
    let elsewhere = moved.iter().filter_map(|series| series.service.as_deref());
    for other in elsewhere.filter(|other| *other != service) {
        touched.entry(other).or_insert_with(|| new(other)).moved += 1;
    }
    touched.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_tells_of_the_service_that_a_container_label_names_before_that_of_its_instance() {
        let services: BTreeSet<String> = ["api", "exporter"].map(str::to_owned).into();
        let labels = |pairs: &[(&str, &str)]| -> Labels {
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            pairs.iter().map(owned).collect()
        };
        let of = |pairs: &[(&str, &str)]| series_service(&labels(pairs), &services);
        assert_eq!(of(&[("instance", "api:8000")]).as_deref(), Some("api"));
        let both = [("instance", "exporter:1"), ("container", "api")];
        assert_eq!(of(&both).as_deref(), Some("api"));
        assert_eq!(of(&[("instance", "elsewhere:1"), ("job", "other")]), None);
    }
}
