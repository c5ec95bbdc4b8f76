//! Which way an alert takes through Alertmanager: its labels as far as files tell them, the routes,
//! the receivers and the inhibitions with the place of each word.

mod alert;
mod label_value;
mod matcher;
mod result_labels;
mod surely_there;
mod tree;

pub(crate) use alert::{Alert, Alerts, unloaded_rules};
pub(crate) use label_value::{LabelValue, Verdict};
pub(crate) use matcher::{Matcher, Misfit, verdict_of_all};
pub(crate) use result_labels::{ResultLabels, result_labels_of};
pub(crate) use tree::{Inhibition, Receiver, Route, Routing, is_nobody_by_name};
