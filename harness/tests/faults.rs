//! Each kind of fault on a cheap container: it has its effect, it is reverted, twice of either does no harm, and only the
//! containers of the own compose project can be hit. Those that need a broker or a server are tried by the drills.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test, a panic is how it fails")]

use std::time::Duration;

use alertdrill::Error;
use alertdrill::drill::{Fault, UtcInstant};
use alertdrill::fault::{self, Site};
use alertdrill::stack::{ContainerState, Containers};
use jiff::Timestamp;
use testcontainers::bollard::models::{RestartPolicy, RestartPolicyNameEnum};
use testcontainers::core::ContainerRequest;
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, GenericImage, ImageExt};

const VICTIM: &str = "victim";
const NETWORK: &str = "net";
/// Ends at once when it is asked to, with code 1 on a signal of its own.
const PROGRAM: &str = "trap 'exit 0' TERM; trap 'exit 1' USR1; while :; do sleep 0.1; done";

struct Victim {
    _container: ContainerAsync<GenericImage>,
    site: Site,
}

/// A container that compose would have started as the service `victim` of `project`.
async fn victim(project: &str) -> Victim {
    let image: ContainerRequest<_> = GenericImage::new("debian", "trixie-slim")
        .with_cmd(["sh", "-c", PROGRAM])
        .with_labels([("com.docker.compose.project", project), ("com.docker.compose.service", VICTIM)])
        .with_network(format!("{project}_{NETWORK}"))
        .with_host_config_modifier(|host| {
            host.memory = Some(32 << 20);
            host.restart_policy =
                Some(RestartPolicy { name: Some(RestartPolicyNameEnum::UNLESS_STOPPED), maximum_retry_count: None });
        });
    let container = image.start().await.unwrap();
    let containers = Containers::connect(project).await.unwrap();
    Victim { _container: container, site: Site { containers, kafka_bootstrap: None } }
}

fn now() -> UtcInstant {
    Timestamp::now().into()
}

impl Victim {
    async fn state(&self) -> ContainerState {
        self.site.containers.state(VICTIM).await.unwrap()
    }

    async fn is_well(&self) -> bool {
        let state = self.state().await;
        state.is_running() && !state.is_paused && state.networks.contains(NETWORK)
    }

    /// Injects twice and reverts twice; `broken` tells whether the container is what the fault makes of it in between.
    async fn goes_through(&self, fault: &Fault, broken: impl Fn(&ContainerState, UtcInstant) -> bool) {
        let mut ongoing = Vec::new();
        for _ in 0..2 {
            let since = now();
            ongoing.push(fault::inject(fault, &self.site).await.unwrap());
            fault::wait_for_effect(fault, &self.site, since).await.unwrap();
            let state = self.state().await;
            assert!(broken(&state, since), "{fault}: {state:?}");
        }
        for each in ongoing {
            each.end().await;
        }
        for _ in 0..2 {
            fault::revert(fault, &self.site, |error| panic!("{error}")).await.unwrap();
            assert!(self.is_well().await, "{fault}: {:?}", self.state().await);
        }
    }
}

#[tokio::test]
async fn stopped_service_is_down_until_it_is_reverted() {
    let victim = victim("alertdrill-fault-stop").await;
    victim.goes_through(&Fault::stop(VICTIM), |state, _| !state.is_running()).await;
}

#[tokio::test]
async fn restarted_service_is_started_anew() {
    let victim = victim("alertdrill-fault-restart").await;
    victim.goes_through(&Fault::restart(VICTIM), ContainerState::started_since).await;
}

#[tokio::test]
async fn killed_service_is_down_until_it_is_reverted() {
    let victim = victim("alertdrill-fault-kill").await;
    victim.goes_through(&Fault::kill(VICTIM, "SIGKILL"), |state, _| !state.is_running()).await;
}

#[tokio::test]
async fn service_that_ends_on_a_signal_is_started_by_its_restart_policy() {
    let victim = victim("alertdrill-fault-crash").await;
    victim.goes_through(&Fault::kill(VICTIM, "SIGUSR1"), |_, _| true).await;
}

#[tokio::test]
async fn service_killed_for_its_memory_is_started_by_its_restart_policy() {
    let victim = victim("alertdrill-fault-oom").await;
    victim.goes_through(&Fault::oom_kill(VICTIM), ContainerState::started_since).await;
}

#[tokio::test]
async fn flapping_service_stands_still_and_goes_on() {
    let victim = victim("alertdrill-fault-flap").await;
    let (paused, running) = (Duration::from_secs(5), Duration::from_secs(5));
    let fault = Fault::ServiceFlapping { service: VICTIM.into(), paused, running };
    victim.goes_through(&fault, |state, _| state.is_paused).await;
}

#[tokio::test]
async fn service_is_off_the_network_until_it_is_reverted() {
    let victim = victim("alertdrill-fault-cut").await;
    let fault = Fault::NetworkCut { service: VICTIM.into(), network: NETWORK.into() };
    victim.goes_through(&fault, |state, _| !state.networks.contains(NETWORK)).await;
}

#[tokio::test]
async fn command_breaks_and_another_one_mends() {
    let victim = victim("alertdrill-fault-command").await;
    let shell = |script: &str| ["sh", "-c", script].map(str::to_owned).to_vec();
    let fault = |inject: &str| Fault::CommandRun {
        what: "a file is there".into(),
        service: VICTIM.into(),
        user: None,
        inject: shell(inject),
        revert: shell("rm -f /tmp/broken"),
        disturbs: VICTIM.into(),
    };
    victim.goes_through(&fault("touch /tmp/broken"), |_, _| true).await;
    assert!(victim.site.containers.exec(VICTIM, None, &["test", "-e", "/tmp/broken"]).await.is_err());
    let error = fault::inject(&fault("echo it is stuck >&2; exit 7"), &victim.site).await.unwrap_err().to_string();
    assert!(error.contains("ended with code 7: it is stuck"), "{error}");
}

#[tokio::test]
async fn fault_on_a_topic_without_a_broker_says_so() {
    let victim = victim("alertdrill-fault-topic").await;
    let fault = Fault::ConsumerDisplaced { topic: "t".into(), group: "g".into(), disturbs: VICTIM.into() };
    let error = fault::inject(&fault, &victim.site).await.unwrap_err().to_string();
    assert!(error.contains("has no broker"), "{error}");
}

#[tokio::test]
async fn container_of_another_project_cannot_be_hit() {
    let own = victim("alertdrill-fault-own").await;
    let containers = Containers::connect("alertdrill-fault-stranger").await.unwrap();
    let stranger = Site { containers, kafka_bootstrap: None };
    let error = fault::inject(&Fault::stop(VICTIM), &stranger).await.unwrap_err();
    assert!(matches!(error, Error::NoSuchService { .. }), "{error}");
    assert!(own.is_well().await);
}
