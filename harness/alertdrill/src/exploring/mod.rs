//! Explores a project: breaks each service in each way, records that, and draws the map of it.
//!
//! What is broken goes through the same life as a drill's fault: lease, steady state, journal,
//! effect, revert. What it comes to is judged afterwards, from the records and the recording alone,
//! so that other rules can be judged by them any time.

mod graphs;
mod live;
mod mapping;
mod opened;
mod proposing;
mod rejudging;

pub(crate) use live::{Explored, explore, tried_before};
pub(crate) use mapping::{MapOf, map_of};
pub(crate) use rejudging::{Rejudged, rejudge};
