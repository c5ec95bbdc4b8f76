//! What the files say of a service, to see whether they mention something.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use alertdrill_project::Service;

use crate::checkout::{Checkout, SourceFile};

/// How the names of programs end.
const PROGRAMS: [&str; 18] = [
    "py", "js", "ts", "mjs", "cjs", "jsx", "tsx", "go", "java", "kt", "scala", "rs", "rb", "cs",
    "php", "ex", "exs", "cpp",
];

/// So much text is looked through; of more, it counts as mentioned.
const MOST_BYTES: usize = 5_000_000;

/// A service, and the files of the checkout that go into its image or its container.
#[derive(Clone, Debug)]
pub(crate) struct ServiceTexts<'a> {
    service: &'a Service,
    /// The checkout's folder.
    root: PathBuf,
    /// The files below its build context.
    built_from: Vec<&'a SourceFile>,
    /// The files that are mounted into it.
    mounted: Vec<&'a SourceFile>,
    /// Whether its build context lies in the checkout and holds something.
    is_built_here: bool,
    /// Its files in small letters.
    lowered: OnceCell<Vec<String>>,
}

impl<'a> ServiceTexts<'a> {
    pub(crate) fn of(checkout: &'a Checkout, service: &'a Service) -> Self {
        let below = |path: &Path| -> Vec<&'a SourceFile> {
            let Some(folder) = inside(&checkout.root, path) else {
                return Vec::new();
            };
            let sources = checkout.sources.iter();
            sources
                .filter(|source| source.path.starts_with(&folder))
                .collect()
        };
        let built_from = service.build.as_ref().map(|build| below(&build.context));
        let built_from = built_from.unwrap_or_default();
        let binds = service
            .volumes
            .iter()
            .filter(|volume| volume.kind == "bind");
        let binds = binds.filter_map(|volume| volume.source.as_deref());
        Self {
            service,
            root: checkout.root.clone(),
            is_built_here: !built_from.is_empty(),
            built_from,
            mounted: binds.flat_map(|source| below(Path::new(source))).collect(),
            lowered: OnceCell::new(),
        }
    }

    /// Whether it is built from, or runs, programs of this checkout that can be read.
    pub(crate) fn has_programs(&self) -> bool {
        let mut files = self.built_from.iter().chain(&self.mounted);
        files.any(|file| is_program(file))
    }

    /// Whether its build context lies in the checkout and holds something.
    pub(crate) fn is_built_here(&self) -> bool {
        self.is_built_here
    }

    /// Whether its image is built for it.
    pub(crate) fn is_built(&self) -> bool {
        self.service.build.is_some()
    }

    /// Its Dockerfile.
    pub(crate) fn dockerfile(&self) -> Option<&'a SourceFile> {
        let build = self.service.build.as_ref()?;
        let name = build.dockerfile.as_deref();
        let path = build.context.join(name.unwrap_or(Path::new("Dockerfile")));
        let path = inside(&self.root, &path)?;
        let mut files = self.built_from.iter();
        files.find(|file| file.path == path).copied()
    }

    /// The files that its image holds by the `COPY` lines of its Dockerfile, and those that are
    /// mounted; all that it is built from where that is not told, or is no program.
    pub(crate) fn files_of_its_image(&self) -> Vec<&'a SourceFile> {
        let all: Vec<_> = self.files().collect();
        let Some(copied) = self.dockerfile().and_then(|file| copied_by(&file.text)) else {
            return all;
        };
        let context = self.service.build.as_ref();
        let Some(context) = context.and_then(|build| inside(&self.root, &build.context)) else {
            return all;
        };
        let is_copied = |file: &&SourceFile| {
            let mut copied = copied.iter();
            copied.any(|path| file.path.starts_with(context.join(path)))
        };
        let built = self.built_from.iter().copied().filter(is_copied);
        let held: Vec<_> = built.chain(self.mounted.iter().copied()).collect();
        if held.iter().any(|file| is_program(file)) {
            held
        } else {
            all
        }
    }

    /// The texts of the files that go into it.
    pub(crate) fn files(&self) -> impl Iterator<Item = &'a SourceFile> {
        self.built_from.iter().chain(&self.mounted).copied()
    }

    /// Whether anything that is written of it has this text, in whatever letters.
    pub(crate) fn mention(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let mut words = self.words();
        self.are_too_long()
            || words.any(|word| word.to_lowercase().contains(&text))
            || self.lowered().iter().any(|lowered| lowered.contains(&text))
    }

    /// Whether anything that is written of it has this number.
    pub(crate) fn mention_number(&self, number: u16) -> bool {
        let number = number.to_string();
        let mut words = self.words();
        self.are_too_long()
            || words.any(|word| has_number(&word, &number))
            || self.files().any(|file| has_number(&file.text, &number))
    }

    /// The words of its definition in the compose file, as one text.
    pub(crate) fn settings(&self) -> String {
        self.words().collect::<Vec<_>>().join(" ")
    }

    fn are_too_long(&self) -> bool {
        let lengths = self.files().map(|file| file.text.len());
        lengths.sum::<usize>() > MOST_BYTES
    }

    fn lowered(&self) -> &[String] {
        self.lowered
            .get_or_init(|| self.files().map(|file| file.text.to_lowercase()).collect())
    }

    /// The words of its definition in the compose file: its command, environment, …
    fn words(&self) -> impl Iterator<Item = String> {
        let service = self.service;
        let environment = service.environment.iter();
        let environment = environment
            .map(|(name, value)| format!("{name}={}", value.as_deref().unwrap_or_default()));
        let listens = service.ports.iter().map(|port| port.target.to_string());
        let command = service.command.iter().chain(&service.entrypoint);
        let healthcheck = service.healthcheck.iter().map(ToString::to_string);
        command
            .chain(&service.expose)
            .cloned()
            .chain(environment)
            .chain(listens)
            .chain(healthcheck)
    }
}

fn is_program(file: &SourceFile) -> bool {
    let end = file.path.extension().and_then(|end| end.to_str());
    end.is_some_and(|end| PROGRAMS.contains(&end))
}

/// What a Dockerfile copies of its context; `None` if that may be all of it.
fn copied_by(dockerfile: &str) -> Option<Vec<PathBuf>> {
    let joined = dockerfile.replace("\\\r\n", " ").replace("\\\n", " ");
    let mut copied = Vec::new();
    for line in joined.lines().map(str::trim) {
        let (key, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        if !["copy", "add"].contains(&key.to_ascii_lowercase().as_str()) {
            continue;
        }
        let words = rest.split(|c: char| c.is_whitespace() || "\"[],".contains(c));
        let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
        if words.iter().any(|word| word.starts_with("--from=")) {
            continue;
        }
        let paths: Vec<_> = words
            .into_iter()
            .filter(|word| !word.starts_with("--"))
            .collect();
        let (_, sources) = paths.split_last()?;
        for source in sources {
            let path = source.trim_start_matches("./").trim_matches('/');
            if path.is_empty() || path == "." || path.contains(['$', '*', '?']) {
                return None;
            }
            copied.push(PathBuf::from(path));
        }
    }
    (!copied.is_empty()).then_some(copied)
}

/// The path from the checkout's folder; `None` of one that lies outside.
fn inside(root: &Path, path: &Path) -> Option<PathBuf> {
    if path.is_relative() {
        return Some(
            path.components()
                .filter(|part| part.as_os_str() != ".")
                .collect(),
        );
    }
    Some(path.strip_prefix(root).ok()?.to_owned())
}

fn has_number(text: &str, number: &str) -> bool {
    text.match_indices(number).any(|(at, _)| {
        let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text
            .get(at + number.len()..)
            .and_then(|text| text.chars().next());
        !is_digit(before) && !is_digit(after)
    })
}
