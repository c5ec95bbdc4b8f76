//! What of a project's alerts can never work, by its files: the whole way from the exporter over the
//! scrape, the rule and the route to the page.
//!
//! ```text
//! checkout/    what the project's files say, with the place of each word
//! exporters/   what well-known exporters export
//! knowledge/   what can be there of a metric: which job exports it, with which labels
//! expression/  what a rule's expression can be
//! routing/     which way an alert takes through Alertmanager
//! network/     who answers at an address
//! template/    what templates of labels and annotations print
//! checks/      one file a check; each has a page in docs/doctor
//! ```
//!
//! Each check asks what the files say and gives findings. None of them reads a file, and none of
//! them asks an engine or a server.

mod case;
mod checkout;
mod checks;
mod examine;
mod expression;
mod kinds;
mod knowledge;
mod network;
mod routing;
mod template;
mod waivers;

pub use checkout::{Checkout, FailedScrape, Running, RunningAlert, Wishes};
pub use examine::examine;
pub use kinds::{Kind, kinds};
pub use waivers::{Waived, without_waived};

#[cfg(test)]
mod pages;
#[cfg(test)]
mod test_projects;
