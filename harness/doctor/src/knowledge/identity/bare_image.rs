//! Images of well-known programs that serve no metrics.

use super::{Identity, Reach};
use crate::knowledge::recognised::by_port;
use crate::network::image_facts;

/// Servers behind which others may stand, whose metrics they hand on.
const HAND_ON_WHAT_IS_BEHIND: [&str; 4] = ["nginx", "nginx-unprivileged", "httpd", "php"];
/// Programs that serve no metrics by themselves, by the command that starts them.
pub(super) const SERVE_NONE: [&str; 2] = ["airflow", "mlflow"];
/// What an image without metrics gives; `None` of one that has some, or that is not known.
pub(super) fn bare_image(
    image: &str,
    port: Option<u16>,
    command: &str,
    has_mounts: bool,
) -> Option<Identity> {
    let facts = image_facts(image).filter(|facts| facts.metrics.is_empty())?;
    let nothing = || Identity {
        reach: Reach::Nothing,
        ..Identity::default()
    };
    let is_an_exporters_port = port
        .is_some_and(|port| !facts.ports.contains(&port) && by_port(port, "/metrics").is_some());
    let says = |word: &str| facts.is_told(command, word);
    let may_be_set_up = ["metrics", "prometheus", "jmx", "exporter", "opentelemetry"]
        .iter()
        .any(|word| says(word))
        || facts.only_with.is_some_and(|setting| {
            let key = setting.rsplit(['.', '-', '_']).next().unwrap_or(setting);
            has_mounts || says(setting) || says(key)
        });
    if HAND_ON_WHAT_IS_BEHIND.contains(&facts.name) && !is_an_exporters_port {
        let reach = if has_mounts {
            Reach::Written
        } else {
            Reach::Nothing
        };
        return Some(Identity {
            reach,
            ..Identity::default()
        });
    }
    (!may_be_set_up).then(nothing)
}
