//! Each kind of fault on a cheap container: it has its effect, it is reverted, twice of either does
//! no harm, and only the containers of the own compose project can be hit. Those that need a broker
//! or a server are tried by the drills.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test, a panic is how it fails"
)]

mod victim;

use std::time::{Duration, Instant};

use alertdrill::target::{heal, revert};
use alertdrill::{Attachment, CpuLimit, Error, Fault, Progress, ServiceState, UtcInstant};
use jiff::Timestamp;

use victim::{NETWORK, VICTIM, VOLUME, Victim, inject_one, words};

/// A restart policy waits longer after each crash.
const AT_MOST: Duration = Duration::from_secs(20);

fn now() -> UtcInstant {
    Timestamp::now().into()
}

impl Victim {
    /// Injects twice and reverts twice; `broken` tells whether the container is what the fault
    /// makes of it in between.
    async fn goes_through(
        &self,
        fault: &Fault,
        broken: impl Fn(&ServiceState, UtcInstant) -> bool,
    ) {
        let mut broken_ones = Vec::new();
        for _ in 0..2 {
            let since = now();
            broken_ones.push(self.inject(fault).await.unwrap());
            fault.wait_for_effect(&self.site, since).await.unwrap();
            self.comes_to(fault, |state| broken(state, since)).await;
        }
        for each in broken_ones {
            let _ = each.let_go().await;
        }
        for _ in 0..2 {
            revert(fault, &self.site, |error| panic!("{error}"))
                .await
                .unwrap();
            assert!(self.is_well().await, "{fault}: {:?}", self.state().await);
        }
    }

    /// Waits until `fault` has brought the service to where it must be.
    async fn comes_to(&self, fault: &Fault, holds: impl Fn(&ServiceState) -> bool) {
        let began = Instant::now();
        loop {
            let state = self.state().await;
            if holds(&state) {
                return;
            }
            assert!(began.elapsed() < AT_MOST, "{fault}: {state:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What `heal` says of the one fault that is open.
    async fn healed(&self) -> String {
        let healed = heal(&self.journal, &self.site, &Progress::default())
            .await
            .unwrap();
        assert_eq!(self.journal.read().unwrap().open, []);
        let [healed] = healed.try_into().unwrap();
        healed
    }
}

#[tokio::test]
async fn stopped_service_is_down_until_it_is_reverted() {
    let victim = Victim::start("alertdrill-fault-stop").await;
    victim
        .goes_through(&Fault::stop(VICTIM), |state, _| !state.is_running())
        .await;
}

#[tokio::test]
async fn restarted_service_is_started_anew() {
    let victim = Victim::start("alertdrill-fault-restart").await;
    victim
        .goes_through(&Fault::restart(VICTIM), ServiceState::started_since)
        .await;
}

#[tokio::test]
async fn killed_service_is_down_until_it_is_reverted() {
    let victim = Victim::start("alertdrill-fault-kill").await;
    victim
        .goes_through(&Fault::kill(VICTIM, "SIGKILL"), |state, _| {
            !state.is_running()
        })
        .await;
}

#[tokio::test]
async fn service_that_ends_on_a_signal_is_started_by_its_restart_policy() {
    let victim = Victim::start("alertdrill-fault-crash").await;
    victim
        .goes_through(&Fault::kill(VICTIM, "SIGUSR1"), |state, since| {
            state.is_running() && state.started_since(since)
        })
        .await;
}

#[tokio::test]
async fn service_killed_for_its_memory_is_started_by_its_restart_policy() {
    let victim = Victim::start("alertdrill-fault-oom").await;
    victim
        .goes_through(&Fault::oom_kill(VICTIM), ServiceState::started_since)
        .await;
}

#[tokio::test]
async fn paused_service_stands_still_until_it_is_reverted() {
    let victim = Victim::start("alertdrill-fault-pause").await;
    victim
        .goes_through(&Fault::pause(VICTIM), |state, _| state.is_paused)
        .await;
}

#[tokio::test]
async fn flapping_service_stands_still_and_goes_on() {
    let victim = Victim::start("alertdrill-fault-flap").await;
    let (paused, running) = (Duration::from_secs(5), Duration::from_secs(5));
    let fault = Fault::flap(VICTIM, paused, running);
    victim
        .goes_through(&fault, |state, _| state.is_paused)
        .await;
}

#[tokio::test]
async fn slowed_service_has_the_limit_back_that_it_had() {
    let victim = Victim::start("alertdrill-fault-slow").await;
    let limit = async || victim.site.target.cpu_limit(VICTIM).await.unwrap();
    assert_eq!(limit().await, CpuLimit::None);
    let fault = Fault::slow(VICTIM, 0.01);
    victim.goes_through(&fault, |_, _| true).await;
    assert_eq!(limit().await, CpuLimit::None);

    // Whatever process reverts it: what it needs stands in the journal.
    let before = CpuLimit::NanoCpus(500_000_000);
    let own = Victim::start_limited("alertdrill-fault-slow-own", before).await;
    let limit = async || own.site.target.cpu_limit(VICTIM).await.unwrap();
    drop(own.inject(&fault).await.unwrap());
    assert_eq!(limit().await, CpuLimit::NanoCpus(10_000_000));
    assert!(own.healed().await.ends_with(": reverted"));
    assert_eq!(limit().await, before);
}

#[tokio::test]
async fn volume_in_memory_is_full_until_it_is_reverted_and_the_machines_disk_is_left_alone() {
    let victim = Victim::start("alertdrill-fault-full").await;
    let can_write = async || {
        let script = format!("echo more > {VOLUME}/more; code=$?; rm -f {VOLUME}/more; exit $code");
        let write = words(["sh", "-c", &script]);
        let ended = victim.site.target.run(VICTIM, None, &write).await.unwrap();
        ended.code == 0
    };
    assert!(can_write().await);
    let fault = Fault::fill_volume(VICTIM, VOLUME);
    let broken = victim.inject(&fault).await.unwrap();
    fault.wait_for_effect(&victim.site, now()).await.unwrap();
    assert!(!can_write().await);
    drop(broken);
    assert!(victim.healed().await.ends_with(": reverted"));
    assert!(can_write().await);

    victim
        .inject(&Fault::fill_volume(VICTIM, "/var"))
        .await
        .unwrap();
    let filler = words(["test", "-e", "/var/.alertdrill-filler"]);
    let is_there = victim.site.target.run(VICTIM, None, &filler).await.unwrap();
    assert_ne!(
        is_there.code, 0,
        "what is no volume in memory is not filled"
    );
}

#[tokio::test]
async fn service_that_is_restarted_over_and_over_starts_anew_and_is_left_running() {
    let victim = Victim::start("alertdrill-fault-loop").await;
    let fault = Fault::keep_restarting(VICTIM, Duration::from_secs(1));
    victim
        .goes_through(&fault, ServiceState::started_since)
        .await;
}

#[tokio::test]
async fn service_is_off_the_network_until_it_is_reverted() {
    let victim = Victim::start("alertdrill-fault-cut").await;
    let fault = Fault::cut_off(VICTIM, NETWORK);
    victim
        .goes_through(&fault, |state, _| !state.networks.contains_key(NETWORK))
        .await;
}

#[tokio::test]
async fn service_that_was_cut_off_is_found_again_by_each_of_its_names() {
    let victim = Victim::start("alertdrill-fault-names").await;
    let known = Attachment {
        aliases: [VICTIM.to_owned(), "database".to_owned()].into(),
        ..Attachment::default()
    };
    let target = &victim.site.target;
    target.disconnect(VICTIM, NETWORK).await.unwrap();
    target.connect(VICTIM, NETWORK, &known).await.unwrap();
    let broken = victim.inject(&Fault::cut_off(VICTIM, NETWORK)).await;
    let _ = broken.unwrap().let_go().await;
    victim.healed().await;
    assert_eq!(victim.state().await.networks[NETWORK], known);
}

#[tokio::test]
async fn command_breaks_and_another_one_mends() {
    let victim = Victim::start("alertdrill-fault-command").await;
    let shell = |script: &str| words(["sh", "-c", script]);
    let fault = |inject: &str| {
        let command = Fault::run_command(VICTIM, shell(inject), shell("rm -f /tmp/broken"));
        Fault::from(command.effect(words(["test", "-e", "/tmp/broken"])))
    };
    victim
        .goes_through(&fault("touch /tmp/broken"), |_, _| true)
        .await;
    assert!(
        victim
            .site
            .target
            .exec(VICTIM, None, &words(["test", "-e", "/tmp/broken"]))
            .await
            .is_err()
    );
    let error = victim
        .inject(&fault("echo it is stuck >&2; exit 7"))
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("ended with code 7: it is stuck"), "{error}");
}

#[tokio::test]
async fn fault_on_a_topic_without_a_broker_says_so() {
    let victim = Victim::start("alertdrill-fault-topic").await;
    let fault = Fault::displace_consumer("t", "g", VICTIM);
    let error = victim.inject(&fault).await.unwrap_err().to_string();
    assert!(error.contains("no broker can be reached"), "{error}");
}

#[tokio::test]
async fn container_of_another_project_cannot_be_hit() {
    let own = Victim::start("alertdrill-fault-own").await;
    let stranger = own.seen_from("alertdrill-fault-stranger").await;
    let error = inject_one(&Fault::stop(VICTIM), "a_drill", &own.journal, &stranger)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::NoSuchService { .. }), "{error}");
    assert!(own.is_well().await);
}

#[tokio::test]
async fn fault_that_the_journal_cannot_take_is_not_injected() {
    let victim = Victim::start("alertdrill-fault-unwritten").await;
    std::fs::create_dir(victim.journal.path()).unwrap();
    let error = victim.inject(&Fault::stop(VICTIM)).await.unwrap_err();
    assert!(matches!(error, Error::File { .. }), "{error}");
    assert!(victim.is_well().await);
}

#[tokio::test]
async fn container_that_was_made_anew_since_the_fault_is_healed_as_it_is_now() {
    let before = Victim::start("alertdrill-fault-anew").await;
    before.inject(&Fault::stop(VICTIM)).await.unwrap();
    let after = before.made_anew().await;
    after.site.target.stop(VICTIM).await.unwrap();
    assert!(after.healed().await.ends_with(": reverted"));
    assert!(after.is_well().await);
}

#[tokio::test]
async fn fault_on_a_container_that_is_gone_is_over() {
    let victim = Victim::start("alertdrill-fault-gone").await;
    victim.inject(&Fault::stop(VICTIM)).await.unwrap();
    let healed = victim.gone().await.healed().await;
    assert!(
        healed.contains("nothing left to revert: no service `victim`"),
        "{healed}"
    );
}

#[tokio::test]
async fn fault_on_a_network_that_is_gone_is_over() {
    let victim = Victim::start("alertdrill-fault-offnet").await;
    let fault = Fault::cut_off(VICTIM, NETWORK);
    victim.inject(&fault).await.unwrap();
    victim.remove_network().await;
    let healed = victim.healed().await;
    assert!(
        healed.contains("nothing left to revert: no network `net`"),
        "{healed}"
    );
}

#[tokio::test]
async fn what_stands_beside_a_spoiled_line_is_reverted_and_the_line_is_told_of() {
    let victim = Victim::start("alertdrill-fault-spoiled").await;
    for _ in 0..2 {
        victim.inject(&Fault::stop(VICTIM)).await.unwrap();
    }
    let text = std::fs::read_to_string(victim.journal.path()).unwrap();
    std::fs::write(victim.journal.path(), text.replacen("opened", "0pened", 1)).unwrap();
    let error = heal(&victim.journal, &victim.site, &Progress::default())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("lines [1]"), "{error}");
    assert!(victim.is_well().await);
}
