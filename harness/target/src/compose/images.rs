//! The stack's images, built when their inputs have changed and only then.
//!
//! An image's inputs are its build context and its base images. After a build the image gets a
//! second tag, named by the hash of its inputs. As long as both tags mean the same image, nothing
//! is built. This check takes milliseconds; Docker's own cache would need seconds for each image.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use alertdrill_core::{Error, Result};
use alertdrill_progress::Progress;
use alertdrill_project::Build;
use bollard::query_parameters::TagImageOptionsBuilder;
use sha2::{Digest, Sha256};

use super::containers::Containers;
use super::docker::docker_failed;
use super::files::{copy_if_changed, finish_hash, hash_tree, read_text};
use super::one_build::one_build;
use super::project::{Layout, Project, staged_program_image};

/// Builds what is missing or out of date; gives the id of each built image by its name.
///
/// # Errors
/// [`Error::ImageBuild`] with the last lines of the build's log; [`Error::File`] if an input cannot
/// be read.
pub async fn build_stale(
    project: &Project,
    containers: &Containers,
    progress: &Progress,
) -> Result<BTreeMap<String, String>> {
    let _alone = one_build(progress).await?;
    if !matches!(project.layout(), Layout::Folders) {
        return build_by_compose(project, progress)
            .await
            .map(|()| BTreeMap::new());
    }
    stage_program(project)?;
    let mut images = BTreeMap::new();
    let mut stale = BTreeMap::new();
    for (service, description) in project.services() {
        let (Some(image), Some(build)) = (&description.image, &description.build) else {
            continue;
        };
        if images.contains_key(image) || stale.contains_key(image) {
            continue;
        }
        let mut base_ids = String::new();
        for base in base_images(build)? {
            base_ids += &image_id(containers, &base).await?.unwrap_or_default();
        }
        let tag = hash_of_inputs(build, &base_ids)?;
        let current = image_id(containers, image).await?;
        let of_these_inputs = image_id(containers, &format!("{}:{tag}", repository(image))).await?;
        match current {
            Some(id) if of_these_inputs.as_ref() == Some(&id) => {
                images.insert(image.clone(), id);
            }
            _ => {
                stale.insert(image.clone(), (service.clone(), tag));
            }
        }
    }
    for (image, (service, tag)) in stale {
        build_image(project, &service, &image, progress).await?;
        let options = TagImageOptionsBuilder::default()
            .repo(repository(&image))
            .tag(&tag)
            .build();
        containers
            .docker()
            .tag_image(&image, Some(options))
            .await
            .map_err(docker_failed(format!("tag the image {image}")))?;
        let id = image_id(containers, &image).await?;
        images.insert(image, id.unwrap_or_default());
    }
    Ok(images)
}

/// Builds what a project of others builds, which compose knows best: its services may share no
/// image, or name none.
async fn build_by_compose(project: &Project, progress: &Progress) -> Result<()> {
    let services = project.services().iter();
    let built: Vec<_> = services
        .filter(|(_, service)| service.build.is_some())
        .map(|(name, _)| name.as_str())
        .collect();
    if built.is_empty() {
        return Ok(());
    }
    let step = progress.step("stack", "building the project's images");
    let arguments = [&["build"][..], &built].concat();
    let on_line = |line: &str| step.update(line);
    match project
        .compose(&arguments, "build the images", on_line)
        .await
    {
        Ok(_) => {
            step.done("built");
            Ok(())
        }
        Err(Error::Compose { log, .. }) => Err(Error::ImageBuild {
            services: built.join(", "),
            log,
        }),
        Err(other) => Err(other),
    }
}

async fn build_image(
    project: &Project,
    service: &str,
    image: &str,
    progress: &Progress,
) -> Result<()> {
    let step = progress.step("stack", format!("building the image {image}"));
    let (arguments, attempted) = (["build", service], format!("build {image}"));
    let on_line = |line: &str| step.update(line);
    match project.compose(&arguments, &attempted, on_line).await {
        Ok(_) => {
            step.done("built");
            Ok(())
        }
        Err(Error::Compose { log, .. }) => Err(Error::ImageBuild {
            services: service.to_owned(),
            log,
        }),
        Err(other) => Err(other),
    }
}

/// Copies the program that cargo built, and its Dockerfile, to the folder that the compose file
/// names.
fn stage_program(project: &Project) -> Result<()> {
    let Some((image, program)) = project.program_image() else {
        return Ok(());
    };
    let folder = staged_program_image(&project.state_folder());
    let dockerfile = project.root().join(&image.dockerfile);
    copy_if_changed(&dockerfile, &folder.join("Dockerfile"))?;
    copy_if_changed(&program, &folder.join(&image.program))
}

/// The images that the Dockerfile of `build` starts from.
fn base_images(build: &Build) -> Result<BTreeSet<String>> {
    let name = build.dockerfile.as_deref();
    let path = build.context.join(name.unwrap_or(Path::new("Dockerfile")));
    Ok(images_of(&read_text(&path)?))
}

/// The images that the `FROM` lines of a Dockerfile name
/// (<https://docs.docker.com/reference/dockerfile/#from>). A name of one of its own stages is among
/// them, but no image has it.
fn images_of(dockerfile: &str) -> BTreeSet<String> {
    let froms = dockerfile.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        if !words.next()?.eq_ignore_ascii_case("FROM") {
            return None;
        }
        let image = words.find(|word| !word.starts_with("--"));
        image.map(str::to_owned)
    });
    froms.collect()
}

async fn image_id(containers: &Containers, image: &str) -> Result<Option<String>> {
    match containers.docker().inspect_image(image).await {
        Ok(inspected) => Ok(inspected.id),
        Err(bollard::errors::Error::DockerResponseServerError {
            status_code: 404, ..
        }) => Ok(None),
        Err(source) => Err(docker_failed(format!("inspect the image {image}"))(source)),
    }
}

fn repository(image: &str) -> &str {
    match image.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => image,
    }
}

fn hash_of_inputs(build: &Build, base_ids: &str) -> Result<String> {
    let mut hash = Sha256::new();
    hash.update(base_ids);
    hash_tree(&mut hash, &build.context)?;
    Ok(format!("inputs-{}", &finish_hash(hash)[..16]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_file_changes_the_hash_of_the_inputs_and_its_time_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let dockerfile = folder.path().join("Dockerfile");
        let build = Build {
            dockerfile: None,
            context: folder.path().to_owned(),
        };
        let hash_with = |text: &str| {
            std::fs::write(&dockerfile, text).unwrap();
            hash_of_inputs(&build, "base").unwrap()
        };
        let first = hash_with("FROM a");
        assert_eq!(hash_with("FROM a"), first);
        assert_ne!(hash_with("FROM b"), first);
    }

    #[test]
    fn changed_base_image_changes_the_hash_of_the_inputs() {
        let folder = tempfile::tempdir().unwrap();
        let build = Build {
            dockerfile: None,
            context: folder.path().to_owned(),
        };
        let [one, two] = ["one", "two"].map(|base| hash_of_inputs(&build, base).unwrap());
        assert_ne!(one, two);
    }

    #[test]
    fn repository_of_an_image_is_its_name_without_the_tag() {
        assert_eq!(repository("alertdrill/kafka"), "alertdrill/kafka");
        assert_eq!(repository("alertdrill/kafka:1"), "alertdrill/kafka");
        assert_eq!(repository("localhost:5000/kafka"), "localhost:5000/kafka");
    }

    #[test]
    fn images_that_a_dockerfile_starts_from_are_those_of_its_from_lines() {
        let text =
            "# syntax\nFROM --platform=linux/amd64 debian:a AS build\nRUN x\nfrom debian:b\n";
        let expected = ["debian:a", "debian:b"].map(str::to_owned);
        assert_eq!(images_of(text), expected.into());
    }
}
