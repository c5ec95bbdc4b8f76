//! Files and folders of the machine that services mount.

use std::path::{Path, PathBuf};

use alertdrill_core::Result;
use serde_yaml_ng::{Mapping, Value};

use super::draft::Draft;
use super::wishes::ServerWish;
use super::yaml::{as_written, mapping, text};
use crate::{Service, VolumeUse};

const BIND: &str = "bind";
/// The options by which the servers are told where their data lie.
const DATA_FOLDER_OPTIONS: [&str; 2] = ["--storage.tsdb.path", "--storage.path"];
/// Where their images keep them.
const DATA_FOLDERS: [&str; 2] = ["/prometheus", "/alertmanager"];

/// What the servers write there.
const DATA_MARKS: [&str; 4] = ["wal", "chunks_head", "nflog", "silences"];

/// What a mounted path is, and what becomes of it.
enum Fate {
    /// It stays as it is.
    Stays,
    /// A copy takes its place.
    Copied,
    /// A folder takes its place that the run begins with empty, for what lies in it does not
    /// belong to the run.
    Emptied,
    /// A copy takes its place, without what a server has learnt: it holds that and files that the
    /// server reads.
    CopiedWithoutData,
    /// It is not there; a folder takes the place that the engine would make.
    Missing,
    /// It is a folder that this user may not read; one takes its place that is empty.
    Unreadable,
    /// It is not theirs alone, so that nothing may write to it.
    ReadOnly,
}

pub(super) fn add(draft: &mut Draft) -> Result<()> {
    let model = draft.model;
    for (name, service) in &model.services {
        if service.privileged {
            draft.note(format!(
                "{name} is privileged: nothing keeps it from what it wants of this machine"
            ));
        }
        for mounted in service
            .volumes
            .iter()
            .filter(|mounted| mounted.kind == BIND)
        {
            let Some(source) = &mounted.source else {
                continue;
            };
            let source = PathBuf::from(as_written(source));
            if source.to_str().is_none() {
                let reason = format!("its service `{name}` mounts a path that is no UTF-8");
                return Err(draft.wishes.refused(reason));
            }
            add_mount(draft, (name, service), mounted, &source);
        }
    }
    Ok(())
}

fn add_mount(
    draft: &mut Draft,
    (name, service): (&str, &Service),
    mounted: &VolumeUse,
    source: &Path,
) {
    let target = as_written(&mounted.target);
    let fate = fate(draft, (name, service), mounted, source);
    let place = match fate {
        Fate::Stays => return,
        Fate::Copied => draft.copied.copy_of(source),
        Fate::CopiedWithoutData => {
            leave_out_data(draft, source);
            draft.copied.copy_of(source)
        }
        Fate::Emptied => draft.copied.empty_in_place_of(source),
        Fate::Missing => {
            draft.note(format!(
                "{name} has an empty folder at {target}: {} is not there",
                source.display()
            ));
            draft.copied.empty_in_place_of(source)
        }
        Fate::Unreadable => {
            draft.note(format!(
                "{name} has an empty folder at {target}: this user may not read {}",
                source.display()
            ));
            draft.copied.empty_in_place_of(source)
        }
        Fate::ReadOnly => {
            draft.note(format!(
                "{name} cannot write to {target}: {} lies outside of the project; a volume in its \
                 place could be written to",
                source.display()
            ));
            source.to_owned()
        }
    };
    let read_only = mounted.read_only || matches!(fate, Fate::ReadOnly);
    let mut ours = bind(&place, &target, read_only);
    if let (Fate::ReadOnly, Some(options)) = (&fate, propagation(mounted)) {
        ours.insert(BIND.into(), options);
    }
    draft.mount(name, ours);
    if matches!(fate, Fate::Copied | Fate::CopiedWithoutData) {
        let replaced: Vec<_> = draft.wishes.replaced_in(name).collect();
        for file in replaced {
            if covering(service, file).is_some_and(|it| it.target == mounted.target)
                && let Ok(inside) = file.strip_prefix(&target)
            {
                let on_machine = if inside.as_os_str().is_empty() {
                    place.clone()
                } else {
                    place.join(inside)
                };
                draft.found_at(name, file, on_machine);
            }
        }
    }
}

fn fate(
    draft: &Draft,
    (name, service): (&str, &Service),
    mounted: &VolumeUse,
    source: &Path,
) -> Fate {
    let Ok(metadata) = source.metadata() else {
        return Fate::Missing;
    };
    if is_socket(source, &metadata) {
        return Fate::Stays;
    }
    let mut replaced = draft.wishes.replaced_in(name);
    let is_replaced = replaced.any(|file| {
        covering(service, file).is_some_and(|covering| covering.target == mounted.target)
    });
    let mut servers = draft.wishes.servers();
    let server = servers.find(|server| server.service == name);
    let in_project = draft.copied.is_in_project(source);
    if let Some(server) = server
        && (in_project || !mounted.read_only)
        && holds_data(server, service, mounted, source)
    {
        return if is_replaced {
            Fate::CopiedWithoutData
        } else {
            Fate::Emptied
        };
    }
    match (in_project, mounted.read_only) {
        (true, false) if may_not_be_read(source) => Fate::Unreadable,
        _ if is_replaced => Fate::Copied,
        (true, read_only) if !read_only || server.is_some() => Fate::Copied,
        (_, true) => Fate::Stays,
        (false, false) => Fate::ReadOnly,
        (true, false) => Fate::Copied,
    }
}

/// Has what a server has learnt, in a folder that is copied, be empty in the copy.
fn leave_out_data(draft: &mut Draft, folder: &Path) {
    let Ok(entries) = folder.read_dir() else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !DATA_MARKS.contains(&&*name) && !is_a_block(&name) {
            continue;
        }
        if entry.path().is_dir() {
            draft.copied.empty_in_place_of(&entry.path());
        } else {
            draft.copied.empty_file_in_place_of(&entry.path());
        }
    }
}

/// Whether Prometheus gives a block of samples such a name: an ULID.
fn is_a_block(name: &str) -> bool {
    name.len() == 26
        && name
            .chars()
            .all(|it| it.is_ascii_digit() || it.is_ascii_uppercase())
}

fn may_not_be_read(folder: &Path) -> bool {
    let read = folder.read_dir();
    read.is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
}

#[cfg(unix)]
fn is_socket(_: &Path, metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    metadata.file_type().is_socket()
}

#[cfg(not(unix))]
fn is_socket(path: &Path, _: &std::fs::Metadata) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "sock")
}

/// Whether a server keeps what it has learnt there.
fn holds_data(_: ServerWish, service: &Service, mounted: &VolumeUse, source: &Path) -> bool {
    let is_marked = || DATA_MARKS.iter().any(|mark| source.join(mark).exists());
    let mut words = service.entrypoint.iter().chain(&service.command).peekable();
    let mut told = Vec::new();
    while let Some(word) = words.next() {
        let (option, value) = match word.split_once('=') {
            Some((option, value)) => (option, Some(value)),
            None => (word.as_str(), words.peek().map(|next| next.as_str())),
        };
        if DATA_FOLDER_OPTIONS.contains(&option) {
            told.extend(value);
        }
    }
    let folders = if told.is_empty() {
        DATA_FOLDERS.to_vec()
    } else {
        told
    };
    let target = mounted.target.trim_end_matches('/');
    source.is_dir() && (folders.iter().any(|it| it.trim_end_matches('/') == target) || is_marked())
}

/// The mount of a service in which a path of its containers lies.
fn covering<'s>(service: &'s Service, path: &Path) -> Option<&'s VolumeUse> {
    let mounts = service.volumes.iter();
    let mounts = mounts.filter(|mounted| path.starts_with(as_written(&mounted.target)));
    mounts.max_by_key(|mounted| Path::new(&mounted.target).components().count())
}

fn bind(source: &Path, target: &str, read_only: bool) -> Mapping {
    let mut mount = Mapping::from_iter([
        ("type".into(), BIND.into()),
        ("source".into(), text(source.to_string_lossy())),
        ("target".into(), text(target)),
    ]);
    if read_only {
        mount.insert("read_only".into(), true.into());
    }
    // What is not there must not be made by the engine, as its own user.
    mount.insert(BIND.into(), mapping([("create_host_path", false.into())]));
    mount
}

fn propagation(mounted: &VolumeUse) -> Option<Value> {
    let propagation = mounted.bind.as_ref()?.get("propagation")?.as_str()?;
    Some(mapping([("propagation", propagation.into())]))
}

/// Mounts the files that the run replaces where nothing of theirs is mounted: their image holds
/// them, or a volume does.
pub(super) fn add_files_of_images(draft: &mut Draft) {
    for file in draft.wishes.mounted {
        let key = (file.service.to_owned(), file.path.to_owned());
        if draft.places.contains_key(&key) {
            continue;
        }
        let place = draft.copied.place_beside(file.service, file.path);
        let mount = bind(&place, &file.path.to_string_lossy(), true);
        draft.mount(file.service, mount);
        draft.found_at(file.service, file.path, place);
        if let Some(place) = draft.places.get_mut(&key) {
            place.must_be_written = true;
        }
    }
}
