//! Who answers at an address, as a container of the project sees it, and on which ports.

mod by_hand;
mod discovery;
mod fixed;
mod flags;
mod image_tag;
mod images;
mod members;
mod names;
mod ports;
mod routes;
mod service_texts;
mod started;

pub(crate) use alertdrill_project::discovery::host_and_port;
pub(crate) use by_hand::serves_by_hand;
pub(crate) use discovery::{FindsNothing, finds_nothing};
pub(crate) use fixed::{Fixed, fixed, is_given, is_of_a_bridge};
pub(crate) use flags::{flag, is_for_a_shell};
pub(crate) use image_tag::{is_since, tag};
pub(crate) use images::{ImageFacts, exporter_at, image_facts};
pub(crate) use members::{Apart, apart};
pub(crate) use names::{Answers, Names, tells_address_of};
pub(crate) use ports::{WrongPort, listed, wrong_port};
pub(crate) use routes::{Posted, refused_post};
pub(crate) use service_texts::ServiceTexts;
pub(crate) use started::{Serves, Started, serves};
