//! What a file says beside drills, in the core's types.

use alertdrill_core::Promises;
use alertdrill_core::settings::{Demand, Instances, Pathway, SteadyCondition, Usage};

use super::drills::labels_of;
use super::durations::optional;
use super::file::ServerName;
use super::source_text::Complaint;
use super::written;
use super::yaml::{At, OneOrMany, ShortOrLong};

/// The values of a list, without their places.
pub(super) fn values<T: Clone>(list: &OneOrMany<T>) -> Vec<T> {
    list.iter().map(|at| at.value.clone()).collect()
}

pub(super) fn server_name(written: &At<ShortOrLong<written::Server>>) -> ServerName {
    match &written.value {
        ShortOrLong::Short(service) => ServerName {
            service: service.clone(),
            port: None,
        },
        ShortOrLong::Long(server) => ServerName {
            service: server.service.value.clone(),
            port: server.port,
        },
    }
}

/// What the drills must prove together; without a word, that each rule was made to fire.
pub(super) fn demand(written: Option<written::Coverage>) -> Demand {
    match written.unwrap_or(written::Coverage::Rules) {
        written::Coverage::None => Demand::None,
        written::Coverage::Rules => Demand::Rules,
        written::Coverage::Terms => Demand::Terms,
    }
}

pub(super) fn promises(written: &written::Promises) -> Result<Promises, Complaint> {
    Ok(Promises {
        delivered_within: optional(written.delivered_within.as_ref())?,
        ended_within: optional(written.ended_within.as_ref())?,
        end_delivered_within: optional(written.end_delivered_within.as_ref())?,
        reminded_after: optional(written.reminded_after.as_ref())?,
        reminded_within: optional(written.reminded_within.as_ref())?,
    })
}

pub(super) fn instances(written: &At<written::Instances>) -> Instances {
    let instances = &written.value;
    Instances {
        alert: instances.alert.value.clone(),
        labels: labels_of(&instances.labels),
        label: instances.label.clone(),
        values: instances.values.clone(),
    }
}

pub(super) fn usage(written: &written::Usage) -> Usage {
    Usage {
        memory_bytes: written.memory_bytes.clone(),
        cores: written.cores.clone(),
    }
}

pub(super) fn path_through(written: &At<written::PathThrough>) -> Pathway {
    let path = &written.value;
    Pathway {
        name: path.name.clone(),
        lanes: values(&path.lanes),
        owns: values(&path.owns),
        uses: values(&path.uses),
        steady_state: steady_state(&path.steady_state),
    }
}

pub(super) fn steady_state(written: &OneOrMany<written::SteadyCondition>) -> Vec<SteadyCondition> {
    let conditions = written.iter().map(|condition| SteadyCondition {
        name: condition.value.name.clone(),
        query: condition.value.query.clone(),
    });
    conditions.collect()
}
