//! The way to the Docker engine.

use bollard::Docker;

use crate::error::causes;
use crate::{Error, Result};

/// Connects to the engine that `DOCKER_HOST` or the default socket names.
///
/// # Errors
/// [`Error::NoEngine`] if none answers, [`Error::EngineRefuses`] if this user may not use it.
pub(super) async fn connect() -> Result<Docker> {
    let docker = Docker::connect_with_defaults().map_err(|error| Error::NoEngine {
        reason: error.to_string(),
    })?;
    docker.ping().await.map_err(|error| {
        let reason = causes(&error);
        if reason.to_lowercase().contains("permission denied") {
            Error::EngineRefuses { reason }
        } else {
            Error::NoEngine { reason }
        }
    })?;
    docker
        .negotiate_version()
        .await
        .map_err(|error| Error::NoEngine {
            reason: error.to_string(),
        })
}
