//! Configs (`configs:` of a compose file) that the servers mount.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::draft::Draft;
use super::yaml::{as_written, mapping, overriding, text};

pub(super) fn add(draft: &mut Draft) {
    let model = draft.model;
    for (name, service) in &model.services {
        if !draft.wishes.is_server(name) {
            continue;
        }
        for used in &service.configs {
            let target = used
                .target
                .clone()
                .unwrap_or_else(|| format!("/{}", used.source));
            let target = PathBuf::from(as_written(&target));
            let replaced = draft.wishes.replaced_in(name).any(|file| file == target);
            let Some(config) = model.configs.get(&used.source) else {
                continue;
            };
            let said = |key: &str| config.get(key).and_then(Value::as_str).map(as_written);
            let (place, must_be_written) = match (said("file"), said("content")) {
                (Some(file), _) => (draft.copied.copy_of(Path::new(&file)), false),
                (None, Some(content)) if replaced => {
                    (draft.copied.text_of_config(&used.source, content), false)
                }
                (None, None) if replaced => (draft.copied.place_of_config(&used.source), true),
                _ => continue,
            };
            let file = mapping([("file", text(place.to_string_lossy()))]);
            draft.set_config(&used.source, overriding(file));
            if replaced {
                draft.found_at(name, &target, place);
                let key = (name.clone(), target);
                if let Some(place) = draft.places.get_mut(&key) {
                    place.must_be_written = must_be_written;
                }
            }
        }
    }
}
