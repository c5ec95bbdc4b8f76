//! What a Dockerfile says of the image that is built from it: what it starts from, and which files
//! of the project it copies into it.

use std::path::{Path, PathBuf};

use crate::Build;

/// What a Dockerfile says of its last stage.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Dockerfile {
    /// The image that it starts from.
    pub(super) from: Option<String>,
    /// What it copies of its context, and where to; a path that ends with `/` is a folder.
    pub(super) copies: Vec<(PathBuf, String)>,
}

impl Dockerfile {
    /// The Dockerfile of `build`; `None` if there is none on this machine.
    pub(super) fn of(build: &Build) -> Option<Self> {
        let name = build.dockerfile.as_deref();
        let path = build.context.join(name.unwrap_or(Path::new("Dockerfile")));
        let text = std::fs::read_to_string(path).ok()?;
        Some(Self::parse(&text, &build.context))
    }

    fn parse(text: &str, context: &Path) -> Self {
        let mut last = Self::default();
        let mut folder = "/".to_owned();
        for line in text.replace("\\\n", " ").lines() {
            let mut words = line.split_whitespace();
            let instruction = words.next().unwrap_or_default().to_ascii_uppercase();
            let words: Vec<_> = words.map(plain).filter(|word| !word.is_empty()).collect();
            match instruction.as_str() {
                "FROM" => {
                    last = Self {
                        from: words.iter().find(|word| !word.starts_with("--")).cloned(),
                        copies: Vec::new(),
                    };
                    "/".clone_into(&mut folder);
                }
                "WORKDIR" => folder = below(&folder, words.first().map_or("", |word| word)),
                "COPY" | "ADD" => last.copies.extend(copies(&words, context, &folder)),
                _ => {}
            }
        }
        last
    }
}

/// A word of an instruction, in its shell form or its JSON form.
fn plain(word: &str) -> String {
    let marks = |c: char| "[],\"'".contains(c);
    word.trim_matches(marks).to_owned()
}

/// What is copied of the context; nothing of another stage or of the network.
fn copies(words: &[String], context: &Path, folder: &str) -> Vec<(PathBuf, String)> {
    if words.iter().any(|word| word.starts_with("--from")) {
        return Vec::new();
    }
    let words = words.iter().filter(|word| !word.starts_with("--"));
    let words: Vec<_> = words.collect();
    let Some((to, from)) = words.split_last() else {
        return Vec::new();
    };
    let to = if to.as_str() == "." { "./" } else { to };
    let to = below(folder, to);
    let local = from.iter().filter(|from| !from.contains("://"));
    local
        .map(|from| (context.join(from.trim_start_matches('/')), to.clone()))
        .collect()
}

fn below(folder: &str, path: &str) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    format!("{}/{path}", folder.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_stage_tells_what_the_image_is_made_of() {
        let text = "FROM golang AS build\nCOPY . /src\n\
                    FROM --platform=linux/amd64 prom/prometheus:v2\nWORKDIR /etc/prometheus\nCOPY --from=build /x /x\nCOPY --chown=nobody p.yml \\\n  \
                    rules.yml ./\nADD [\"a.yml\", \"/b.yml\"]\nADD https://example.org/c /c\n";
        let read = Dockerfile::parse(text, Path::new("/shop"));
        assert_eq!(read.from.as_deref(), Some("prom/prometheus:v2"));
        let folder = "/etc/prometheus/./".to_owned();
        let copied = |from: &str, to: &str| (PathBuf::from(from), to.to_owned());
        let expected = [
            copied("/shop/p.yml", &folder),
            copied("/shop/rules.yml", &folder),
            copied("/shop/a.yml", "/b.yml"),
        ];
        assert_eq!(read.copies, expected);
    }
}
