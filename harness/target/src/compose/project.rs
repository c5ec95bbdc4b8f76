//! The compose project: its files, its settings, and where what belongs to it is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use alertdrill_core::settings::{ProgramImage, Settings};
use alertdrill_core::{Error, Result};
use alertdrill_project::Service;
use alertdrill_project::overlay::require_compose;

use super::command::{self, Compose};
use super::containers::Containers;
use super::description;
use super::folders::{state_folder, target_folder};
use super::foreign::Beside;
use super::sink_image::sink_image;
use super::stack_number::StackNumber;

/// The program that the sink's image holds.
const PROGRAM: &str = "alertdrill";

/// A compose project and what has to be known of it.
#[derive(Clone, Debug)]
pub struct Project {
    pub(super) root: PathBuf,
    /// The file that the project was opened by.
    pub(super) file: PathBuf,
    /// Which of several stacks of it this is.
    pub(super) number: StackNumber,
    pub(super) name: String,
    pub(super) settings: Settings,
    pub(super) services: BTreeMap<String, Service>,
    /// The engine's names of networks that are not called by the project and their own name.
    pub(super) networks: BTreeMap<String, String>,
    pub(super) compose: Compose,
    pub(super) programs: PathBuf,
    pub(super) layout: Layout,
    /// The services that faults may touch; all if it is not said.
    pub(super) may_break: Option<BTreeSet<String>>,
}

/// How configuration comes into the containers.
#[derive(Clone, Debug)]
pub(super) enum Layout {
    /// By folders that variables of the compose file name (the setting `staged_by`), or as it is.
    Folders,
    /// By copies of what is mounted, which an overlay mounts instead.
    Copies(Box<Beside>),
    /// The project runs already: nothing of it is changed.
    Attached,
}

impl Project {
    /// The project's name, which is the label of all its containers.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The folder of the compose file.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The settings in the compose file.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The folder that cargo and this program write to: `target`, or `CARGO_TARGET_DIR`.
    #[must_use]
    pub fn target_folder(&self) -> PathBuf {
        target_folder(&self.root)
    }

    /// The folder of what is kept between runs: staged configuration, the lock, the journal.
    #[must_use]
    pub fn state_folder(&self) -> PathBuf {
        state_folder(&self.root, &self.name)
    }

    /// The other stacks of the project that were started once: their faults and leases are kept in
    /// folders of their own.
    #[must_use]
    pub fn further_stacks(&self) -> Vec<StackNumber> {
        let numbers = std::iter::successors(Some(self.number.next()), |number| Some(number.next()));
        let name_of = |number: &StackNumber| number.name_of(&self.name);
        let was_started =
            |number: &StackNumber| state_folder(&self.root, &name_of(number)).exists();
        numbers.take_while(was_started).collect()
    }

    pub(super) fn services(&self) -> &BTreeMap<String, Service> {
        &self.services
    }

    /// How configuration comes into the containers.
    pub(super) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Its containers, on the engine that `DOCKER_HOST` or the default socket names.
    ///
    /// # Errors
    /// As [`Containers::connect`].
    pub async fn containers(&self) -> Result<Containers> {
        let containers = Containers::connect(&self.name).await?;
        Ok(containers.with_networks(self.networks.clone()))
    }

    /// Makes what a project of others needs to run beside itself: the image of the sink, and the
    /// overlay.
    ///
    /// # Errors
    /// As [`require_compose`] and [`sink_image`], or what keeps the project from being run.
    pub(super) async fn prepare(&mut self, containers: &Containers) -> Result<()> {
        let Layout::Copies(beside) = &mut self.layout else {
            return Ok(());
        };
        let version = ["version", "--short"];
        let version =
            command::run(&Compose::default(), &version, "ask its version", |_| ()).await?;
        require_compose(&version)?;
        let image = match &self.settings.notification_sink {
            Some(_) => sink_image(containers.docker(), &self.programs.join(PROGRAM)).await?,
            None => String::new(),
        };
        let overlay = beside.write_overlay(&image)?;
        if !self.compose.files.contains(&overlay) {
            self.compose.files.push(overlay);
        }
        let kept_in = target_folder(&self.root).join("compose");
        let merged = description::read(&self.compose, &kept_in).await?.model;
        beside.check(&image, &merged)?;
        self.services = merged.services;
        Ok(())
    }

    /// Where the project runs otherwise than its files say: a sentence each.
    pub(super) fn notes(&self) -> &[String] {
        match &self.layout {
            Layout::Copies(beside) => &beside.overlay.notes,
            Layout::Folders | Layout::Attached => &[],
        }
    }

    /// Whether the project ran before, and is not ours to start or to remove.
    #[must_use]
    pub fn is_attached(&self) -> bool {
        matches!(self.layout, Layout::Attached)
    }

    /// Whether what has to be known of it stands in its own compose file, with the sink.
    pub(super) fn is_described_by_its_compose_file(&self) -> bool {
        matches!(self.layout, Layout::Folders)
    }

    /// Whether other services wait for the end of this one.
    pub(super) fn is_one_shot(&self, service: &str) -> bool {
        let ends = |other: &Service| {
            let dependency = other.depends_on.get(service);
            dependency.is_some_and(|it| it.condition == "service_completed_successfully")
        };
        self.services.values().any(ends)
    }

    /// Whether this service may have ended well: others wait for that, or nothing starts it again
    /// in a project of others, which need not say more.
    pub(super) fn may_end(&self, service: &str) -> bool {
        let is_of_others = !matches!(self.layout, Layout::Folders);
        let policy = self.services.get(service);
        let policy = policy.and_then(|service| service.restart.as_deref());
        let is_left_ended = matches!(policy, None | Some("no" | "on-failure"));
        self.is_one_shot(service) || (is_of_others && is_left_ended)
    }

    /// The committed files and folders that the project mounts as they are, and those that its
    /// images are built from.
    pub(super) fn committed_sources(&self) -> BTreeSet<PathBuf> {
        let volumes = self.services.values().flat_map(|service| &service.volumes);
        let mounted = volumes.filter(|volume| volume.kind == "bind");
        let mounted = mounted.filter_map(|volume| volume.source.as_ref().map(PathBuf::from));
        let services = self.services.values();
        let builds = services.filter_map(|service| service.build.as_ref());
        let staged = self.target_folder();
        let sources = mounted.chain(builds.map(|build| build.context.clone()));
        let is_committed =
            |source: &PathBuf| source.starts_with(&self.root) && !source.starts_with(&staged);
        sources.filter(is_committed).collect()
    }

    /// The settings of the image that is made of a program, and the program's file; `None` if the
    /// project has no such image.
    pub(super) fn program_image(&self) -> Option<(&ProgramImage, PathBuf)> {
        let image = self.settings.program_image.as_ref()?;
        Some((image, self.programs.join(&image.program)))
    }

    pub(super) fn compose_files(&self) -> &[PathBuf] {
        &self.compose.files
    }

    /// Keeps the free ports for the next process that finds the stack up.
    pub(super) fn keep_free_ports(&self) -> Result<()> {
        for variable in &self.settings.free_ports {
            let port = self.compose.variables.get(variable);
            let port = port.map_or("", String::as_str);
            let path = port_file(&self.state_folder(), variable);
            std::fs::write(&path, port).map_err(Error::file("write", path))?;
        }
        Ok(())
    }

    /// The files in which the free ports are kept.
    pub(super) fn port_files(&self) -> impl Iterator<Item = PathBuf> + '_ {
        let (state, variables) = (self.state_folder(), self.settings.free_ports.iter());
        variables.map(move |variable| port_file(&state, variable))
    }

    pub(super) fn lock_file(&self) -> PathBuf {
        self.state_folder().join("lock")
    }

    /// This file exists if the stack was started to be removed after its last use.
    pub(super) fn removal_mark(&self) -> PathBuf {
        self.state_folder().join("remove_when_unused")
    }

    /// Runs `docker compose` on this project; see [`command::run`].
    pub(super) async fn compose(
        &self,
        arguments: &[&str],
        attempted: &str,
        on_line: impl Fn(&str),
    ) -> Result<String> {
        command::run(&self.compose, arguments, attempted, on_line).await
    }
}

/// The variables of the compose file: the project's name, the folders of what is staged, and free
/// ports.
pub(super) fn variables(
    name: &str,
    settings: &Settings,
    state: &Path,
) -> Result<BTreeMap<String, String>> {
    let prometheus = settings.prometheus_files.staged_by.as_ref();
    let alertmanager = settings.alertmanager_files.as_ref();
    let alertmanager = alertmanager.and_then(|files| files.staged_by.as_ref());
    let image = settings.program_image.as_ref().map(|image| &image.variable);
    let staged = [
        (prometheus, staged_prometheus(state)),
        (alertmanager, staged_alertmanager(state)),
        (image, staged_program_image(state)),
    ];
    let mut variables = BTreeMap::new();
    for (variable, folder) in staged {
        if let Some(variable) = variable {
            variables.insert(variable.clone(), folder.display().to_string());
        }
    }
    variables.insert("COMPOSE_PROJECT_NAME".to_owned(), name.to_owned());
    for variable in &settings.free_ports {
        variables.insert(variable.clone(), free_port(variable, state)?.to_string());
    }
    Ok(variables)
}

pub(super) fn staged_prometheus(state: &Path) -> PathBuf {
    state.join("prometheus")
}

pub(super) fn staged_alertmanager(state: &Path) -> PathBuf {
    state.join("alertmanager")
}

pub(super) fn staged_program_image(state: &Path) -> PathBuf {
    state.join("program-image")
}

/// A port that must be known before Docker could choose one. It is the port that the environment
/// names, else the one that is kept while the stack may be up, else a free one.
fn free_port(variable: &str, state: &Path) -> Result<u16> {
    let named = std::env::var(variable).ok();
    let kept = || std::fs::read_to_string(port_file(state, variable)).ok();
    if let Some(port) = named.or_else(kept).and_then(|port| port.parse().ok()) {
        return Ok(port);
    }
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let free = free.map_err(Error::file("find a free port on", "127.0.0.1"))?;
    Ok(free.port())
}

fn port_file(state: &Path, variable: &str) -> PathBuf {
    state.join(format!("port_{variable}"))
}
