//! Who answers at an address, as a container of the project sees it.

mod names;

pub(crate) use names::{Answers, Names, host_and_port};
