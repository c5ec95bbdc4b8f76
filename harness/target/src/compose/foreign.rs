//! A project of others: described by an `alertdrill.yml` beside its compose files, which stay as
//! they are. It runs beside itself under a name of ours, by an overlay; or it runs already, and is
//! attached to.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use alertdrill_core::plan::Plan;
use alertdrill_core::settings::{
    AlertmanagerFiles, Endpoint, Pathway, PrometheusFiles, Settings, SteadyCondition,
};
use alertdrill_core::{Error, Lease, LeaseMode, Result};
use alertdrill_project::discovery::{Discovered, FoundServer, Wishes, discover, loaded_rules};
use alertdrill_project::overlay::{
    MountedFile, Overlay, OverlayWishes, ServerWish, SinkWish, check_overlay, overlay,
};
use alertdrill_project::{ComposeModel, ProjectFile, alertmanager_for_the_sink, read_project_file};

use super::command::Compose;
use super::compose_files::compose_of;
use super::description;
use super::files::{read_text, write_if_changed};
use super::folders::{make_target_folder, state_folder};
use super::runbooks::runbooks;
use super::sink_image::SINK_PORT;
use super::stack_number::StackNumber;

/// The service that is told in place of their receivers.
const SINK: &str = "alertdrill-sink";
/// What follows the name of a project of others in the name under which it is started.
const DRILLED: &str = "-drill";

/// The path that all services of a project are on which names no paths.
const WHOLE_PROJECT: &str = "project";

/// A project of others, as its files say it.
#[derive(Clone, Debug)]
pub struct ForeignProject {
    /// The folder of its `alertdrill.yml`, absolute.
    pub root: PathBuf,
    /// What has to be known of it: found, or written in its `alertdrill.yml`.
    pub settings: Settings,
    /// Its drills.
    pub plan: Plan,
    pub(super) file: PathBuf,
    /// Which of several stacks of it this is.
    pub(super) number: StackNumber,
    pub(super) model: ComposeModel,
    pub(super) compose: Compose,
    discovered: Discovered,
    /// The name of the running project, if it is attached to.
    pub(super) attached_to: Option<String>,
    /// The services that faults may touch; all if it is not said.
    pub(super) may_break: Option<BTreeSet<String>>,
}

/// Reads the project that the `alertdrill.yml` at `file` describes. Neither an engine nor a server
/// is asked.
///
/// # Errors
/// [`Error::NoCompose`]; [`Error::InFile`], [`Error::Several`] or [`Error::BadDescription`] of a
/// file that is wrong.
pub async fn foreign_project(file: &Path) -> Result<ForeignProject> {
    let written = read_project_file(file)?;
    let file = file.canonicalize().map_err(Error::file("open", file))?;
    let root = file.parent().map(Path::to_owned).unwrap_or_default();
    let compose = compose_of(&root, &written.compose, &written.profiles)?;
    let kept_in = make_target_folder(&root)?.join("compose");
    let model = description::read(&compose, &kept_in).await?.model;
    project_of(file, root, written, compose, model)
}

fn project_of(
    file: PathBuf,
    root: PathBuf,
    mut written: ProjectFile,
    compose: Compose,
    model: ComposeModel,
) -> Result<ForeignProject> {
    let discovered = discover(&model, &wishes_of(&written))?;
    written.complete(&model, &loaded_rules(&discovered)?)?;
    if written.attach.is_none() {
        require_that_nobody_else_is_told(&discovered)?;
    }
    let attached_to = written.attach.as_ref();
    let attached_to = attached_to.map(|it| it.project.clone().unwrap_or(model.name.clone()));
    let mut settings = settings_of(&written, &discovered, attached_to.is_some());
    settings.services = model.services.keys().cloned().collect();
    settings.services.extend(
        settings
            .notification_sink
            .iter()
            .map(|it| it.service.clone()),
    );
    settings.runbooks = runbooks(&root, &settings)?;
    let (mut plan, may_break) = (written.plan, written.may_break);
    if settings.paths.is_empty() {
        one_after_the_other(&mut plan, &mut settings);
    }
    Ok(ForeignProject {
        root,
        settings,
        plan,
        file,
        number: StackNumber::FIRST,
        model,
        compose,
        discovered,
        attached_to,
        may_break,
    })
}

/// Whoever else Prometheus sends its alerts to would page people for each drill.
fn require_that_nobody_else_is_told(discovered: &Discovered) -> Result<()> {
    if discovered.also_told.is_empty() {
        return Ok(());
    }
    Err(Error::BadDescription {
        what: discovered
            .prometheus_configuration
            .on_host
            .display()
            .to_string(),
        reason: format!(
            "Prometheus sends its alerts to {} too, and each drill would page whoever that tells; \
             have a compose file of your own mount a configuration without it, and name both: \
             `compose: [docker-compose.yml, for-drills.yml]`",
            discovered.also_told.join(" and ")
        ),
    })
}

/// Has drills that say nothing of what they need hold the whole project: how its services hang
/// together is not known.
fn one_after_the_other(plan: &mut Plan, settings: &mut Settings) {
    let owned = settings.services.iter();
    let owned = owned.filter(|service| !settings.watched_by.contains(service));
    let whole = Pathway {
        name: WHOLE_PROJECT.to_owned(),
        lanes: Vec::new(),
        owns: owned.cloned().collect(),
        uses: Vec::new(),
        steady_state: Vec::new(),
    };
    settings.paths.push(whole);
    for drill in &mut plan.drills {
        if drill.leases.is_empty() {
            drill.leases.push(Lease {
                on: WHOLE_PROJECT.to_owned(),
                mode: LeaseMode::Exclusive,
            });
        }
    }
}

fn wishes_of(written: &ProjectFile) -> Wishes {
    Wishes {
        prometheus: written.prometheus.clone(),
        rule_engine: written.rule_engine.clone(),
        alertmanager: written.alertmanager.clone(),
        no_alertmanager: written.has_no_alertmanager,
    }
}

fn settings_of(written: &ProjectFile, discovered: &Discovered, is_attached: bool) -> Settings {
    let Discovered {
        prometheus,
        prometheus_configuration,
        rule_engine,
        alertmanager,
        alertmanager_configuration,
        ..
    } = discovered;
    // Without its configuration nobody can say to whom it should send instead.
    let has_sink = !is_attached && alertmanager.is_some() && alertmanager_configuration.is_some();
    let sink = has_sink.then(|| Endpoint::new(SINK, SINK_PORT));
    let servers = [
        Some(&prometheus.service),
        rule_engine.as_ref().map(|it| &it.service),
        alertmanager.as_ref().map(|it| &it.service),
    ];
    let mut watched_by = written.watched_by.clone();
    if watched_by.is_empty() {
        watched_by.extend(servers.into_iter().flatten().cloned());
        watched_by.extend(sink.iter().map(|sink| sink.service.clone()));
    }
    let mut steady_state = written.steady_state.clone();
    if steady_state.is_empty() {
        steady_state = usual_steady_state();
    }
    let grafana = written
        .grafana
        .as_ref()
        .map(|it| Endpoint::new(&it.service, it.port.unwrap_or(3000)));
    Settings {
        prometheus: endpoint(prometheus),
        rule_engine: rule_engine.as_ref().map(endpoint),
        evaluation_delays: discovered.evaluation_delays,
        alertmanager: alertmanager.as_ref().map(endpoint),
        notification_sink: sink,
        prometheus_files: PrometheusFiles {
            configuration: prometheus_configuration.on_host.clone(),
            rules: discovered
                .rules
                .iter()
                .map(|rules| rules.on_host.clone())
                .collect(),
            staged_by: None,
        },
        alertmanager_files: alertmanager_configuration
            .as_ref()
            .map(|file| AlertmanagerFiles {
                configuration: file.on_host.clone(),
                staged_by: None,
            }),
        drills: None,
        receivers: written.receivers.clone(),
        may_be_told: written.may_be_told.clone(),
        promises: written.promises,
        culprits: written.culprits.clone(),
        instances: written.instances.clone(),
        runbook: written.runbook.clone(),
        coverage: written.coverage,
        watchdogs: written.watchdogs.clone(),
        rule_tests: written.rule_tests.clone(),
        recording: written.recording.clone(),
        waived_mutants: written.waived_mutants.clone(),
        annotations: written.annotations.clone(),
        program_image: None,
        free_ports: Vec::new(),
        kafka: written.kafka.clone(),
        dashboard: written.dashboard.clone(),
        grafana: grafana.or_else(|| discovered.grafana.as_ref().map(endpoint)),
        usage: written.usage.clone(),
        watched_by,
        paths: written.paths.clone(),
        steady_state,
        services: BTreeSet::new(),
        runbooks: BTreeSet::new(),
    }
}

fn endpoint(server: &FoundServer) -> Endpoint {
    Endpoint {
        path_prefix: server.path_prefix.clone(),
        ..Endpoint::new(&server.service, server.port)
    }
}

/// What must hold before a fault where the project says nothing: what was up is up. A target that
/// never was is the project's own matter.
fn usual_steady_state() -> Vec<SteadyCondition> {
    let condition = |name: &str, query: &str| SteadyCondition {
        name: name.to_owned(),
        query: query.to_owned(),
    };
    vec![
        condition("Prometheus scrapes its targets", "count(up == 1) > 0"),
        condition(
            "every target that was up is up",
            "absent(up == 0 and max_over_time(up[1h]) == 1)",
        ),
    ]
}

/// What it takes to run a project of others beside itself.
#[derive(Clone, Debug)]
pub(super) struct Beside {
    pub(super) foreign: ForeignProject,
    pub(super) overlay: Overlay,
}

impl Beside {
    /// Where the file of the project that lies at `committed` is mounted from; `None` if it is not
    /// replaced.
    pub(super) fn place_of(&self, committed: &Path) -> Option<PathBuf> {
        let mounted = self.foreign.mounted();
        let mut mounted = mounted.iter();
        let (service, path) = mounted
            .find(|(_, on_host, _)| *on_host == committed)
            .map(|(service, _, path)| (*service, *path))?;
        let mut places = self.overlay.places.iter();
        let place = places.find(|place| place.service == service && place.path == path)?;
        Some(place.on_machine.clone())
    }

    /// The overlay by which the project runs with a sink of this image, written where compose finds
    /// it.
    ///
    /// # Errors
    /// As [`overlay`], or [`Error::File`].
    pub(super) fn write_overlay(&mut self, image: &str) -> Result<PathBuf> {
        self.overlay = self.foreign.overlay(image)?;
        self.require_that_peers_are_told_the_same()?;
        let path = overlay_file(&self.foreign.state_folder());
        write_if_changed(&path, &self.overlay.text)?;
        Ok(path)
    }

    /// That the sink takes the place of the receivers of every Alertmanager: what one file leads to
    /// is decided in one place.
    fn require_that_peers_are_told_the_same(&self) -> Result<()> {
        for peer in &self.foreign.discovered.alertmanager_peers {
            let file = &peer.configuration;
            let path = Path::new(&file.in_container);
            let mut places = self.overlay.places.iter();
            let place = places.find(|it| it.service == peer.service && it.path == path);
            let place = place.map(|place| place.on_machine.clone());
            if place.is_none() || place != self.place_of(&file.on_host) {
                return Err(Error::BadDescription {
                    what: format!("the configuration of `{}`", peer.service),
                    reason: "it mounts the same file as the other Alertmanager in another way, so \
                             drills would page whoever it tells; mount both alike"
                        .to_owned(),
                });
            }
        }
        Ok(())
    }

    /// That compose merges the overlay as it is meant.
    ///
    /// # Errors
    /// As [`check_overlay`].
    pub(super) fn check(&self, image: &str, merged: &ComposeModel) -> Result<()> {
        self.foreign
            .with_wishes(image, |wishes| check_overlay(merged, wishes))
    }
}

fn wish(server: &FoundServer) -> ServerWish<'_> {
    ServerWish {
        service: &server.service,
        port: server.port,
    }
}

pub(super) fn overlay_file(state: &Path) -> PathBuf {
    state.join("overlay.yml")
}

pub(super) fn copies_folder(state: &Path) -> PathBuf {
    state.join("copies")
}

/// The configuration of Alertmanager in `file`, with `sink` in place of each receiver.
///
/// # Errors
/// As [`alertmanager_for_the_sink`], or [`Error::File`].
pub(super) fn routes_to(sink: &Endpoint, file: &Path) -> Result<String> {
    let address = format!("http://{}:{}", sink.service, sink.port);
    alertmanager_for_the_sink(file, &read_text(file)?, &address)
}

impl ForeignProject {
    /// That Alertmanager's configuration can be made to tell the sink, before anything is started.
    pub(super) fn require_that_routes_can_be_rewritten(&self) -> Result<()> {
        let file = self.discovered.alertmanager_configuration.as_ref();
        let sink = self.settings.notification_sink.as_ref();
        sink.zip(file).map_or(Ok(()), |(sink, file)| {
            routes_to(sink, &file.on_host).map(drop)
        })
    }

    /// The name that its containers have.
    pub(super) fn own_name(&self) -> String {
        let attached_to = self.attached_to.clone();
        let name = || format!("{}{DRILLED}", self.model.name);
        attached_to.unwrap_or_else(|| self.number.name_of(&name()))
    }

    /// The files that candidates may replace: each with its service, where it lies, and its path
    /// in the container.
    fn mounted(&self) -> Vec<(&str, &Path, &Path)> {
        let Discovered {
            prometheus,
            prometheus_configuration,
            rules,
            alertmanager,
            alertmanager_configuration,
            ..
        } = &self.discovered;
        let configuration = (prometheus.service.as_str(), prometheus_configuration);
        let evaluating = self.discovered.evaluating_service();
        let rules = rules.iter().map(|file| (evaluating, file));
        let routes = alertmanager
            .as_ref()
            .zip(alertmanager_configuration.as_ref());
        let routes = routes.map(|(server, file)| (server.service.as_str(), file));
        let peers = self.discovered.alertmanager_peers.iter();
        let peers = peers.map(|peer| (peer.service.as_str(), &peer.configuration));
        [configuration]
            .into_iter()
            .chain(rules)
            .chain(routes)
            .chain(peers)
            .map(|(service, file)| (service, &*file.on_host, Path::new(&file.in_container)))
            .collect()
    }

    /// The folder of what is kept of it between runs.
    pub(super) fn state_folder(&self) -> PathBuf {
        state_folder(&self.root, &self.own_name())
    }

    pub(super) fn overlay(&self, image: &str) -> Result<Overlay> {
        self.with_wishes(image, |wishes| overlay(&self.model, wishes))
    }

    fn with_wishes<T>(
        &self,
        image: &str,
        then: impl FnOnce(&OverlayWishes) -> Result<T>,
    ) -> Result<T> {
        let mounted = self.mounted();
        let mounted = mounted
            .iter()
            .map(|(service, _, path)| MountedFile { service, path });
        let mounted: Vec<_> = mounted.collect();
        let copies = copies_folder(&self.state_folder());
        let sink = self.settings.notification_sink.as_ref();
        then(&OverlayWishes {
            project: &self.own_name(),
            root: &self.root,
            copies: &copies,
            prometheus: wish(&self.discovered.prometheus),
            rule_engine: self.discovered.rule_engine.as_ref().map(wish),
            alertmanager: self.discovered.alertmanager.as_ref().map(wish),
            sink: sink.map(|sink| SinkWish {
                service: &sink.service,
                image,
                port: sink.port,
                health: &[],
            }),
            mounted: &mounted,
        })
    }
}
