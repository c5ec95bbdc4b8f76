//! Each kind of fault on a cheap container: it has its effect, it is reverted, twice of either does no harm, and only the
//! containers of the own compose project can be hit.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how it fails")]

use alertdrill::Error;
use alertdrill::drill::Fault;
use alertdrill::fault;
use alertdrill::stack::Containers;
use testcontainers::core::ContainerRequest;
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, GenericImage, ImageExt};

/// A container that compose would have started as the service `victim` of `project`; it ends at once when it is asked to.
async fn victim(project: &str) -> (ContainerAsync<GenericImage>, Containers) {
    let image: ContainerRequest<_> = GenericImage::new("debian", "trixie-slim")
        .with_cmd(["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done"])
        .with_labels([("com.docker.compose.project", project), ("com.docker.compose.service", "victim")]);
    (image.start().await.unwrap(), Containers::connect(project).await.unwrap())
}

#[tokio::test]
async fn stopped_service_is_down_until_it_is_reverted_and_twice_does_no_harm() {
    let (_container, containers) = victim("alertdrill-fault-stop").await;
    let fault = Fault::stop("victim");
    for _ in 0..2 {
        fault::inject(&fault, &containers).await.unwrap();
        fault::wait_for_effect(&fault, &containers).await.unwrap();
        assert!(!containers.state("victim").await.unwrap().is_running());
    }
    for _ in 0..2 {
        fault::revert(&fault, &containers).await.unwrap();
        assert!(containers.state("victim").await.unwrap().is_running());
    }
}

#[tokio::test]
async fn container_of_another_project_cannot_be_hit() {
    let (_container, own) = victim("alertdrill-fault-own").await;
    let stranger = Containers::connect("alertdrill-fault-stranger").await.unwrap();
    let error = fault::inject(&Fault::stop("victim"), &stranger).await.unwrap_err();
    assert!(matches!(error, Error::NoSuchService { .. }), "{error}");
    assert!(own.state("victim").await.unwrap().is_running());
}
