//! What a project's own files say: its compose model, the configuration of its Prometheus and
//! Alertmanager, its `alertdrill.yml`. Files are read here; no engine and no server is asked.

mod compose_model;
pub mod discovery;
pub mod proposal;

pub use compose_model::{
    Build, ComposeModel, ConfigUse, Dependency, Network, NetworkUse, Port, Service, Volume,
    VolumeUse,
};
