//! The image of the notification sink: this very program, and nothing else.
//!
//! No registry and no base image is asked. The program, its loader and its libraries are packed
//! into an archive, which the engine imports (`docker import`): that works with every engine, and
//! needs no builder. The tag is made of all that is in it, so an image is made once for each build
//! of the program.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use alertdrill_core::{Error, Result};
use bollard::Docker;
use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::TryStreamExt as _;
use sha2::{Digest, Sha256};

use super::docker::docker_failed;
use super::files::finish_hash;
use super::portable_program::PortableProgram;

/// The port on which a container of the sink's image serves.
pub const SINK_PORT: u16 = 8080;
/// Names an image that holds the program, where none can be made of it.
const IMAGE_VARIABLE: &str = "ALERTDRILL_IMAGE";
const REPOSITORY: &str = "alertdrill/sink";
/// Where the program is in the image.
const PROGRAM: &str = "alertdrill";

/// The name of an image whose containers run `alertdrill sink`, on [`SINK_PORT`] and with a
/// healthcheck. It is the one that `ALERTDRILL_IMAGE` names; else it is made of `program` and what
/// that needs, unless it is there already.
///
/// # Errors
/// [`Error::NotPortable`] if `program` does not run where the engine's containers run,
/// [`Error::File`], or [`Error::Docker`].
pub async fn sink_image(docker: &Docker, program: &Path) -> Result<String> {
    match std::env::var(IMAGE_VARIABLE) {
        Ok(named) if !named.is_empty() => return Ok(named),
        _ => {}
    }
    let portable = PortableProgram::of(program)?;
    let engine = docker.version().await;
    let engine = engine.map_err(docker_failed("ask the engine what it runs on"))?;
    let runs_on = |it: Option<String>| it.unwrap_or_default();
    let (system, architecture) = (runs_on(engine.os), runs_on(engine.arch));
    if (&*system, &*architecture) != ("linux", portable.architecture) {
        return Err(Error::NotPortable {
            program: program.to_owned(),
            reason: format!(
                "it is for linux/{}, and the Docker engine runs {system}/{architecture}",
                portable.architecture
            ),
        });
    }
    let archive = archive_of(&portable)?;
    let configuration = configuration_of(&portable);
    let tag = tag_of(&archive, &configuration);
    let image = format!("{REPOSITORY}:{tag}");
    if !exists(docker, &image).await? {
        let options = CreateImageOptionsBuilder::default()
            .from_src("-")
            .repo(REPOSITORY)
            .tag(&tag)
            .changes(configuration)
            .build();
        let imported: Vec<_> = docker
            .create_image(
                Some(options),
                Some(bollard::body_full(archive.into())),
                None,
            )
            .try_collect()
            .await
            .map_err(docker_failed(format!("import the image {image}")))?;
        drop(imported);
    }
    Ok(image)
}

async fn exists(docker: &Docker, image: &str) -> Result<bool> {
    match docker.inspect_image(image).await {
        Ok(_) => Ok(true),
        Err(bollard::errors::Error::DockerResponseServerError {
            status_code: 404, ..
        }) => Ok(false),
        Err(source) => Err(docker_failed(format!("inspect the image {image}"))(source)),
    }
}

/// The root folder of the image. Nothing in it tells when or by whom it was packed: the same files
/// are the same image.
fn archive_of(program: &PortableProgram) -> Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::with_capacity(program.content.len() + (1 << 23)));
    add(&mut archive, Path::new(PROGRAM), &program.content)?;
    for file in &program.needs {
        let content = std::fs::read(file).map_err(Error::file("read", file))?;
        let below_root = file.strip_prefix("/").unwrap_or(file);
        add(&mut archive, below_root, &content)?;
    }
    archive.into_inner().map_err(not_packed(Path::new(PROGRAM)))
}

fn add(archive: &mut tar::Builder<Vec<u8>>, path: &Path, content: &[u8]) -> Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o755);
    header.set_mtime(0);
    archive
        .append_data(&mut header, path, content)
        .map_err(not_packed(path))
}

fn not_packed(path: &Path) -> impl FnOnce(io::Error) -> Error {
    Error::file("pack into an image", path)
}

/// What the engine is told of the image, in lines of a Dockerfile.
fn configuration_of(program: &PortableProgram) -> Vec<String> {
    let healthcheck = format!("http://127.0.0.1:{SINK_PORT}/health");
    let mut lines = vec![
        format!("ENTRYPOINT [\"/{PROGRAM}\"]"),
        format!("CMD [\"sink\", \"--listen\", \"0.0.0.0:{SINK_PORT}\"]"),
        format!("EXPOSE {SINK_PORT}"),
        // Nobody, in every distribution.
        "USER 65534:65534".to_owned(),
        format!(
            "HEALTHCHECK --interval=2s --timeout=5s \
             CMD [\"/{PROGRAM}\", \"sink\", \"--health\", \"{healthcheck}\"]"
        ),
    ];
    // The image has no cache of the loader's, which names the folders that are not usual.
    let folders: BTreeSet<_> = program.needs.iter().filter_map(|it| it.parent()).collect();
    if !folders.is_empty() {
        let folders: Vec<_> = folders.iter().map(|it| it.display().to_string()).collect();
        lines.push(format!("ENV LD_LIBRARY_PATH=\"{}\"", folders.join(":")));
    }
    lines
}

fn tag_of(archive: &[u8], configuration: &[String]) -> String {
    let mut hash = Sha256::new();
    hash.update(configuration.join("\n"));
    hash.update(archive);
    let mut tag = finish_hash(hash);
    tag.truncate(16);
    tag
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn program(content: &str, needs: &[PathBuf]) -> PortableProgram {
        PortableProgram {
            content: content.as_bytes().to_vec(),
            architecture: "amd64",
            needs: needs.iter().cloned().collect(),
        }
    }

    fn tag(program: &PortableProgram) -> String {
        tag_of(&archive_of(program).unwrap(), &configuration_of(program))
    }

    #[test]
    fn image_of_another_program_or_other_libraries_has_another_tag() {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("libodd.so");
        std::fs::write(&library, "one").unwrap();
        let needs = [library.clone()];
        let first = tag(&program("a", &needs));
        assert_eq!(tag(&program("a", &needs)), first);
        assert_ne!(tag(&program("b", &needs)), first);
        assert_ne!(tag(&program("a", &[])), first);
        std::fs::write(&library, "two").unwrap();
        assert_ne!(tag(&program("a", &needs)), first);
    }

    #[test]
    fn folders_of_libraries_are_named_for_the_loader_and_none_are_of_a_static_program() {
        let needs = ["/opt/odd/libodd.so", "/lib/libc.so.6"].map(PathBuf::from);
        let configuration = configuration_of(&program("a", &needs));
        let folders = "ENV LD_LIBRARY_PATH=\"/lib:/opt/odd\"";
        assert_eq!(configuration.last().unwrap(), folders);
        let configuration = configuration_of(&program("a", &[]));
        let environment = configuration.iter().find(|line| line.starts_with("ENV"));
        assert_eq!(environment, None);
    }
}
