//! A series' name as a rule writes it, and what is known of it.

use std::collections::{BTreeMap, BTreeSet};

use alertdrill_project::yaml_tree::Place;

/// Labels, each with all values that it can have where they are known. A name that ends in `*` is
/// all labels that begin so.
pub(crate) type Labels = BTreeMap<String, Option<BTreeSet<String>>>;

/// A series that a job gives.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    /// Which family it belongs to.
    pub(super) family: usize,
    /// Which endpoint gives it; `None` of what Prometheus records.
    pub(super) endpoint: Option<usize>,
    /// Its own labels and those of its targets; `None` if they are not known.
    pub(crate) labels: Option<Labels>,
}

/// A series that a job's relabelling drops or renames.
#[derive(Clone, Debug)]
pub(crate) struct Relabelled {
    pub(super) endpoint: usize,
    /// What it is renamed to; `None` if it is dropped.
    pub(crate) renamed_to: Option<String>,
    /// Where the relabelling stands in the job's file.
    pub(crate) place: Place,
}

/// Whether a label is among these.
pub(crate) fn has_label(labels: &Labels, name: &str) -> bool {
    labels.keys().any(|label| match label.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => label == name,
    })
}
