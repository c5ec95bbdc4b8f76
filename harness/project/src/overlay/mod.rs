//! The overlay: one more compose file, by which a project of others runs beside itself, under
//! another name, and touches nothing of theirs.
//!
//! Their compose files stay as they are. Compose merges the overlay into them: lists such as
//! `ports` are replaced by `!override`, single keys are removed by `!reset`, mounts are replaced
//! where they have the same target. That compose merged it as it was meant is checked before
//! anything is started ([`check_overlay`]).
//!
//! Rejected: to render the whole project and start that instead. Values of their `.env` would then
//! stand in a file of ours, and `extends`, `include` and profiles would be lost.
//!
//! What the overlay does to a project:
//!
//! | of theirs | with the overlay |
//! | --- | --- |
//! | published ports | on 127.0.0.1, at a port that the engine chooses |
//! | ports of Prometheus and Alertmanager | published there, even if they only expose them |
//! | `container_name` | removed; the name stays an alias in the service's networks |
//! | networks and volumes that are external or have a name | ours, empty, with names of our project |
//! | subnets, static addresses, networks' drivers | left to the engine, with a note |
//! | `network_mode: host` | Prometheus's networks, with a note; refused for the two servers |
//! | folders of the project that a container may write to | copies |
//! | files of Prometheus and Alertmanager | copies, in which candidates can take their places |
//! | their data folders | empty: what an earlier run knew does not blur a drill |
//! | folders that do not exist, or that this user may not read | empty ones of ours, so that the engine makes none |
//! | what lies outside of the project and may be written to | read-only, with a note; sockets stay |
//! | all else | stays |

mod check;
mod compose_version;
mod copied_paths;
mod draft;
mod making;
mod mounted_configs;
mod mounts;
mod named_volumes;
mod networks;
mod ports;
mod sink_service;
mod static_addresses;
mod wishes;
mod yaml;

pub use check::check_overlay;
pub use compose_version::require_compose;
pub use copied_paths::{Copy, CopySource, MOST_BYTES_COPIED};
pub use draft::{Overlay, Place};
pub use making::overlay;
pub use wishes::{MountedFile, OverlayWishes, ServerWish, SinkWish};

#[cfg(test)]
mod tests;
