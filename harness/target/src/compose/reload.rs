//! Has running servers load changed files, without a restart.

use alertdrill_core::Result;
use alertdrill_core::settings::Endpoint;
use futures_util::future::BoxFuture;

use super::containers::Containers;
use super::project::Project;

/// Has the servers at these addresses load their files anew, and waits until they have. The caller
/// passes it in, because this crate knows no server's API.
pub type Reload = fn(ServerAddresses) -> BoxFuture<'static, Result<()>>;

/// The addresses (host and port) of the servers that load rules and routes.
#[derive(Clone, Debug)]
pub struct ServerAddresses {
    /// Prometheus, or the VictoriaMetrics in its place.
    pub prometheus: String,
    /// The vmalert that evaluates the rules, if one does.
    pub rule_engine: Option<String>,
    /// Alertmanager, if there is one.
    pub alertmanager: Option<String>,
}

impl ServerAddresses {
    pub(super) async fn of(project: &Project, containers: &Containers) -> Result<Self> {
        let settings = project.settings();
        let address = async |endpoint: &Option<Endpoint>| match endpoint {
            Some(endpoint) => containers.address_of(endpoint).await.map(Some),
            None => Ok(None),
        };
        Ok(Self {
            prometheus: containers.address_of(&settings.prometheus).await?,
            rule_engine: address(&settings.rule_engine).await?,
            alertmanager: address(&settings.alertmanager).await?,
        })
    }
}
