//! Named volumes: those of our project.

use std::path::Path;

use serde_yaml_ng::{Mapping, Value};

use super::draft::Draft;
use super::yaml::{as_written, mapping, overriding, text};
use crate::Volume;

/// What keeps a volume that says nothing of it.
const LOCAL: &str = "local";

/// What a volume is in truth.
enum Kept {
    /// A folder of the engine's.
    ByEngine,
    /// Memory.
    InMemory,
    /// A folder of the machine.
    InFolder(String),
    /// Something elsewhere.
    Elsewhere(String),
}

pub(super) fn add(draft: &mut Draft) {
    for (key, volume) in &draft.model.volumes {
        let name = draft.wishes.own_name(key);
        let ours = match kept(volume) {
            Kept::ByEngine if volume.external => {
                let theirs = volume.name.as_deref().unwrap_or(key);
                draft.note(format!(
                    "the volume {key} is one of this run's own and empty, in place of `{theirs}`"
                ));
                overriding(named(name))
            }
            Kept::ByEngine | Kept::InMemory => Value::Mapping(named(name)),
            Kept::InFolder(folder) if draft.copied.is_in_project(Path::new(&folder)) => {
                let copy = draft.copied.copy_or_empty(Path::new(&folder));
                let mut ours = named(name);
                let device = text(copy.to_string_lossy());
                let bind = [
                    ("type", "none".into()),
                    ("o", "bind".into()),
                    ("device", device),
                ];
                ours.insert("driver".into(), LOCAL.into());
                ours.insert("driver_opts".into(), mapping(bind));
                overriding(ours)
            }
            Kept::InFolder(place) | Kept::Elsewhere(place) => {
                draft.note(format!(
                    "the volume {key} is one of this run's own and empty, in place of {place}"
                ));
                overriding(named(name))
            }
        };
        draft.set_volume(key, ours);
    }
}

fn named(name: String) -> Mapping {
    Mapping::from_iter([("name".into(), text(name))])
}

fn kept(volume: &Volume) -> Kept {
    match volume.driver.as_deref() {
        None | Some("" | LOCAL) => {}
        Some(other) => return Kept::Elsewhere(format!("a volume of the driver `{other}`")),
    }
    let option = |key: &str| volume.driver_opts.get(key).map(|value| as_written(value));
    let is_bind = option("o").is_some_and(|o| o.split(',').any(|it| it == "bind" || it == "rbind"));
    match (option("type").as_deref(), option("device")) {
        (_, Some(device)) if is_bind => Kept::InFolder(device),
        (Some("tmpfs"), _) => Kept::InMemory,
        (Some(kind), Some(device)) => Kept::Elsewhere(format!("`{device}` ({kind})")),
        _ => Kept::ByEngine,
    }
}
