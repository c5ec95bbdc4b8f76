//! The containers of one compose project, and no others: every call first looks a service up by the
//! project's label, so that it can hit nothing else on the machine.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error as DockerError;
use bollard::models::{
    ContainerInspectResponse, ContainerSummary, ContainerSummaryStateEnum, EndpointIpamConfig,
    EndpointSettings, HealthStatusEnum,
};
use bollard::query_parameters::{
    InspectContainerOptions, ListContainersOptionsBuilder, RemoveContainerOptionsBuilder,
};
use futures_util::future::try_join_all;
use jiff::Timestamp;

use super::docker;
use super::docker::docker_failed;
use alertdrill_core::settings::Endpoint;
use alertdrill_core::{
    Attachment, Error, Health, Replica, Result, ServiceState, Target as _, Topics, UtcInstant,
};

/// The engine's own grace period, for a container that sets none (`docker stop --help`).
pub(super) const USUAL_GRACE_PERIOD: Duration = Duration::from_secs(10);
const PROJECT_LABEL: &str = "com.docker.compose.project";
const SERVICE_LABEL: &str = "com.docker.compose.service";
const NUMBER_LABEL: &str = "com.docker.compose.container-number";
/// Set on what `docker compose run` started beside the service.
const ONE_OFF_LABEL: &str = "com.docker.compose.oneoff";

/// The containers of one compose project.
#[derive(Clone, Debug)]
pub struct Containers {
    docker: Docker,
    project: String,
    networks: BTreeMap<String, String>,
    topics: Option<Arc<dyn Topics>>,
}

impl Containers {
    /// The containers of `project`, on the engine that `DOCKER_HOST` or the default socket names.
    ///
    /// # Errors
    /// [`Error::NoEngine`] or [`Error::EngineRefuses`].
    pub async fn connect(project: impl Into<String>) -> Result<Self> {
        Ok(Self {
            docker: docker::connect().await?,
            project: project.into(),
            networks: BTreeMap::new(),
            topics: None,
        })
    }

    /// The same containers, whose message broker is reached by `topics`.
    #[must_use]
    pub fn with_topics(self, topics: Option<Arc<dyn Topics>>) -> Self {
        Self { topics, ..self }
    }

    /// The same containers, whose networks the engine calls by these names.
    #[must_use]
    pub(super) fn with_networks(self, networks: BTreeMap<String, String>) -> Self {
        Self { networks, ..self }
    }

    pub(super) fn message_broker(&self) -> Option<&dyn Topics> {
        self.topics.as_deref()
    }

    pub(super) fn docker(&self) -> &Docker {
        &self.docker
    }

    pub(super) fn project(&self) -> &str {
        &self.project
    }

    async fn list(&self, service: Option<&str>) -> Result<Vec<ContainerSummary>> {
        let mut labels = vec![format!("{PROJECT_LABEL}={}", self.project)];
        labels.extend(service.map(|service| format!("{SERVICE_LABEL}={service}")));
        let filters = HashMap::from([("label".to_owned(), labels)]);
        let options = ListContainersOptionsBuilder::default()
            .all(true)
            .filters(&filters)
            .build();
        let attempted = format!("list the containers of the project {}", self.project);
        self.docker
            .list_containers(Some(options))
            .await
            .map_err(docker_failed(attempted))
    }

    /// The id of the container of `service`, which names one of them (`api#2`) if it has several.
    pub(super) async fn id(&self, service: &str) -> Result<String> {
        let meant = Replica::of(service);
        let mut containers = self.list(Some(meant.service)).await?;
        containers.retain(|container| !is_one_off(container));
        if let Some(number) = meant.number {
            containers.retain(|container| label(container, NUMBER_LABEL) == Some(number));
        }
        if containers.len() > 1 {
            let names = names_of(&containers);
            return Err(Error::BadDescription {
                what: format!("the service {service} of the project {}", self.project),
                reason: format!(
                    "{} containers run it; name the one that is meant: {}",
                    containers.len(),
                    names.join(", ")
                ),
            });
        }
        let found = containers.pop().and_then(|container| container.id);
        found.ok_or_else(|| Error::NoSuchService {
            service: service.to_owned(),
            project: self.project.clone(),
        })
    }

    pub(super) fn state_of(
        &self,
        service: &str,
        inspected: ContainerInspectResponse,
    ) -> ServiceState {
        let id = inspected.id.unwrap_or_default();
        let state = inspected.state.unwrap_or_default();
        let status = state
            .status
            .map_or_else(|| "unknown".to_owned(), |status| status.to_string());
        let health = match state.health.and_then(|health| health.status) {
            None | Some(HealthStatusEnum::NONE | HealthStatusEnum::EMPTY) => None,
            Some(HealthStatusEnum::STARTING) => Some(Health::Starting),
            Some(HealthStatusEnum::HEALTHY) => Some(Health::Healthy),
            Some(HealthStatusEnum::UNHEALTHY) => Some(Health::Unhealthy),
        };
        let networks = inspected
            .network_settings
            .and_then(|settings| settings.networks)
            .unwrap_or_default();
        let name_of = |real: &String| {
            let mut named = self.networks.iter();
            let named = named
                .find(|(_, other)| *other == real)
                .map(|(name, _)| name.clone());
            let prefix = format!("{}_", self.project);
            named.or_else(|| real.strip_prefix(&prefix).map(str::to_owned))
        };
        ServiceState {
            service: service.to_owned(),
            health,
            exit_code: (status == "exited").then_some(state.exit_code).flatten(),
            started_at: state
                .started_at
                .and_then(|at| at.parse::<Timestamp>().ok())
                .map(UtcInstant::from),
            is_paused: state.paused == Some(true),
            networks: networks
                .iter()
                .filter_map(|(real, endpoint)| Some((name_of(real)?, attachment(endpoint, &id))))
                .collect(),
            status,
        }
    }

    /// What the engine calls the compose file's network `name`.
    pub(super) fn network_id(&self, name: &str) -> String {
        let named = self.networks.get(name).cloned();
        named.unwrap_or_else(|| format!("{}_{name}", self.project))
    }

    pub(super) async fn inspect(&self, service: &str) -> Result<ContainerInspectResponse> {
        let id = self.id(service).await?;
        let inspected = self
            .docker
            .inspect_container(&id, None::<InspectContainerOptions>)
            .await;
        inspected.map_err(docker_failed(format!("inspect the container of {service}")))
    }

    /// The state of every container of the project.
    ///
    /// # Errors
    /// [`Error::Docker`].
    pub async fn states(&self) -> Result<Vec<ServiceState>> {
        let mut containers = self.list(None).await?;
        containers.retain(|container| !is_one_off(container));
        let names = names_of(&containers);
        try_join_all(names.iter().map(|name| self.state(name))).await
    }

    /// The services whose containers all run.
    ///
    /// # Errors
    /// [`Error::Docker`].
    pub(super) async fn running(&self) -> Result<BTreeSet<String>> {
        let mut containers = self.list(None).await?;
        containers.retain(|container| !is_one_off(container));
        let (run, rest): (Vec<_>, Vec<_>) = (containers.iter())
            .partition(|container| container.state == Some(ContainerSummaryStateEnum::RUNNING));
        let services = |containers: Vec<&ContainerSummary>| -> BTreeSet<String> {
            let labels = containers.into_iter();
            let services = labels.filter_map(|container| label(container, SERVICE_LABEL));
            services.map(str::to_owned).collect()
        };
        Ok(&services(run) - &services(rest))
    }

    /// Whether the project has any container, running or not.
    ///
    /// # Errors
    /// [`Error::Docker`].
    pub async fn exist(&self) -> Result<bool> {
        Ok(!self.list(None).await?.is_empty())
    }

    /// The address on this machine of a port of `service`.
    ///
    /// # Errors
    /// [`Error::NoSuchService`], [`Error::Docker`], or [`Error::BadDescription`] if the port is not
    /// published.
    pub async fn address(&self, service: &str, port: u16) -> Result<String> {
        let inspected = self.inspect(service).await?;
        let published = inspected
            .network_settings
            .and_then(|network| network.ports)
            .and_then(|mut ports| ports.remove(&format!("{port}/tcp")).flatten())
            .and_then(|bindings| bindings.into_iter().find_map(|binding| binding.host_port));
        let address = published.map(|host_port| format!("127.0.0.1:{host_port}"));
        address.ok_or_else(|| Error::Refused {
            attempted: format!("reach {service} at its port {port}"),
            reason: format!(
                "the port is not published, or the container does not run; publish it \
                 (`ports: [\"127.0.0.1::{port}\"]`), and see `docker compose ps {service}`"
            ),
        })
    }

    /// Where the API of a server is on this machine: its address, and what its paths begin with.
    ///
    /// # Errors
    /// As [`Containers::address`].
    pub async fn address_of(&self, endpoint: &Endpoint) -> Result<String> {
        let address = self.address(&endpoint.service, endpoint.port).await?;
        Ok(format!("{address}{}", endpoint.path_prefix))
    }

    /// Kills and removes every container of the project, because they hold nothing to save.
    ///
    /// It removes one after the other: when many leave a network at once, engine 20.10 miscounts
    /// the network's users and refuses to remove it (`… has active endpoints`) until the engine is
    /// restarted.
    ///
    /// # Errors
    /// [`Error::Docker`].
    pub(super) async fn remove_all(&self) -> Result<()> {
        let containers = self.list(None).await?.into_iter();
        for id in containers.filter_map(|container| container.id) {
            let options = RemoveContainerOptionsBuilder::default()
                .force(true)
                .v(true)
                .build();
            let removed = self.docker.remove_container(&id, Some(options)).await;
            let removed = removed.or_else(already_gone);
            removed.map_err(docker_failed(format!("remove the container {id:.12}")))?;
        }
        Ok(())
    }
}

/// What each container is called here: its service, with its number where the service has several.
fn names_of(containers: &[ContainerSummary]) -> Vec<String> {
    let called = containers.iter().filter_map(|container| {
        let service = label(container, SERVICE_LABEL)?;
        let runs_it = |other: &&ContainerSummary| label(other, SERVICE_LABEL) == Some(service);
        if containers.iter().filter(runs_it).count() < 2 {
            return Some(service.to_owned());
        }
        Some(format!("{service}#{}", label(container, NUMBER_LABEL)?))
    });
    let mut names: Vec<_> = called.collect();
    names.sort();
    names
}

fn is_one_off(container: &ContainerSummary) -> bool {
    label(container, ONE_OFF_LABEL).is_some_and(|says| says.eq_ignore_ascii_case("true"))
}

fn label<'a>(container: &'a ContainerSummary, name: &str) -> Option<&'a str> {
    Some(container.labels.as_ref()?.get(name)?.as_str())
}

/// The engine answers 404 where there is no such container, and 409 where it is being removed.
fn already_gone(error: DockerError) -> std::result::Result<(), DockerError> {
    match error {
        DockerError::DockerResponseServerError {
            status_code: 404 | 409,
            ..
        } => Ok(()),
        other => Err(other),
    }
}

/// How the container `id` is connected. The engine gives it a part of its id for a name, and will
/// do so again.
fn attachment(endpoint: &EndpointSettings, id: &str) -> Attachment {
    let aliases = endpoint.aliases.iter().flatten();
    let asked = endpoint.ipam_config.as_ref();
    let address = |of: fn(&EndpointIpamConfig) -> &Option<String>| {
        let address = asked.and_then(|asked| of(asked).clone());
        address.filter(|address| !address.is_empty())
    };
    Attachment {
        aliases: aliases
            .filter(|alias| !id.starts_with(alias.as_str()))
            .cloned()
            .collect(),
        ipv4_address: address(|asked| &asked.ipv4_address),
        ipv6_address: address(|asked| &asked.ipv6_address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(service: &str, number: &str) -> ContainerSummary {
        let labels = [(SERVICE_LABEL, service), (NUMBER_LABEL, number)];
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
        ContainerSummary {
            labels: Some(labels.into()),
            ..ContainerSummary::default()
        }
    }

    #[test]
    fn container_is_called_by_its_number_only_where_its_service_has_several() {
        let containers = [
            container("api", "2"),
            container("db", "1"),
            container("api", "1"),
        ];
        assert_eq!(names_of(&containers), ["api#1", "api#2", "db"]);
    }
}
