//! What a run wants of a project of others.

use std::path::Path;

use alertdrill_core::{Error, Result, nearest};

use crate::{ComposeModel, Service};

/// What a run wants of a project of others.
#[derive(Clone, Copy, Debug)]
pub struct OverlayWishes<'a> {
    /// The name of our compose project: `shop-drill`.
    pub project: &'a str,
    /// The absolute path of the folder that is theirs.
    pub root: &'a Path,
    /// The absolute path of the folder in which copies of what they mount lie.
    pub copies: &'a Path,
    /// Their Prometheus, or the VictoriaMetrics in its place.
    pub prometheus: ServerWish<'a>,
    /// Their vmalert, if that evaluates the rules.
    pub rule_engine: Option<ServerWish<'a>>,
    /// Their Alertmanager, if they have one.
    pub alertmanager: Option<ServerWish<'a>>,
    /// The service that is told in place of the receivers; it needs an Alertmanager.
    pub sink: Option<SinkWish<'a>>,
    /// Files that the run replaces: configuration and rules.
    pub mounted: &'a [MountedFile<'a>],
}

/// A server that the harness asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerWish<'a> {
    /// Its service.
    pub service: &'a str,
    /// The port that it listens on, inside its container.
    pub port: u16,
}

/// The notification sink, a service of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SinkWish<'a> {
    /// Its service, which is also its host name: `alertdrill-sink`.
    pub service: &'a str,
    /// Its image, whose entry point is the program.
    pub image: &'a str,
    /// The port that it listens on.
    pub port: u16,
    /// The words of its health check, which its container runs; none leaves it to the image.
    pub health: &'a [String],
}

/// A file in a container that the run replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MountedFile<'a> {
    /// The service.
    pub service: &'a str,
    /// The absolute path in its container: `/etc/prometheus/prometheus.yml`.
    pub path: &'a Path,
}

impl<'a> OverlayWishes<'a> {
    /// The servers that the harness asks.
    pub(super) fn servers(&self) -> impl Iterator<Item = ServerWish<'a>> {
        let others = [self.rule_engine, self.alertmanager];
        [self.prometheus]
            .into_iter()
            .chain(others.into_iter().flatten())
    }

    pub(super) fn is_server(&self, service: &str) -> bool {
        self.servers().any(|server| server.service == service)
    }

    /// The files of a service that the run replaces.
    pub(super) fn replaced_in(&self, service: &str) -> impl Iterator<Item = &'a Path> {
        let files = self.mounted.iter();
        files
            .filter(move |file| file.service == service)
            .map(|file| file.path)
    }

    /// The name in the engine of a network or volume of our project.
    pub(super) fn own_name(&self, key: &str) -> String {
        format!("{}_{key}", self.project)
    }

    /// That something about the project keeps it from being run.
    pub(super) fn refused(&self, reason: String) -> Error {
        Error::BadDescription {
            what: format!("the compose project in {}", self.root.display()),
            reason,
        }
    }

    /// Their service of that name.
    pub(super) fn service<'m>(&self, model: &'m ComposeModel, name: &str) -> Result<&'m Service> {
        model.services.get(name).ok_or_else(|| {
            let near = nearest(name, model.services.keys().map(String::as_str));
            let near = near.map_or_else(String::new, |near| format!("; the nearest is `{near}`"));
            self.refused(format!("it has no service `{name}`{near}"))
        })
    }

    /// That the wishes can be met by some project.
    pub(super) fn check(&self, model: &ComposeModel) -> Result<()> {
        for path in [self.root, self.copies] {
            if !path.is_absolute() {
                let reason = format!("{} is no absolute path", path.display());
                return Err(self.refused(reason));
            }
        }
        for server in self.servers() {
            self.service(model, server.service)?;
        }
        for file in self.mounted {
            self.service(model, file.service)?;
        }
        let Some(sink) = self.sink else {
            return Ok(());
        };
        if model.services.contains_key(sink.service) {
            return Err(self.refused(format!(
                "it has a service `{}` of its own, which is the name of the notification sink; \
                 rename theirs",
                sink.service
            )));
        }
        if self.alertmanager.is_none() {
            let reason = "it has no Alertmanager that could tell the notification sink".to_owned();
            return Err(self.refused(reason));
        }
        Ok(())
    }
}
