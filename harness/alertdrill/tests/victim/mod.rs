//! A cheap container that compose would have started as the service `victim` of a project:
//! something to break.

#![allow(dead_code, reason = "each test takes what it needs of it")]

use std::sync::Arc;

use alertdrill::target::compose::Containers;
use alertdrill::target::{InjectedFault, InjectionFailed, Journal, inject};
use alertdrill::{CpuLimit, Fault, Result, ServiceState, Site, SystemClock};
use tempfile::TempDir;
use testcontainers::bollard::Docker;
use testcontainers::bollard::models::{RestartPolicy, RestartPolicyNameEnum};
use testcontainers::core::{ContainerRequest, IntoContainerPort as _};
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, GenericImage, ImageExt};

pub(crate) const VICTIM: &str = "victim";
pub(crate) const NETWORK: &str = "net";
/// A folder that lives in memory and has a limited size.
pub(crate) const VOLUME: &str = "/small";
/// Ends at once when it is asked to, with code 1 on a signal of its own.
pub(crate) const PROGRAM: &str =
    "trap 'exit 0' TERM; trap 'exit 1' USR1; while :; do sleep 0.1; done";

pub(crate) struct Victim {
    container: Option<ContainerAsync<GenericImage>>,
    project: String,
    pub(crate) site: Site,
    pub(crate) journal: Journal,
    folder: TempDir,
}

impl Victim {
    pub(crate) async fn start(name: &str) -> Self {
        Self::begin(&project(name), tempfile::tempdir().unwrap()).await
    }

    /// One that may use so much of the processors.
    pub(crate) async fn start_limited(name: &str, limit: CpuLimit) -> Self {
        let victim = Self::start(name).await;
        victim.site.target.limit_cpu(VICTIM, limit).await.unwrap();
        victim
    }

    async fn begin(project: &str, folder: TempDir) -> Self {
        let container = request(project, VICTIM, PROGRAM, None)
            .start()
            .await
            .unwrap();
        let site = site(project).await;
        let journal = Journal::in_folder(folder.path());
        Self {
            container: Some(container),
            project: project.to_owned(),
            site,
            journal,
            folder,
        }
    }

    pub(crate) async fn inject(&self, fault: &Fault) -> Result<InjectedFault> {
        inject_one(fault, "a_drill", &self.journal, &self.site).await
    }

    pub(crate) async fn state(&self) -> ServiceState {
        self.site.target.state(VICTIM).await.unwrap()
    }

    pub(crate) async fn is_well(&self) -> bool {
        let state = self.state().await;
        state.is_running() && !state.is_paused && state.networks.contains_key(NETWORK)
    }

    /// The site of another project on the same engine.
    pub(crate) async fn seen_from(&self, project: &str) -> Site {
        site(project).await
    }

    /// The same service after its container was removed.
    pub(crate) async fn gone(mut self) -> Self {
        self.container.take().unwrap().rm().await.unwrap();
        self
    }

    /// The same service after its container was removed and made again.
    pub(crate) async fn made_anew(self) -> Self {
        let gone = self.gone().await;
        Self::begin(&gone.project.clone(), gone.folder).await
    }

    pub(crate) async fn remove_network(&self) {
        let docker = Docker::connect_with_defaults().unwrap();
        docker
            .remove_network(&format!("{}_{NETWORK}", self.project))
            .await
            .unwrap();
    }
}

/// What faults are aimed at in `project`.
pub(crate) async fn site(project: &str) -> Site {
    let containers = Containers::connect(project).await.unwrap();
    Site {
        target: Arc::new(containers),
        clock: Arc::new(SystemClock::default()),
    }
}

/// Injects `fault`; why it could not be, whether anything was done or not.
pub(crate) async fn inject_one(
    fault: &Fault,
    drill: &str,
    journal: &Journal,
    site: &Site,
) -> Result<InjectedFault> {
    let why = |failed| match failed {
        InjectionFailed::NotWritten(error) | InjectionFailed::NotDone(_, error) => error,
    };
    inject(fault, drill, journal, site).await.map_err(why)
}

/// A command's words.
pub(crate) fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}

/// A project that no other run of the tests on this engine has.
pub(crate) fn project(name: &str) -> String {
    format!("{name}-{}", std::process::id())
}

/// A container that compose would have started as `service` of `project`, in which a shell runs
/// `program`; `port` is published on this machine's loopback interface, and nowhere else.
pub(crate) fn request(
    project: &str,
    service: &str,
    program: &str,
    port: Option<u16>,
) -> ContainerRequest<GenericImage> {
    let request = GenericImage::new("debian", "trixie-slim")
        .with_cmd(["sh", "-c", program])
        .with_labels([
            ("com.docker.compose.project", project),
            ("com.docker.compose.service", service),
        ])
        .with_network(format!("{project}_{NETWORK}"))
        .with_host_config_modifier(|host| {
            host.memory = Some(32 << 20);
            host.tmpfs = Some([(VOLUME.to_owned(), "size=1m".to_owned())].into());
            host.restart_policy = Some(RestartPolicy {
                name: Some(RestartPolicyNameEnum::UNLESS_STOPPED),
                maximum_retry_count: None,
            });
            let bindings = host
                .port_bindings
                .iter_mut()
                .flat_map(|ports| ports.values_mut())
                .flatten()
                .flatten();
            bindings.for_each(|binding| binding.host_ip = Some("127.0.0.1".to_owned()));
        });
    port.into_iter().fold(request, |request, port| {
        request.with_mapped_port(0, port.tcp())
    })
}
