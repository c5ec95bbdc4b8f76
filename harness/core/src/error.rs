//! What can keep a drill from being run, told apart by type.
//!
//! Each message is a lower-case fragment that names what was attempted, on what, and why it failed;
//! what to do about it is [`Error::hint`]. None of them says anything about an alert: all of them
//! end a run as *could not be tested*.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The result of what the harness attempts.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can keep a drill from being run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No Docker engine answers.
    #[error("failed to reach a Docker engine: {reason}")]
    NoEngine {
        /// What the client said.
        reason: String,
    },
    /// The engine is there and refuses this user.
    #[error("the Docker engine refuses this user: {reason}")]
    EngineRefuses {
        /// What the client said.
        reason: String,
    },
    /// `docker compose` is missing or too old.
    #[error("failed to run `docker compose`: {reason}")]
    NoCompose {
        /// What the shell or docker said.
        reason: String,
    },
    /// A call of the Docker API failed.
    #[error("failed to {attempted}: {reason}")]
    Docker {
        /// What, on what.
        attempted: String,
        /// What the client said.
        reason: String,
    },
    /// A `docker compose` command failed.
    #[error(
        "failed to {attempted}: `docker compose {command}` ended with {status}; its last \
         lines:\n{}", if log.is_empty() { "(it printed nothing)" } else { log }
    )]
    Compose {
        /// What, on what.
        attempted: String,
        /// The command's arguments.
        command: String,
        /// How it ended.
        status: String,
        /// The last lines that it printed.
        log: String,
    },
    /// An image could not be built.
    #[error("failed to build the images of {services}; the last lines of the build:\n{log}")]
    ImageBuild {
        /// The services whose images were to be built.
        services: String,
        /// The last lines that the build printed.
        log: String,
    },
    /// A program of this machine does not run in the engine's containers.
    #[error("failed to make an image of {}: {reason}", program.display())]
    NotPortable {
        /// The program.
        program: PathBuf,
        /// Why.
        reason: String,
    },
    /// A published port is in use.
    #[error("failed to start the stack: a port that it publishes is taken: {reason}")]
    PortTaken {
        /// What the engine said.
        reason: String,
    },
    /// A service did not become healthy.
    #[error(
        "failed to start the stack: {service} is {state} after {waited:.0?}; its last log \
         lines:\n{}", if log.is_empty() { "(it logged nothing)" } else { log }
    )]
    NotHealthy {
        /// The service.
        service: String,
        /// What its container was last seen to be.
        state: String,
        /// How long it was waited for.
        waited: Duration,
        /// The last lines of its log.
        log: String,
    },
    /// The description of the stack, or of a drill, is wrong.
    #[error("failed to read {what}: {reason}")]
    BadDescription {
        /// The file, and the part of it.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// What was asked for cannot be done, or is not alertdrill's to do.
    #[error("failed to {attempted}: {reason}")]
    Refused {
        /// What, on what.
        attempted: String,
        /// Why, and what to do.
        reason: String,
    },
    /// A place of a file that a person wrote is wrong.
    #[error("{}:{line}:{column}: {message}\n{snippet}", path.display())]
    InFile {
        /// The file.
        path: PathBuf,
        /// The number of the line, from one.
        line: usize,
        /// The number of the character in it, from one.
        column: usize,
        /// The line, with a caret under the place.
        snippet: String,
        /// What is wrong.
        message: String,
        /// What to do.
        help: String,
    },
    /// Several things are wrong.
    #[error("{}", errors.iter().map(Self::explained).collect::<Vec<_>>().join("\n"))]
    Several {
        /// Each of them.
        errors: Vec<Self>,
    },
    /// A server does not take a file.
    #[error("{server} refuses the {what} of {}:\n{message}", file.display())]
    CandidateRefused {
        /// Which server.
        server: &'static str,
        /// What the file is to it.
        what: &'static str,
        /// The file.
        file: PathBuf,
        /// Its own message.
        message: String,
    },
    /// The program that evaluates rules over recordings is not there.
    #[error(
        "no replayer at {}{}, which evaluates rules over a recording",
        program.display(), if *is_named { "" } else { " or in PATH" }
    )]
    NoReplayer {
        /// Where it should be.
        program: PathBuf,
        /// Whether a variable says that it is there, and nowhere else.
        is_named: bool,
    },
    /// The rules that were loaded, evaluated again, do not give what was recorded.
    #[error("the recording {} is not reproducible: {reason}", path.display())]
    NotReproducible {
        /// The recording.
        path: PathBuf,
        /// What differs.
        reason: String,
    },
    /// A drill names a service that the stack does not have.
    #[error("no service `{service}` in the compose project `{project}`")]
    NoSuchService {
        /// The name that was asked for.
        service: String,
        /// The project.
        project: String,
    },
    /// The stack has no such network: it was removed.
    #[error("no network `{network}` in the compose project `{project}`")]
    NoSuchNetwork {
        /// The network, as the compose file names it.
        network: String,
        /// The project.
        project: String,
    },
    /// Lines of the journal were spoiled after they were written.
    #[error(
        "failed to read lines {lines:?} of the journal {}: their sums do not fit",
        path.display()
    )]
    JournalSpoiled {
        /// The journal.
        path: PathBuf,
        /// The numbers of the lines.
        lines: Vec<usize>,
    },
    /// A file could not be read or written.
    #[error("failed to {attempted} {}: {source}", path.display())]
    File {
        /// What.
        attempted: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// An address of this machine cannot be served on.
    #[error("failed to serve on {address}: {source}")]
    NotServed {
        /// The address.
        address: SocketAddr,
        /// The system's error.
        source: io::Error,
    },
    /// A server did not answer.
    #[error("failed to {attempted}: {reason}")]
    NoAnswer {
        /// What, of whom.
        attempted: String,
        /// Why.
        reason: String,
    },
    /// A server answered something that is no answer.
    #[error("failed to {attempted}: the answer makes no sense: {reason}")]
    BadAnswer {
        /// What, of whom.
        attempted: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Something awaited did not come.
    #[error("waited {waited:.0?} in vain for {awaited}; last seen: {last_seen}")]
    TimedOut {
        /// What was awaited.
        awaited: String,
        /// What was last seen instead.
        last_seen: String,
        /// For how long.
        waited: Duration,
    },
    /// Instants of this machine and of Prometheus cannot be compared.
    #[error("failed to compare instants: {how}")]
    ClocksDisagree {
        /// Which clock is how far off.
        how: String,
    },
    /// Somebody asked the run to stop.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// What the reader can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::InFile { help, .. } => Some(help),
            Self::NoEngine { .. } => Some("install Docker if it is missing, then start its engine"),
            Self::EngineRefuses { .. } => {
                Some("add yourself to the group docker and log in again, or run this as root")
            }
            Self::NoCompose { .. } => Some("install Docker's plugin for compose, version 2"),
            Self::ImageBuild { .. } => Some(
                "if the log says that a base image is missing, pull it or build it; else mend the \
                 Dockerfile that the log names",
            ),
            Self::NotPortable { .. } => Some(
                "`ALERTDRILL_IMAGE=NAME` names an image whose entrypoint is alertdrill for the \
                 engine's system",
            ),
            Self::PortTaken { .. } => {
                Some("end what listens there, or have the compose file publish another port")
            }
            Self::NotHealthy { .. } => Some(
                "the stack was taken down again; `KEEP_STACK=1` keeps it for a look with \
                 `docker compose logs`",
            ),
            Self::CandidateRefused { .. } => Some("mend the file; nothing was broken or changed"),
            Self::NoReplayer { .. } => Some(
                "it comes with alertdrill's releases; in a clone, `./drill setup` builds it, or \
                     `harness/replayer/build PROGRAM`; `ALERTDRILL_REPLAYER=PROGRAM` names it",
            ),
            Self::NotReproducible { .. } => {
                Some("what rules would have said of it cannot be told; record another run")
            }
            Self::NoSuchService { .. } => {
                Some("`docker compose config --services`, on its compose file, lists the services")
            }
            Self::ClocksDisagree { .. } => Some("have both clocks set by NTP, then run it again"),
            Self::NotServed { .. } => Some(
                "name an address of this machine and a port that is free: \
                 `--listen 127.0.0.1:8080`",
            ),
            Self::NoSuchNetwork { .. } => {
                Some("make the stack anew: `alertdrill down`, then `alertdrill up`")
            }
            Self::JournalSpoiled { .. } => Some(
                "a fault that they tell of may still be there; `alertdrill down` removes the stack \
                 and its journal",
            ),
            Self::Interrupted => {
                Some("what was broken has been reverted; run it again for a verdict")
            }
            Self::Compose { .. } => Some(
                "run that command by hand, in the folder of its compose file: what it says is \
                 compose's word, not alertdrill's",
            ),
            Self::File { source, .. } => file_hint(source.kind()),
            Self::Docker { .. }
            | Self::BadDescription { .. }
            | Self::Refused { .. }
            | Self::Several { .. }
            | Self::NoAnswer { .. }
            | Self::BadAnswer { .. }
            | Self::TimedOut { .. } => None,
        }
    }

    /// That a file could not be used, for the error that the system gave.
    pub fn file(
        attempted: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            attempted,
            path,
            source,
        }
    }

    /// The same, said of the file `rules` if it is that rules were refused: a replay evaluates them
    /// under the path at which the server had loaded others.
    #[must_use]
    pub fn about_rules_in(self, rules: &Path) -> Self {
        match self {
            Self::CandidateRefused {
                server,
                what,
                message,
                file,
            } => {
                let [loaded, own] = [&*file, rules].map(|file| file.display().to_string());
                Self::CandidateRefused {
                    server,
                    what,
                    file: rules.to_owned(),
                    message: message.replace(&loaded, &own),
                }
            }
            other => other,
        }
    }

    /// The message with its hint, as a person reads it on a terminal.
    #[must_use]
    pub fn explained(&self) -> String {
        match self.hint() {
            Some(hint) => format!("{self}\n  help: {hint}"),
            None => self.to_string(),
        }
    }
}

fn file_hint(kind: io::ErrorKind) -> Option<&'static str> {
    match kind {
        io::ErrorKind::PermissionDenied => {
            Some("let this user do that (`ls -l` shows who may), or run this as one who may")
        }
        io::ErrorKind::StorageFull => Some("free some room on that disk (`df -h`)"),
        io::ErrorKind::ReadOnlyFilesystem => {
            Some("`CARGO_TARGET_DIR=FOLDER` names another folder for what alertdrill writes")
        }
        _ => None,
    }
}

/// An error and all that caused it, in one line.
#[must_use]
pub fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
