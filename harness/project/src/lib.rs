//! What a project's own files say: its compose model, the configuration of its Prometheus and
//! Alertmanager, its `alertdrill.yml`. Files are read here; no engine and no server is asked.

mod alertmanager_for_the_sink;
pub mod compose_files;
mod compose_model;
pub mod discovery;
pub mod overlay;
mod project_file;
pub mod proposal;
pub mod yaml_tree;

pub use alertmanager_for_the_sink::alertmanager_for_the_sink;
pub use compose_model::{
    Build, ComposeModel, ConfigUse, Dependency, Network, NetworkUse, Port, Service, Volume,
    VolumeUse, is_a_size,
};
pub use project_file::{
    Attach, ProjectFile, ServerName, parse_project_file, project_file_schema, read_project_file,
};
