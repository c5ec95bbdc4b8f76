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
    /// Prometheus.
    pub prometheus: String,
    /// Alertmanager, if there is one.
    pub alertmanager: Option<String>,
}

impl ServerAddresses {
    pub(super) async fn of(project: &Project, containers: &Containers) -> Result<Self> {
        let settings = project.settings();
        let alertmanager = match &settings.alertmanager {
            Some(endpoint) => Some(address(containers, endpoint).await?),
            None => None,
        };
        Ok(Self {
            prometheus: address(containers, &settings.prometheus).await?,
            alertmanager,
        })
    }
}

async fn address(containers: &Containers, endpoint: &Endpoint) -> Result<String> {
    containers.address_of(endpoint).await
}
