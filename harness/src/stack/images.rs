//! The stack's images, built when their inputs have changed and only then.
//!
//! An image's inputs are its build context and the base images there are. After a build the image
//! gets a second tag, named by the hash of its inputs; as long as both tags mean the same image,
//! nothing is built, which is told within milliseconds. (Docker's own cache would tell as well, but
//! takes seconds for each image.)

use std::collections::BTreeMap;

use bollard::query_parameters::TagImageOptionsBuilder;
use sha2::{Digest, Sha256};

use super::compose::ComposeBuild;
use super::containers::Containers;
use super::files::{copy_if_changed, finish_hash, hash_tree};
use super::project::Project;
use crate::progress::Progress;
use crate::{Error, Result};

/// The images that Dockerfiles of the stack start from.
const BASE_IMAGES: [&str; 2] = ["debian:bookworm-slim", "debian:trixie-slim"];

/// Builds what is missing or out of date; gives the id of each built image by its name.
///
/// # Errors
/// [`Error::ImageBuild`] with the last lines of the build's log; [`Error::File`] if an input cannot
/// be read.
pub(crate) async fn build_stale(
    project: &Project,
    containers: &Containers,
    progress: &Progress,
) -> Result<BTreeMap<String, String>> {
    stage_program(project)?;
    let mut base_ids = String::new();
    for base in BASE_IMAGES {
        base_ids += &image_id(containers, base).await?.unwrap_or_default();
    }
    let mut images = BTreeMap::new();
    let mut stale = BTreeMap::new();
    for (service, description) in project.services() {
        let (Some(image), Some(build)) = (&description.image, &description.build) else {
            continue;
        };
        if images.contains_key(image) || stale.contains_key(image) {
            continue;
        }
        let tag = hash_of_inputs(build, &base_ids)?;
        let current = image_id(containers, image).await?;
        let of_these_inputs = image_id(containers, &format!("{}:{tag}", repository(image))).await?;
        match current {
            Some(id) if of_these_inputs.as_ref() == Some(&id) => {
                drop(images.insert(image.clone(), id))
            }
            _ => drop(stale.insert(image.clone(), (service.clone(), tag))),
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
            .map_err(Error::docker(format!("tag the image {image}")))?;
        let id = image_id(containers, &image).await?;
        images.insert(image, id.unwrap_or_default());
    }
    Ok(images)
}

async fn build_image(
    project: &Project,
    service: &str,
    image: &str,
    progress: &Progress,
) -> Result<()> {
    let step = progress.step("stack", format!("building the image {image}"));
    let built = project
        .compose(&["build", service], &format!("build {image}"), |line| {
            step.update(line)
        })
        .await;
    match built {
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

/// Puts the program that cargo built, and its Dockerfile, where the compose file looks for them.
fn stage_program(project: &Project) -> Result<()> {
    let folder = project.staged_program_image();
    let settings = &project.settings().program_image;
    copy_if_changed(&project.program_dockerfile(), &folder.join("Dockerfile"))?;
    copy_if_changed(project.program(), &folder.join(&settings.program))
}

async fn image_id(containers: &Containers, image: &str) -> Result<Option<String>> {
    match containers.docker().inspect_image(image).await {
        Ok(inspected) => Ok(inspected.id),
        Err(bollard::errors::Error::DockerResponseServerError {
            status_code: 404, ..
        }) => Ok(None),
        Err(source) => Err(Error::Docker {
            attempted: format!("inspect the image {image}"),
            source,
        }),
    }
}

fn repository(image: &str) -> &str {
    match image.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => image,
    }
}

fn hash_of_inputs(build: &ComposeBuild, base_ids: &str) -> Result<String> {
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
        let build = ComposeBuild {
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
        let build = ComposeBuild {
            context: folder.path().to_owned(),
        };
        assert_ne!(
            hash_of_inputs(&build, "one").unwrap(),
            hash_of_inputs(&build, "two").unwrap()
        );
    }

    #[test]
    fn repository_of_an_image_is_its_name_without_the_tag() {
        assert_eq!(repository("alertdrill/kafka"), "alertdrill/kafka");
        assert_eq!(repository("alertdrill/kafka:1"), "alertdrill/kafka");
        assert_eq!(repository("localhost:5000/kafka"), "localhost:5000/kafka");
    }
}
