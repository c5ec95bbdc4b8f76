//! Alertmanager's configuration as it is written.

use alertdrill_project::yaml_tree::Node;

use super::SourceFile;

/// An Alertmanager and its configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alertmanager {
    pub(crate) file: SourceFile,
    /// The whole configuration.
    pub(crate) node: Node,
    /// The service that it is; `None` if it is no service of the compose project.
    pub(crate) service: Option<String>,
}
