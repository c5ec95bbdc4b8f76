//! Reads a checkout.

use std::path::{Path, PathBuf};

use alertdrill_core::{Error, Result};
use alertdrill_project::yaml_tree;

use super::{Alertmanager, Checkout, Prometheus, RulesFile, SourceFile};

/// Files that need not be found.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// The compose files, in the order in which they are merged.
    pub compose: Vec<PathBuf>,
    /// Prometheus's configuration.
    pub prometheus: Option<PathBuf>,
}

impl Checkout {
    /// Each way to run the project in `folder`.
    ///
    /// # Errors
    /// [`Error::File`] of a file that cannot be read; [`Error::BadDescription`] if there is nothing
    /// to read at all.
    pub fn read(folder: &Path, wishes: &Wishes) -> Result<Vec<Self>> {
        // The first form: one configuration of each in the folder itself.
        let read = |name: &str| -> Result<Option<SourceFile>> {
            let path = folder.join(name);
            if !path.is_file() {
                return Ok(None);
            }
            let text = std::fs::read_to_string(&path).map_err(Error::file("read", &path))?;
            Ok(Some(SourceFile::new(name, text)))
        };
        let node = |file: &SourceFile| {
            let documents = yaml_tree::parse(&file.text).unwrap_or_default();
            documents.into_iter().next().unwrap_or_default()
        };
        let _ = wishes;
        let mut sources = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(Error::file("read", folder))? {
            let path = entry.map_err(Error::file("read", folder))?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            if let (Some(name), true) = (name, path.is_file()) {
                sources.extend(read(name)?);
            }
        }
        Ok(vec![Self {
            prometheus: read("prometheus.yml")?.map(|file| Prometheus::read(&file, &node(&file))),
            rules_files: read("rules.yml")?
                .map(|file| RulesFile::read(&file))
                .into_iter()
                .collect(),
            alertmanager: read("alertmanager.yml")?.map(|file| Alertmanager {
                node: node(&file),
                file,
                service: None,
            }),
            sources,
            ..Self::default()
        }])
    }
}
