//! Discovery on projects that are written into a folder of their own.

mod found;
mod refused;
mod vmalert;

use std::path::Path;

use super::*;
use crate::{ComposeModel, ServerName};

/// A project's files, and its compose model, in which `ROOT` stands for the project's folder.
struct Project {
    folder: tempfile::TempDir,
    model: String,
}

impl Project {
    fn new(services: &str) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            model: format!(r#"{{"name": "shop", "services": {services}}}"#),
        }
    }

    /// Prometheus with the folder `prometheus` and Alertmanager, as most have them.
    fn ordinary() -> Self {
        Self::new(
            r#"{
            "metrics": {"image": "prom/prometheus:v2.53.0", "volumes": [
                {"type": "bind", "source": "ROOT/prometheus", "target": "/etc/prometheus/"}]},
            "alerts": {"image": "prom/alertmanager", "volumes": [
                {"type": "bind", "source": "ROOT/am.yml", "target": "/etc/alertmanager/am.yml"}],
                "command": ["--config.file=/etc/alertmanager/am.yml"]},
            "api": {"container_name": "shop_api"}, "graphs": {"image": "grafana/grafana-oss:11.0"}
            }"#,
        )
        .file(
            "prometheus/prometheus.yml",
            "global: {scrape_interval: 5s}\nrule_files: ['rules/*.yml']\n\
             alerting: {alertmanagers: [{static_configs: [{targets: ['alerts:9093']}]}]}\n\
             scrape_configs:\n  - job_name: api\n    scrape_interval: 2s\n    static_configs:\n      \
             - {targets: ['shop_api:8080'], labels: {tier: 1}}\n  - job_name: machine\n    \
             static_configs: [{targets: ['10.9.9.9:9100']}]\n",
        )
        .file("prometheus/rules/b.yml", "groups: []\n")
        .file(
            "prometheus/rules/a.yml",
            "groups: [{name: g, rules: [{alert: ApiDown, expr: up == 0}]}]\n",
        )
        .file("am.yml", "route: {receiver: x}\nreceivers: [{name: x}]\n")
    }

    fn file(self, path: &str, text: &str) -> Self {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn without(self, path: &str) -> Self {
        std::fs::remove_file(self.folder.path().join(path)).unwrap();
        self
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn model(&self) -> ComposeModel {
        let root = self.root().display().to_string();
        ComposeModel::from_json(&self.model.replace("ROOT", &root)).unwrap()
    }

    fn discovered_with(&self, wishes: &Wishes) -> Result<Discovered, String> {
        let root = self.root().display().to_string();
        discover(&self.model(), wishes).map_err(|error| error.to_string().replace(&root, "ROOT"))
    }

    fn discovered(&self) -> Discovered {
        self.discovered_with(&Wishes::default()).unwrap()
    }

    fn refused(&self) -> String {
        folded(&self.discovered_with(&Wishes::default()).unwrap_err())
    }
}

fn server(service: &str, port: u16) -> FoundServer {
    FoundServer {
        service: service.to_owned(),
        port,
        path_prefix: String::new(),
    }
}

fn wished(service: &str) -> Wishes {
    Wishes {
        prometheus: Some(ServerName {
            service: service.to_owned(),
            port: None,
        }),
        ..Wishes::default()
    }
}

/// The same text, in lines that fit on a page.
fn folded(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() < 80 => {
                line.push_str(if line.is_empty() { "" } else { " " });
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}
