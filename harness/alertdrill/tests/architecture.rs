//! What the modules of each crate may use, held against their source. `crates.rs` holds what the
//! crates may use.
//!
//! Cargo refuses a circle between crates, and the compiler allows one between modules. A reader
//! who meets a circle has to understand all of its modules at once. So among the modules that share
//! a parent, what one uses of the others goes one way. A parent and its own children may use each
//! other: they are one thing in several files. Tests may use anything.

#![allow(
    clippy::similar_names,
    reason = "what uses and what is used are its subject"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::Path;

/// The names of a module and of those around it, the outermost first; none of the crate's root.
type ModulePath = Vec<String>;

/// The code of a crate's modules, without comments and tests.
#[derive(Default)]
struct Modules(BTreeMap<ModulePath, String>);

impl Modules {
    fn in_folder(src: &Path) -> Result<Self, Box<dyn Error>> {
        let mut texts = BTreeMap::new();
        let mut folders = vec![src.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if let Some(module) = module_of(path.strip_prefix(src)?) {
                    texts.insert(module, fs::read_to_string(&path)?);
                }
            }
        }
        Ok(Self::of(texts))
    }

    fn of(mut texts: BTreeMap<ModulePath, String>) -> Self {
        let tests = texts.iter().flat_map(|(module, text)| {
            let names = test_modules_in(text).into_iter();
            names.map(|name| [module.as_slice(), &[name]].concat())
        });
        let tests: Vec<_> = tests.collect();
        texts.retain(|module, _| !tests.iter().any(|test| module.starts_with(test)));
        let texts = texts.into_iter();
        Self(
            texts
                .map(|(module, text)| (module, code_of(&text)))
                .collect(),
        )
    }

    /// Per module, those of its siblings that it uses.
    fn uses(&self) -> BTreeMap<ModulePath, BTreeSet<ModulePath>> {
        let mut uses: BTreeMap<ModulePath, BTreeSet<ModulePath>> = BTreeMap::new();
        for (module, code) in &self.0 {
            for path in paths_in(code) {
                let used = self.resolve(module, &path);
                let shared = module.iter().zip(&used).take_while(|(a, b)| a == b).count();
                if let (Some(user), Some(used)) = (module.get(..=shared), used.get(..=shared)) {
                    uses.entry(user.to_vec()).or_default().insert(used.to_vec());
                }
            }
        }
        uses
    }

    /// The module in which what `path` names in `module` is defined, re-exports followed.
    fn resolve(&self, module: &[String], path: &[String]) -> ModulePath {
        let mut at = module.to_vec();
        for (number, name) in path.iter().enumerate() {
            match name.as_str() {
                "crate" => at.clear(),
                "self" => {}
                "super" => drop(at.pop()),
                _ => {
                    let child = [at.as_slice(), std::slice::from_ref(name)].concat();
                    if self.0.contains_key(&child) {
                        at = child;
                    } else if let Some(origin) = self.re_exported(&at, name) {
                        let rest = path.get(number + 1..).unwrap_or_default();
                        return self.resolve(&at, &[origin.as_slice(), rest].concat());
                    } else {
                        return at;
                    }
                }
            }
        }
        at
    }

    /// Where `module` has `name` from, if it has it from one of its children.
    fn re_exported(&self, module: &[String], name: &str) -> Option<Vec<String>> {
        let code = self.0.get(module)?;
        let statements = code.split("use ").skip(1);
        let mut paths = statements.flat_map(path_tree);
        paths.find(|path| {
            let child = path
                .first()
                .map(|first| [module, std::slice::from_ref(first)].concat());
            path.last().is_some_and(|last| last == name)
                && child.is_some_and(|child| self.0.contains_key(&child))
        })
    }

    /// The modules of a circle, each of which uses the next; the first is also the last.
    fn circle(&self) -> Option<String> {
        let uses = self.uses();
        let mut done = BTreeSet::new();
        uses.keys()
            .find_map(|module| circle_from(module, &uses, &mut Vec::new(), &mut done))
    }
}

fn circle_from(
    module: &ModulePath,
    uses: &BTreeMap<ModulePath, BTreeSet<ModulePath>>,
    way: &mut Vec<ModulePath>,
    done: &mut BTreeSet<ModulePath>,
) -> Option<String> {
    if let Some(begin) = way.iter().position(|other| other == module) {
        let circle = way.iter().skip(begin).chain([module]);
        let names: Vec<_> = circle.map(|module| module.join("::")).collect();
        return Some(names.join(" → "));
    }
    if !done.insert(module.clone()) {
        return None;
    }
    way.push(module.clone());
    let mut used = uses.get(module).into_iter().flatten();
    let circle = used.find_map(|used| circle_from(used, uses, way, done));
    way.pop();
    circle
}

/// The module in this file; `None` of a program.
fn module_of(file: &Path) -> Option<ModulePath> {
    let path = file.to_str()?.strip_suffix(".rs")?;
    let mut names: Vec<_> = path.split('/').map(str::to_owned).collect();
    match names.last()?.as_str() {
        "main" => return None,
        "lib" | "mod" => drop(names.pop()),
        _ => {}
    }
    Some(names)
}

/// The modules that are declared for tests only and stand in files of their own.
fn test_modules_in(text: &str) -> Vec<String> {
    let after = text.split("#[cfg(test)]\n").skip(1);
    let lines = after.filter_map(|after| after.lines().next()?.trim().strip_suffix(';'));
    let names = lines.filter_map(|line| Some(line.split_once("mod ")?.1));
    names.map(str::to_owned).collect()
}

/// The code in a file, without comments. Tests stand at its end.
fn code_of(text: &str) -> String {
    let tests = ["mod tests {", "pub(super) mod tests {"];
    let tests = tests.map(|tests| text.find(&format!("#[cfg(test)]\n{tests}")));
    let end = tests.into_iter().flatten().min().unwrap_or(text.len());
    let lines = text.split_at(end).0.lines();
    let code: Vec<_> = lines
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    code.join("\n")
}

/// All paths in `code` that begin at the crate's root or at a parent.
fn paths_in(code: &str) -> Vec<Vec<String>> {
    let is_in_a_name = |char: char| char.is_alphanumeric() || "_:$".contains(char);
    let begins = ["crate::", "super::"].map(|root| code.match_indices(root));
    let begins = begins
        .into_iter()
        .flatten()
        .map(|(begin, _)| code.split_at(begin));
    let paths = begins.filter(|(before, _)| !before.ends_with(is_in_a_name));
    paths.flat_map(|(_, path)| path_tree(path)).collect()
}

/// The paths that `text` begins with: one, or several of one beginning (`a::{b, c::d}`).
fn path_tree(text: &str) -> Vec<Vec<String>> {
    fn branches(text: &mut &str, stem: &[String], paths: &mut Vec<Vec<String>>) {
        *text = text.trim_start();
        let end = text.find(|char: char| !char.is_alphanumeric() && char != '_');
        let (name, rest) = text.split_at(end.unwrap_or(text.len()));
        let path = [stem, &[name.to_owned()]].concat();
        *text = rest;
        let Some(rest) = rest.strip_prefix("::") else {
            return paths.push(path);
        };
        *text = rest;
        let Some(inside) = rest.strip_prefix('{') else {
            return branches(text, &path, paths);
        };
        *text = inside.trim_start();
        while !text.is_empty() && !text.starts_with('}') {
            branches(text, &path, paths);
            let next = text.find([',', '}']).unwrap_or(text.len());
            *text = text.split_at(next).1.trim_start_matches(',').trim_start();
        }
        *text = text.strip_prefix('}').unwrap_or(text);
    }
    let mut paths = Vec::new();
    branches(&mut { text }, &[], &mut paths);
    paths
}

#[test]
fn modules_of_each_crate_use_each_other_one_way_only() -> Result<(), Box<dyn Error>> {
    let harness = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut looked_at = 0;
    let mut circles = Vec::new();
    for entry in fs::read_dir(harness)? {
        let src = entry?.path().join("src");
        if src.is_dir() {
            let modules = Modules::in_folder(&src)?;
            looked_at += modules.0.len();
            circles.extend(
                modules
                    .circle()
                    .map(|circle| format!("{}: {circle}", src.display())),
            );
        }
    }
    assert!(looked_at > 50, "{looked_at} modules are not all");
    assert!(circles.is_empty(), "{}", circles.join("\n"));
    Ok(())
}

/// What each module of the report crate uses of its siblings, as pairs of paths.
fn uses_in_report() -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("../report/src");
    let uses = Modules::in_folder(&src)?.uses();
    let pairs = uses.into_iter().flat_map(|(user, used)| {
        let used = used.into_iter();
        used.map(move |used| (user.join("::"), used.join("::")))
    });
    let pairs: Vec<_> = pairs.collect();
    assert!(pairs.len() > 20, "{pairs:?}");
    Ok(pairs)
}

#[test]
fn data_of_a_report_flows_from_the_store_to_the_model_to_the_sinks() -> Result<(), Box<dyn Error>> {
    let layers = ["store", "model", "sinks"];
    let layer = |module: &str| layers.iter().position(|layer| *layer == module);
    for (user, used) in uses_in_report()? {
        assert!(layer(&used) <= layer(&user), "{user} uses {used}");
    }
    Ok(())
}

#[test]
fn sinks_share_phrases_and_nothing_else() -> Result<(), Box<dyn Error>> {
    for (user, used) in uses_in_report()? {
        // The files of a report are several sinks.
        let is_sink = user.starts_with("sinks::") && user != "sinks::run_files";
        if is_sink && used.starts_with("sinks::") {
            let is_inside = used.starts_with("sinks::html::");
            assert!(is_inside || used == "sinks::phrases", "{user} uses {used}");
        }
    }
    Ok(())
}

fn path_of(name: &str) -> ModulePath {
    let names = name.split('/').filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

#[test]
fn circle_over_re_exports_is_found_and_none_that_only_tests_and_comments_make() {
    let with_lease = |lease: &str| {
        let texts = [
            (
                "",
                "mod drill;\nmod schedule;\npub use drill::{Drill, Lease};",
            ),
            (
                "drill",
                "mod lease;\n#[cfg(test)]\nmod trial;\npub use lease::Lease;",
            ),
            ("drill/trial", "use crate::schedule::Place;"),
            ("drill/lease", lease),
            ("schedule", "mod place;\npub use place::Place;"),
            (
                "schedule/place",
                "use std::fmt;\nfn place() { crate::Lease::new() }",
            ),
        ];
        let texts = texts.map(|(name, text)| (path_of(name), text.to_owned()));
        Modules::of(texts.into())
    };
    let in_tests = "use super::Drill;\n// crate::schedule\n#[cfg(test)]\nmod tests {\n    \
                    use crate::schedule::Place;\n}";
    assert_eq!(with_lease(in_tests).circle(), None);
    for circle in [
        "use crate::{fmt, schedule::{Place as Other}};",
        "use super::super::schedule;",
        "fn place() -> crate::schedule::Place {}",
    ] {
        let found = with_lease(circle).circle();
        assert_eq!(
            found.as_deref(),
            Some("drill → schedule → drill"),
            "{circle}"
        );
    }
}
