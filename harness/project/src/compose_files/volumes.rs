//! What a service mounts.

use std::path::Path;

use super::forms::json;
use super::path::from_folder;
use crate::VolumeUse;
use crate::yaml_tree::Node;

/// What an item of `volumes` mounts; relative paths begin at `folder`.
pub(super) fn volume_of(item: &Node, folder: &Path) -> Option<VolumeUse> {
    match item.text() {
        Some(text) => short(text, folder),
        None => long(item, folder),
    }
}

/// `[SOURCE:]TARGET[:MODE]`.
fn short(text: &str, folder: &Path) -> Option<VolumeUse> {
    let parts: Vec<_> = text.split(':').collect();
    let (source, target, mode) = match parts.as_slice() {
        [target] => (None, *target, ""),
        [source, target] => (Some(*source), *target, ""),
        [source, target, mode] => (Some(*source), *target, *mode),
        _ => return None,
    };
    if target.is_empty() {
        return None;
    }
    let source = source.filter(|source| !source.is_empty());
    let is_path = source.is_some_and(is_path);
    Some(VolumeUse {
        kind: if is_path { "bind" } else { "volume" }.to_owned(),
        source: source.map(|source| {
            if is_path {
                absolute(folder, source)
            } else {
                source.to_owned()
            }
        }),
        target: target.to_owned(),
        read_only: mode.split(',').any(|mode| mode == "ro"),
        bind: is_path.then(|| serde_json::json!({"create_host_path": true})),
        tmpfs: None,
    })
}

fn long(item: &Node, folder: &Path) -> Option<VolumeUse> {
    let text = |key: &str| item.text_at(&[key]).map(str::to_owned);
    let source = text("source").or_else(|| text("src"));
    let by_source = if source.as_deref().is_some_and(is_path) {
        "bind"
    } else {
        "volume"
    };
    let kind = text("type").unwrap_or_else(|| by_source.to_owned());
    let source = match (kind.as_str(), source) {
        ("bind", Some(source)) => Some(absolute(folder, &source)),
        (_, source) => source,
    };
    let target = text("target")
        .or_else(|| text("destination"))
        .or_else(|| text("dst"))?;
    Some(VolumeUse {
        kind,
        source,
        target,
        read_only: item.get("read_only").is_some_and(Node::is_true),
        bind: item.get("bind").map(json),
        tmpfs: None,
    })
}

fn is_path(source: &str) -> bool {
    source.starts_with(['.', '/', '~'])
}

fn absolute(folder: &Path, source: &str) -> String {
    let path = from_folder(folder, source);
    path.to_string_lossy().into_owned()
}
