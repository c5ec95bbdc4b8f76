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

impl Alertmanager {
    /// Whether its file is a template, of which something makes the configuration.
    pub(crate) fn is_a_template(&self) -> bool {
        let end = self.file.path.extension().and_then(|end| end.to_str());
        !end.is_some_and(|end| ["yml", "yaml"].contains(&end))
    }
}
