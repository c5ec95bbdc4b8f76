//! A compose project as compose itself reads it: what `docker compose config --format json` prints,
//! with every file merged, variables filled in and paths absolute.

use std::collections::BTreeMap;
use std::path::PathBuf;

use alertdrill_core::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// A compose project. Keys that nothing here asks for are left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ComposeModel {
    /// The project's name.
    pub name: String,
    /// Its services by their names.
    #[serde(default)]
    pub services: BTreeMap<String, Service>,
    /// Its networks by the names that services use.
    #[serde(default, deserialize_with = "null_is_default")]
    pub networks: BTreeMap<String, Network>,
    /// Its named volumes by the names that services use.
    #[serde(default, deserialize_with = "null_is_default")]
    pub volumes: BTreeMap<String, Volume>,
    /// Its configs by the names that services use, as compose has them (`file`, `content`, …).
    #[serde(default, deserialize_with = "null_is_default")]
    pub configs: BTreeMap<String, Value>,
}

/// A service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Its image; `None` if it is only built.
    #[serde(default)]
    pub image: Option<String>,
    /// How its image is built.
    #[serde(default)]
    pub build: Option<Build>,
    /// The command in place of its image's.
    #[serde(default, deserialize_with = "null_is_default")]
    pub command: Vec<String>,
    /// The entry point in place of its image's.
    #[serde(default, deserialize_with = "null_is_default")]
    pub entrypoint: Vec<String>,
    /// The name that its container must have, which two projects on one machine cannot share.
    #[serde(default)]
    pub container_name: Option<String>,
    /// Its environment; a variable without a value is `None`.
    #[serde(default, deserialize_with = "null_is_default")]
    pub environment: BTreeMap<String, Option<String>>,
    /// The services that it waits for.
    #[serde(default, deserialize_with = "null_is_default")]
    pub depends_on: BTreeMap<String, Dependency>,
    /// Ports that it publishes on the machine.
    #[serde(default, deserialize_with = "null_is_default")]
    pub ports: Vec<Port>,
    /// Ports that it says it listens on.
    #[serde(default, deserialize_with = "null_is_default")]
    pub expose: Vec<String>,
    /// What it mounts.
    #[serde(default, deserialize_with = "null_is_default")]
    pub volumes: Vec<VolumeUse>,
    /// Configs that it mounts.
    #[serde(default, deserialize_with = "null_is_default")]
    pub configs: Vec<ConfigUse>,
    /// The networks that it is connected to, by their names.
    #[serde(default, deserialize_with = "null_is_default")]
    pub networks: BTreeMap<String, Option<NetworkUse>>,
    /// `host`, `none`, `service:NAME`, … instead of networks.
    #[serde(default)]
    pub network_mode: Option<String>,
    /// `host`, `service:NAME` or `container:NAME`: whose processes it sees.
    #[serde(default)]
    pub pid: Option<String>,
    /// `host`, `shareable`, `service:NAME` or `container:NAME`: whose memory it shares.
    #[serde(default)]
    pub ipc: Option<String>,
    /// Whose mounts it has too: `NAME[:ro]` or `container:NAME[:ro]`.
    #[serde(default, deserialize_with = "null_is_default")]
    pub volumes_from: Vec<String>,
    /// Containers outside of the project that it reaches by a name: `CONTAINER[:NAME]`.
    #[serde(default, deserialize_with = "null_is_default")]
    pub external_links: Vec<String>,
    /// Services that it reaches by another name, too: `SERVICE[:NAME]`.
    #[serde(default, deserialize_with = "null_is_default")]
    pub links: Vec<String>,
    /// The name that its container gives itself, by which newer engines let others reach it.
    #[serde(default)]
    pub hostname: Option<String>,
    /// Names of machines that it is told the addresses of, as compose has them: `NAME:ADDRESS` or
    /// `NAME=ADDRESS`, or a map.
    #[serde(default)]
    pub extra_hosts: Option<Value>,
    /// Whether it may do on the machine what its root user may.
    #[serde(default)]
    pub privileged: bool,
    /// Its restart policy; `None` is "no".
    #[serde(default)]
    pub restart: Option<String>,
    /// Its health check, as compose has it.
    #[serde(default)]
    pub healthcheck: Option<Value>,
    /// Its memory limit in bytes, as compose prints it (a string of digits).
    #[serde(default)]
    pub mem_limit: Option<Value>,
    /// Folders that live in memory: `PATH[:OPTIONS]`, or a list of them.
    #[serde(default)]
    pub tmpfs: Option<Value>,
    /// Its deployment: replicas, resource limits.
    #[serde(default)]
    pub deploy: Option<Value>,
    /// How many containers run it, where the file says so in the older way.
    #[serde(default)]
    pub scale: Option<u64>,
    /// Profiles by which it is started; none means always.
    #[serde(default, deserialize_with = "null_is_default")]
    pub profiles: Vec<String>,
}

impl Service {
    /// How many containers run it.
    #[must_use]
    pub fn replicas(&self) -> u64 {
        let deployed = self
            .deploy
            .as_ref()
            .and_then(|deploy| deploy.get("replicas"));
        let deployed = deployed.and_then(Value::as_u64);
        self.scale.or(deployed).unwrap_or(1)
    }

    /// Whether its memory is limited, wherever compose takes that from; a limit of 0 is none.
    #[must_use]
    pub fn has_memory_limit(&self) -> bool {
        let deployed = self.deploy.as_ref();
        let deployed = deployed.and_then(|how| how.pointer("/resources/limits/memory"));
        let mut limits = self.mem_limit.iter().chain(deployed);
        limits.any(is_a_size)
    }
}

/// Whether a size that may be written as a number or a text is not 0, which means none.
#[must_use]
pub fn is_a_size(size: &Value) -> bool {
    *size != "0" && *size != 0
}

/// How an image is built.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// The folder that is sent to the engine.
    #[serde(default)]
    pub context: PathBuf,
    /// The Dockerfile, below the context.
    #[serde(default)]
    pub dockerfile: Option<PathBuf>,
}

/// That one service waits for another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependency {
    /// `service_started`, `service_healthy` or `service_completed_successfully`.
    #[serde(default)]
    pub condition: String,
}

/// A published port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// The port inside the container.
    pub target: u16,
    /// The port on the machine, or a range; `None` leaves it to the engine.
    #[serde(default)]
    pub published: Option<String>,
    /// The address on the machine; `None` is every one.
    #[serde(default)]
    pub host_ip: Option<String>,
    /// `tcp` or `udp`.
    #[serde(default)]
    pub protocol: Option<String>,
}

/// What a service mounts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VolumeUse {
    /// `bind`, `volume`, `tmpfs`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The path on the machine, or the volume's name.
    #[serde(default)]
    pub source: Option<String>,
    /// The path in the container.
    #[serde(default)]
    pub target: String,
    /// Whether the container cannot write to it.
    #[serde(default)]
    pub read_only: bool,
    /// More about a mount of the kind `bind`, as compose has it (`propagation`, …).
    #[serde(default)]
    pub bind: Option<Value>,
    /// More about one of the kind `tmpfs`, as compose has it (`size`, …).
    #[serde(default)]
    pub tmpfs: Option<Value>,
}

/// A config that a service mounts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ConfigUse {
    /// Its name in [`ComposeModel::configs`].
    pub source: String,
    /// The path in the container.
    #[serde(default)]
    pub target: Option<String>,
}

/// A service's place in a network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkUse {
    /// More names that it answers to in there.
    #[serde(default, deserialize_with = "null_is_default")]
    pub aliases: Vec<String>,
    /// The address that it must have.
    #[serde(default)]
    pub ipv4_address: Option<String>,
    /// The address of version 6 that it must have.
    #[serde(default)]
    pub ipv6_address: Option<String>,
}

/// A network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// What the engine calls it.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether it belongs to nobody's compose project.
    #[serde(default)]
    pub external: bool,
    /// Whether it leads nowhere outside.
    #[serde(default)]
    pub internal: bool,
    /// What makes it; `None` is the engine's default, a bridge.
    #[serde(default)]
    pub driver: Option<String>,
    /// What its driver is told.
    #[serde(default, deserialize_with = "null_is_default")]
    pub driver_opts: BTreeMap<String, Value>,
    /// Its addresses, as compose has them; `{}` leaves them to the engine.
    #[serde(default)]
    pub ipam: Option<Value>,
    /// Whether it has addresses of version 6, as compose prints it.
    #[serde(default)]
    pub enable_ipv6: Option<Value>,
}

/// A named volume.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Volume {
    /// What the engine calls it.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether it belongs to nobody's compose project.
    #[serde(default)]
    pub external: bool,
    /// What keeps it; `None` is the engine's default, a folder of its own.
    #[serde(default)]
    pub driver: Option<String>,
    /// What its driver is told.
    #[serde(default, deserialize_with = "null_is_default")]
    pub driver_opts: BTreeMap<String, String>,
}

impl ComposeModel {
    /// The project that `json`, compose's own answer, describes.
    ///
    /// # Errors
    /// [`Error::BadDescription`] if it is not understood.
    pub fn from_json(json: &str) -> Result<Self> {
        serde_json::from_str(json).map_err(|error| Error::BadDescription {
            what: "what `docker compose config` prints".to_owned(),
            reason: error.to_string(),
        })
    }
}

/// Compose prints null for what is empty.
fn null_is_default<'de, D, T>(deserializer: D) -> std::result::Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_compose_prints_of_ports_mounts_networks_and_nulls_is_understood() {
        let json = r#"{"name": "shop", "networks": {"default": {"name": "shop_default", "ipam": {}}},
            "services": {"api": {"image": "api:1", "command": null, "entrypoint": null,
            "networks": {"default": null}, "environment": {"A": "1", "B": null},
            "ports": [{"mode": "ingress", "target": 80, "published": "8080", "protocol": "tcp"}],
            "volumes": [{"type": "bind", "source": "/shop/api.yml", "target": "/api.yml",
            "read_only": true, "bind": {"create_host_path": true}}]}}}"#;
        let model = ComposeModel::from_json(json).unwrap();
        let api = &model.services["api"];
        assert_eq!(api.ports[0].published.as_deref(), Some("8080"));
        assert!(api.volumes[0].read_only);
        assert_eq!(api.environment["B"], None);
        assert!(api.command.is_empty());
        assert_eq!(
            model.networks["default"].name.as_deref(),
            Some("shop_default")
        );
    }
}
