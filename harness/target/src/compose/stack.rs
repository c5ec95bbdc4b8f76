//! A stack that runs, and that this process holds.

use std::path::PathBuf;

use alertdrill_core::settings::Endpoint;
use alertdrill_core::{Error, Result};
use alertdrill_progress::Progress;
use tokio_util::sync::CancellationToken;

use super::containers::Containers;
use super::drilled_files::DrilledFile;
use super::fingerprint::{Fingerprint, files_sha256};
use super::health::all_run;
use super::lock::{self, StackLock};
use super::project::{Layout, Project};
use super::reload::{Reload, ServerAddresses};
use super::removal::{remove_file, remove_if_unused};
use super::staging::{self, Configuration};
use super::starting::{StackStart, start_or_take_down};

/// A running stack, held by this process.
#[derive(Debug)]
pub struct Stack {
    project: Project,
    containers: Containers,
    start: StackStart,
    configuration: Configuration,
    lock: StackLock,
}

/// Rules, routes and a configuration to be loaded in place of the committed ones.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// The rules file's text.
    pub rules: &'a str,
    /// The text of Prometheus's configuration.
    pub prometheus: &'a str,
    /// The text of Alertmanager's configuration.
    pub alertmanager: &'a str,
}

impl Stack {
    /// Takes hold of the stack of `project`, and starts it if it does not run. Many processes use
    /// a stack that is up and current together. A stack whose rules or routes changed is reloaded
    /// once nobody else uses it.
    ///
    /// A stack that this call started and that does not become healthy is taken down again.
    ///
    /// # Errors
    /// Each [`Error`] of a missing engine, image, port or healthy service.
    pub async fn up(
        mut project: Project,
        reload: Reload,
        progress: &Progress,
        cancel: &CancellationToken,
    ) -> Result<Self> {
        let containers = project.containers().await?;
        project.prepare(&containers).await?;
        let path = project.lock_file();
        let mut start = StackStart::Reused;
        let mut waiting = None;
        loop {
            // Another process may be starting the stack, so it may have become current meanwhile.
            if let Some(lock) = StackLock::try_shared(&path)? {
                project.adopt_free_ports().await?;
                let configuration = staging::asked_for(&project)?;
                if is_current(&project, &containers, &configuration).await? {
                    return Ok(Self {
                        project,
                        containers,
                        start,
                        configuration,
                        lock,
                    });
                }
            }
            if let Some(alone) = StackLock::try_alone(&path)? {
                let begun = start_or_take_down(&project, &containers, reload, progress, cancel);
                start = start.max(begun.await?);
                // Until this process shares the stack, another one may have it alone, and change or
                // remove it. So the loop checks everything again.
                drop(alone);
                continue;
            }
            let holder = StackLock::holder(&path)?;
            let what = || {
                format!("another run starts it or uses it as it is ({holder}); waiting for that")
            };
            let step = waiting.get_or_insert_with(|| progress.step("stack", what()));
            step.update("still waiting");
            lock::pause(cancel).await?;
        }
    }

    /// Lets go of the stack. The last process to do so removes it, if it was started to be removed
    /// after its last use.
    ///
    /// # Errors
    /// [`Error::Compose`].
    pub async fn leave(self, progress: &Progress) -> Result<()> {
        drop(self.lock);
        remove_if_unused(&self.project, progress).await
    }

    /// A second hold, which another process can inherit.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn hold(&self) -> Result<std::fs::File> {
        self.lock.duplicate()
    }

    /// Lets go of the stack and leaves it running, whoever started it.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn keep(self) -> Result<()> {
        remove_file(&self.project.removal_mark())
    }

    /// The compose project.
    #[must_use]
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// Its containers.
    #[must_use]
    pub fn containers(&self) -> &Containers {
        &self.containers
    }

    /// How the stack came to run.
    #[must_use]
    pub fn start(&self) -> StackStart {
        self.start
    }

    /// The rules files that it runs with.
    #[must_use]
    pub fn rules(&self) -> &[DrilledFile] {
        &self.configuration.files.rules
    }

    /// The hash of the content of [`Stack::rules`].
    #[must_use]
    pub fn rules_sha256(&self) -> &str {
        &self.configuration.rules_sha256
    }

    /// Prometheus's configuration and its rules files, where the stack mounts them from. Their
    /// content may change while the stack runs.
    #[must_use]
    pub fn prometheus_files(&self) -> (PathBuf, Vec<PathBuf>) {
        staging::prometheus_files_in_use(&self.project)
    }

    /// The configuration of Alertmanager that leads to the sink, in a project of others.
    #[must_use]
    pub fn rewritten_routes(&self) -> Option<PathBuf> {
        self.project.settings().notification_sink.as_ref()?;
        let routes = self.configuration.files.routes.as_ref()?;
        let is_of_others = matches!(self.project.layout(), Layout::Copies(_));
        staging::mounted_from(&self.project, &routes.committed).filter(|_| is_of_others)
    }

    /// Has Prometheus and Alertmanager load a candidate in place of what they run with, without a
    /// restart. The next start notices that and loads the committed rules and routes again.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::BadDescription`] if the project mounts its files as they are, or
    /// [`Error::NoAnswer`] if the servers refuse the candidate.
    pub async fn load(&self, candidate: Candidate<'_>, reload: Reload) -> Result<()> {
        let (project, files) = (&self.project, &self.configuration.files);
        let mut texts = vec![(&files.prometheus, candidate.prometheus)];
        // The only rules file, or the first of several.
        texts.extend(files.rules.first().map(|rules| (rules, candidate.rules)));
        texts.extend(
            files
                .routes
                .as_ref()
                .map(|routes| (routes, candidate.alertmanager)),
        );
        for (file, text) in texts {
            let place = staging::mounted_from(project, &file.committed).ok_or_else(not_staged)?;
            std::fs::write(&place, text).map_err(Error::file("write", place))?;
        }
        if let Some(running) = Fingerprint::read(project) {
            let with_candidate = Fingerprint {
                configuration_sha256: "a candidate".to_owned(),
                ..running
            };
            with_candidate.write(project)?;
        }
        reload(ServerAddresses::of(project, &self.containers).await?).await
    }

    /// The address of a server of the stack, on this machine.
    ///
    /// # Errors
    /// As [`Containers::address`].
    pub async fn address(&self, endpoint: &Endpoint) -> Result<String> {
        self.containers.address_of(endpoint).await
    }
}

fn not_staged() -> Error {
    let reason = "the project mounts its own as they are; its setting `staged_by` would let others \
                  take their place";
    Error::Refused {
        attempted: "load a candidate's rules, routes and configuration".to_owned(),
        reason: reason.to_owned(),
    }
}

/// Whether the stack runs with this project's files, images, rules and routes as they are now.
async fn is_current(
    project: &Project,
    containers: &Containers,
    wanted: &Configuration,
) -> Result<bool> {
    if project.is_attached() {
        return all_run(project, containers).await;
    }
    let Some(running) = Fingerprint::read(project) else {
        return Ok(false);
    };
    let same = running.configuration_sha256 == wanted.sha256
        && running.files_sha256 == files_sha256(project)?;
    Ok(same && all_run(project, containers).await?)
}
