//! A project of others in a folder of its own, read and merged by compose itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::ComposeModel;
use crate::overlay::{
    MountedFile, Overlay, OverlayWishes, ServerWish, SinkWish, check_overlay, overlay,
};

pub(super) const PROMETHEUS: ServerWish = ServerWish {
    service: "prometheus",
    port: 9090,
};
pub(super) const ALERTMANAGER: ServerWish = ServerWish {
    service: "alertmanager",
    port: 9093,
};
pub(super) const SINK: SinkWish = SinkWish {
    service: "alertdrill-sink",
    image: "alertdrill/sink:1",
    port: 8080,
    health: &[],
};

/// Both servers as a project has them that says nothing special.
pub(super) const SERVERS: &str = "
services:
  prometheus: {image: p}
  alertmanager: {image: a}
";

pub(super) struct Shop {
    folder: TempDir,
    pub(super) prometheus: ServerWish<'static>,
    pub(super) alertmanager: Option<ServerWish<'static>>,
    pub(super) sink: Option<SinkWish<'static>>,
    pub(super) mounted: Vec<MountedFile<'static>>,
}

impl Shop {
    /// A project of this compose file, with these files and folders (which end with a slash).
    pub(super) fn new(compose: &str, files: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let shop = Self {
            folder,
            prometheus: PROMETHEUS,
            alertmanager: Some(ALERTMANAGER),
            sink: None,
            mounted: Vec::new(),
        };
        std::fs::create_dir(shop.root()).unwrap();
        shop.write("compose.yml", compose);
        for file in files {
            match file.strip_suffix('/') {
                Some(folder) => std::fs::create_dir_all(shop.root().join(folder)).unwrap(),
                None => shop.write(file, file),
            }
        }
        shop
    }

    pub(super) fn replacing(mut self, service: &'static str, path: &'static str) -> Self {
        let path = Path::new(path);
        self.mounted.push(MountedFile { service, path });
        self
    }

    pub(super) fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("shop")
    }

    pub(super) fn copies(&self) -> PathBuf {
        self.root().join("target/copies")
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.root().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(super) fn with_wishes<T>(&self, see: impl FnOnce(&OverlayWishes) -> T) -> T {
        see(&OverlayWishes {
            project: "shop-drill",
            root: &self.root(),
            copies: &self.copies(),
            prometheus: self.prometheus,
            rule_engine: None,
            alertmanager: self.alertmanager,
            sink: self.sink,
            mounted: &self.mounted,
        })
    }

    /// What compose makes of the compose file and these others.
    pub(super) fn config(&self, others: &[&Path]) -> Result<ComposeModel, String> {
        let mut command = Command::new("docker");
        command.args(["compose", "-p", "shop-drill", "--profile", "*", "-f"]);
        command.arg(self.root().join("compose.yml"));
        for other in others {
            command.arg("-f").arg(other);
        }
        let output = command
            .args(["config", "--format", "json"])
            .output()
            .unwrap();
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let json = String::from_utf8(output.stdout).unwrap();
        Ok(ComposeModel::from_json(&json).unwrap())
    }

    pub(super) fn overlay(&self) -> alertdrill_core::Result<Overlay> {
        let model = self.config(&[]).unwrap();
        self.with_wishes(|wishes| overlay(&model, wishes))
    }

    /// The overlay, and the project as compose merges them, which keeps every promise.
    pub(super) fn merged(&self) -> (Overlay, ComposeModel) {
        let overlay = self.overlay().unwrap();
        let merged = self.merged_with(&overlay.text);
        if let Err(error) = self.with_wishes(|wishes| check_overlay(&merged, wishes)) {
            panic!("{error}\n{}", overlay.text);
        }
        (overlay, merged)
    }

    pub(super) fn merged_with(&self, text: &str) -> ComposeModel {
        let file = self.folder.path().join("overlay.yml");
        std::fs::write(&file, text).unwrap();
        let merged = self.config(&[&file]);
        merged.unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    /// The overlay's text without what is the same in each, with `/shop` for the project's folder.
    pub(super) fn text(&self, overlay: &Overlay) -> String {
        let lines = overlay.text.lines().filter(|line| !line.starts_with('#'));
        self.shown(&lines.collect::<Vec<_>>().join("\n"))
    }

    /// The copies, one a line.
    pub(super) fn copies_of(&self, overlay: &Overlay) -> String {
        let copies = overlay.copies.iter().map(|copy| {
            let to = copy.to.strip_prefix(self.copies()).unwrap();
            format!("{} <- {:?}", to.display(), copy.from)
        });
        self.shown(&copies.collect::<Vec<_>>().join("\n"))
    }

    pub(super) fn notes(&self, overlay: &Overlay) -> String {
        self.shown(&overlay.notes.join("\n"))
    }

    pub(super) fn shown(&self, text: &str) -> String {
        let beside = self.folder.path().canonicalize().unwrap();
        text.replace(&self.root().display().to_string(), "/shop")
            .replace(&beside.display().to_string(), "/beside")
    }
}
