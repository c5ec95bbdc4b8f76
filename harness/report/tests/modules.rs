//! The modules of this crate have a direction: data flows from the store to the model to the sinks,
//! and no module imports one that imports it, directly or through others.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how it fails")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// By the path of each module (`model::report`), the code of its file without the tests.
fn modules(folder: &Path, within: &str, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let module = if within.is_empty() {
            name.clone()
        } else {
            format!("{within}::{name}")
        };
        if path.is_dir() {
            modules(&path, &module, found);
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !["lib", "mod", "examples"].contains(&&*name)
        {
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap().to_owned();
            found.insert(module, code);
        }
    }
}

fn all_modules() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    modules(&source, "", &mut found);
    found
}

/// The modules or folders of modules that a module imports, by their paths.
fn imports(module: &str, code: &str) -> Vec<String> {
    let folder = module.rsplit_once("::").map_or("", |(folder, _)| folder);
    let used = code
        .lines()
        .filter_map(|line| line.trim().strip_prefix("use "));
    let paths = used.filter_map(|path| {
        let inner = path.strip_prefix("crate::").map(str::to_owned);
        let beside = path
            .strip_prefix("super::")
            .map(|path| format!("{folder}::{path}"));
        inner.or(beside)
    });
    let is_module = |segment: &&str| segment.starts_with(|c: char| c.is_ascii_lowercase());
    let paths = paths.map(|path| {
        let segments = path.split("::").take_while(is_module);
        segments
            .map(|one| one.trim_end_matches(';'))
            .collect::<Vec<_>>()
            .join("::")
    });
    paths.collect()
}

#[test]
fn data_flows_from_the_store_to_the_model_to_the_sinks() {
    let modules = all_modules();
    assert!(modules.len() > 20, "{:?}", modules.keys());
    let layers = ["store", "model", "sinks"];
    let layer = |path: &str| {
        layers
            .iter()
            .position(|layer| path.split("::").next() == Some(layer))
    };
    for (module, code) in &modules {
        for import in imports(module, code) {
            assert!(layer(&import) <= layer(module), "{module} imports {import}");
        }
    }
}

#[test]
fn sinks_share_phrases_and_nothing_else() {
    for (module, code) in all_modules() {
        let sink = module
            .strip_prefix("sinks::")
            .filter(|sink| !sink.starts_with("html::"));
        // The files of a report are several sinks.
        let Some(sink) = sink.filter(|sink| *sink != "run_files") else {
            continue;
        };
        let others = imports(&module, &code);
        let mut others = others
            .iter()
            .filter_map(|import| import.strip_prefix("sinks::"));
        assert!(
            others.all(|other| other.starts_with("phrases")),
            "{sink} imports a sink"
        );
    }
}

#[test]
fn no_module_imports_one_that_imports_it() {
    let modules = all_modules();
    let mut below: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (module, code) in &modules {
        let imported = imports(module, code);
        let names = |other: &&String| {
            imported
                .iter()
                .any(|import| import == *other || import.starts_with(&format!("{other}::")))
        };
        below.insert(
            module,
            modules.keys().filter(names).map(String::as_str).collect(),
        );
    }
    let edges: usize = below.values().map(Vec::len).sum();
    assert!(edges > 20, "{below:#?}");
    // What imports nothing that is left is no part of a circle.
    while let Some(lowest) = below
        .iter()
        .find_map(|(name, all)| all.is_empty().then_some(*name))
    {
        below.remove(lowest);
        for imported in below.values_mut() {
            imported.retain(|other| *other != lowest);
        }
    }
    assert!(
        below.is_empty(),
        "circles, or modules above circles: {below:#?}"
    );
}
