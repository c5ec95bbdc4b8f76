//! The image that alertdrill makes of itself: its container receives notifications, and needs
//! nothing else on this machine but a Docker engine.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how it fails")]

use std::path::Path;
use std::time::{Duration, Instant};

use alertdrill::engine::NotificationSink;
use alertdrill::target::compose::{SINK_PORT, sink_image};
use testcontainers::bollard::Docker;
use testcontainers::bollard::models::HealthStatusEnum;
use testcontainers::bollard::query_parameters::InspectContainerOptions;
use testcontainers::core::{IntoContainerPort as _, WaitFor};
use testcontainers::runners::AsyncRunner as _;
use testcontainers::{ContainerAsync, GenericImage, ImageExt as _};

/// The image of the program that cargo has built.
async fn image_of_the_program(docker: &Docker) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_alertdrill"));
    sink_image(docker, program).await.unwrap()
}

/// A container of `image`, published on loopback only.
async fn started(image: &str) -> ContainerAsync<GenericImage> {
    let (name, tag) = image.split_once(':').unwrap();
    GenericImage::new(name, tag)
        .with_wait_for(WaitFor::message_on_stderr("serving on"))
        .with_mapped_port(0, SINK_PORT.tcp())
        .with_host_config_modifier(|host| {
            let ports = host.port_bindings.iter_mut().flat_map(|it| it.values_mut());
            let bindings = ports.flatten().flatten();
            bindings.for_each(|binding| binding.host_ip = Some("127.0.0.1".to_owned()));
            host.memory = Some(64 << 20);
        })
        .start()
        .await
        .unwrap()
}

async fn health(docker: &Docker, id: &str) -> Option<HealthStatusEnum> {
    let inspected = docker.inspect_container(id, None::<InspectContainerOptions>);
    inspected.await.unwrap().state?.health?.status
}

#[tokio::test]
async fn container_of_the_programs_image_receives_ends_when_told_to_and_is_made_once() {
    let docker = Docker::connect_with_defaults().unwrap();
    let image = image_of_the_program(&docker).await;
    let made = docker.inspect_image(&image).await.unwrap();
    let container = started(&image).await;
    let port = container.get_host_port_ipv4(SINK_PORT.tcp()).await.unwrap();
    let address = format!("127.0.0.1:{port}");
    let webhook = r#"{"version":"4","groupKey":"g",
        "alerts":[{"status":"firing","labels":{"alertname":"A"}}]}"#;
    let posted = reqwest::Client::new()
        .post(format!("http://{address}/webhook/pager"))
        .body(webhook)
        .send();
    assert_eq!(posted.await.unwrap().status(), 204);
    let (deliveries, _) = NotificationSink::new(&address).deliveries(0).await.unwrap();
    assert_eq!(deliveries.len(), 1);
    assert_eq!(deliveries[0].labels["alertname"], "A");

    let begun = Instant::now();
    while health(&docker, container.id()).await != Some(HealthStatusEnum::HEALTHY) {
        assert!(begun.elapsed() < Duration::from_secs(60), "not healthy");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    // Docker would kill it, and it would end with 137, if it did not heed the signal.
    container.stop().await.unwrap();
    assert_eq!(container.exit_code().await.unwrap(), Some(0));
    container.rm().await.unwrap();

    assert_eq!(image_of_the_program(&docker).await, image);
    let there = docker.inspect_image(&image).await.unwrap();
    assert_eq!(there.id, made.id, "it was made again");
}
