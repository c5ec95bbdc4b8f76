//! The servers' own tools, in the versions that the stack runs.

use std::path::Path;
use std::process::Command;

use crate::images;

/// Runs `tool` of the stack's image of `server` with `folders` mounted below `/work`; gives whether
/// it was content, and what it printed.
pub(crate) fn run(
    server: &str,
    tool: &str,
    folders: &[(&Path, &str)],
    arguments: &[&str],
) -> (bool, String) {
    images::build();
    let image = match server {
        "prometheus" => {
            let major = std::env::var("PROMETHEUS_MAJOR").unwrap_or_else(|_| "2".to_owned());
            format!("alertdrill/prometheus-{major}")
        }
        _ => format!("alertdrill/{server}"),
    };
    let mut docker = Command::new("docker");
    docker.args(["run", "--rm", "--network", "none", "--entrypoint", tool]);
    for (folder, name) in folders {
        docker
            .arg("--volume")
            .arg(format!("{}:/work/{name}:ro", folder.display()));
    }
    let output = docker.arg(image).args(arguments).output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&printed).into_owned(),
    )
}
