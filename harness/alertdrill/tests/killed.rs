//! Whatever moment a harness is killed at, whoever heals afterwards finds all that it broke, and
//! mends it.
//!
//! The tests run this program once more, as a harness that breaks and mends a container per kind of
//! fault until it is killed with SIGKILL. `ALERTDRILL_KILLS` says how often. The kinds that need a
//! broker are killed on the stack (`tests/killed_run.rs`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "in a test, a panic is how it fails"
)]

mod victim;

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use alertdrill::target::compose::Containers;
use alertdrill::target::process::ProcessId;
use alertdrill::target::{Journal, heal, revert};
use alertdrill::{CpuLimit, Error, Fault, Progress, Site, UtcInstant};
use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::json;
use testcontainers::runners::AsyncRunner as _;
use testcontainers::{ContainerAsync, GenericImage};

use victim::{NETWORK, PROGRAM, Victim, inject_one, project, request, site, words};

const PORT: u16 = 8080;
/// Keeps what is posted to it, and answers it to everybody.
const SERVER: &str = r#"exec perl -MIO::Socket::INET -e '
    my $s = IO::Socket::INET->new(LocalPort => 8080, Listen => 9, ReuseAddr => 1) or die; my $kept = "\"good\"";
    while (my $c = $s->accept) {
        my ($first, $length) = (scalar <$c>, 0);
        while (my $line = <$c>) { $length = $1 if $line =~ /^content-length: (\d+)/i; last if $line =~ /^\s*$/ }
        if ($first =~ /^POST/) { read $c, $kept, $length }
        print $c "HTTP/1.1 200 OK\r\nContent-Length: ".length($kept)."\r\nConnection: close\r\n\r\n$kept"; close $c;
    }'"#;

fn now() -> UtcInstant {
    Timestamp::now().into()
}

/// A fault of each kind that a container is enough for, on a service of its own.
fn faults() -> Vec<Fault> {
    let shell = |script: &str| words(["sh", "-c", script]);
    let (paused, running) = (Duration::from_millis(300), Duration::from_millis(200));
    vec![
        Fault::stop("stopped"),
        Fault::kill("killed", "SIGKILL"),
        Fault::kill("crashed", "SIGUSR1"),
        Fault::pause("paused"),
        Fault::restart("restarted"),
        Fault::oom_kill("oom-killed"),
        Fault::flap("flapping", paused, running),
        Fault::slow("slowed", 0.01),
        Fault::keep_restarting("restarting", running),
        Fault::fill_volume("full", victim::VOLUME),
        Fault::cut_off("cut-off", NETWORK),
        Fault::run_command(
            "commanded",
            shell("touch /tmp/broken"),
            shell("rm -f /tmp/broken"),
        )
        .into(),
        Fault::switch_behaviour("switched", PORT, "/", json!("good"))
            .to(json!("bad"), Duration::ZERO)
            .into(),
    ]
}

async fn start(project: &str, fault: &Fault) -> ContainerAsync<GenericImage> {
    let service = fault.target();
    let (program, port) = if service == "switched" {
        (SERVER, Some(PORT))
    } else {
        (PROGRAM, None)
    };
    request(project, service, program, port)
        .start()
        .await
        .unwrap()
}

/// What is still broken of what `fault` breaks.
async fn broken(fault: &Fault, project: &str, site: &Site) -> Option<String> {
    let service = fault.target();
    let state = site.target.state(service).await.unwrap();
    if !state.is_running() || state.is_paused || !state.networks.contains_key(NETWORK) {
        return Some(format!(
            "{service} is {state}, paused: {}, on the networks {:?}",
            state.is_paused, state.networks
        ));
    }
    match service {
        "commanded"
            if site
                .target
                .exec(service, None, &words(["test", "!", "-e", "/tmp/broken"]))
                .await
                .is_err() =>
        {
            Some("the file is still there".to_owned())
        }
        "full"
            if site
                .target
                .exec(
                    service,
                    None,
                    &words(["test", "!", "-e", "/small/.alertdrill-filler"]),
                )
                .await
                .is_err() =>
        {
            Some("its volume is still full".to_owned())
        }
        "slowed" => {
            let limit = site.target.cpu_limit(service).await.unwrap();
            (limit != CpuLimit::None).then(|| format!("{service} may use {limit:?}"))
        }
        "switched" => {
            let containers = Containers::connect(project).await.unwrap();
            let address = containers.address(service, PORT).await.unwrap();
            let answer = reqwest::get(format!("http://{address}/"))
                .await
                .unwrap()
                .text()
                .await
                .unwrap();
            (answer != "\"good\"").then(|| format!("{service} answers {answer}"))
        }
        _ => None,
    }
}

// ---- the harness that is killed

const PROJECT: &str = "ALERTDRILL_KILLED_PROJECT";
const FOLDER: &str = "ALERTDRILL_KILLED_FOLDER";

/// This program as a harness on `project`, with its journal in `folder`.
fn harness(project: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([
        "--exact",
        "breaks_and_mends_until_it_is_killed",
        "--ignored",
    ]);
    command
        .env(PROJECT, project)
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

#[test]
#[ignore = "is run by the other tests, and killed by them"]
fn breaks_and_mends_until_it_is_killed() {
    let (project, folder) = (
        std::env::var(PROJECT).unwrap(),
        std::env::var(FOLDER).unwrap(),
    );
    let journal = Journal::in_folder(Path::new(&folder));
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let site = site(&project).await;
        join_all(
            faults()
                .iter()
                .map(|fault| break_and_mend(fault, Path::new(&folder), &journal, &site)),
        )
        .await;
    });
}

async fn break_and_mend(fault: &Fault, folder: &Path, journal: &Journal, site: &Site) {
    let drill = format!("drill_of_{}", fault.target());
    loop {
        let _lease = lease(fault, folder).await;
        let since = now();
        // What fails because the other harness does the same to the container at the same time
        // stays in the journal.
        let Ok(broken) = inject_one(fault, &drill, journal, site).await else {
            continue;
        };
        let _ = fault.wait_for_effect(site, since).await;
        let _ = broken.let_go().await;
        let own = journal
            .read()
            .unwrap()
            .open
            .into_iter()
            .filter(|open| open.process == ProcessId::own() && open.drill == drill);
        for open in own {
            if revert(&open.fault, site, |_| ()).await.is_ok() {
                journal.close(open.id).unwrap();
            }
        }
    }
}

/// A lease of the service, where its drill could not do without: whose processor quota another
/// harness changes has no limit of its own that could be looked up.
async fn lease(fault: &Fault, folder: &Path) -> Option<File> {
    let lease = matches!(fault, Fault::ServiceSlowed(_))
        .then(|| File::create(folder.join("lease")).unwrap())?;
    while lease.try_lock().is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Some(lease)
}

// ---- and who heals

fn kills() -> u32 {
    std::env::var("ALERTDRILL_KILLS").map_or(10, |kills| {
        kills.parse().expect("ALERTDRILL_KILLS is no number")
    })
}

/// As many instants as are asked for, evenly spread by the golden ratio over the time in which each
/// fault is injected and reverted at least once: no two alike, and the same in every run.
fn instant(kill: u32) -> Duration {
    Duration::from_millis(200)
        + Duration::from_secs(4).mul_f64((f64::from(kill) * 0.618_033_988_75).fract())
}

fn kill(mut child: Child) {
    // SIGKILL: nothing in it can notice.
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn harness_that_is_killed_at_any_instant_leaves_nothing_that_heal_does_not_mend() {
    let project = &project("alertdrill-killed");
    let folder = tempfile::tempdir().unwrap();
    let (journal, faults) = (Journal::in_folder(folder.path()), faults());
    let containers = join_all(faults.iter().map(|fault| start(project, fault))).await;
    let site = site(project).await;
    let (began, mut healed, mut left_broken) = (Instant::now(), 0, 0);
    let kills = kills();
    for number in 0..kills {
        // Every third time two at once, on the same containers and one journal.
        let harnesses: Vec<_> = (0..=u32::from(number % 3 == 2))
            .map(|_| harness(project, folder.path()).spawn().unwrap())
            .collect();
        tokio::time::sleep(instant(number)).await;
        harnesses.into_iter().for_each(kill);
        for fault in &faults {
            left_broken += u32::from(broken(fault, project, &site).await.is_some());
        }
        healed += heal(&journal, &site, &Progress::default())
            .await
            .unwrap()
            .len();
        assert_eq!(journal.read().unwrap().open, [], "kill {number}");
        for fault in &faults {
            assert_eq!(
                broken(fault, project, &site).await,
                None,
                "kill {number} after {:?}",
                instant(number)
            );
        }
    }
    assert!(
        left_broken > 0,
        "no kill left anything broken: heal had nothing to prove"
    );
    println!(
        "{kills} kills over {} kinds of faults in {:.0?}: {left_broken} containers left \
         broken, {healed} open faults healed, 0 left",
        faults.len(),
        began.elapsed()
    );
    // All at once, Docker 20.10 now and then loses count of who uses their network, and keeps it.
    for container in containers {
        container.rm().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_a_harness_that_still_runs_are_its_own() {
    let project = &project("alertdrill-alive");
    let folder = tempfile::tempdir().unwrap();
    let (journal, fault) = (Journal::in_folder(folder.path()), Fault::stop("stopped"));
    let _container = start(project, &fault).await;
    let site = site(project).await;
    let harness = harness(project, folder.path()).spawn().unwrap();
    let began = Instant::now();
    while journal.read().unwrap().open.is_empty() {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "it has broken nothing"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(
        heal(&journal, &site, &Progress::default()).await.unwrap(),
        Vec::<String>::new()
    );
    kill(harness);
    // Those of services that this test has no container for are over.
    heal(&journal, &site, &Progress::default()).await.unwrap();
    assert_eq!(broken(&fault, project, &site).await, None);
}

#[test]
fn disk_that_is_full_keeps_faults_from_being_injected_and_those_before_are_known() {
    let folder = tempfile::tempdir().unwrap();
    let this = std::env::current_exe().unwrap();
    // A file may not grow beyond 4 KiB, and that is an error of the write, not a signal: as on a
    // disk that is full.
    let script = "trap '' XFSZ; ulimit -f 8; exec \"$0\" --exact \
                  opens_faults_until_the_disk_is_full --ignored";
    let mut limited = Command::new("sh");
    limited
        .args(["-c", script])
        .arg(&this)
        .env(FOLDER, folder.path())
        .process_group(0);
    let output = limited.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    let reading = Journal::in_folder(folder.path()).read().unwrap();
    assert_eq!(reading.spoiled, Vec::<usize>::new());
    let opened: usize = std::fs::read_to_string(folder.path().join("opened"))
        .unwrap()
        .parse()
        .unwrap();
    assert!(opened > 3, "{opened}");
    assert_eq!(reading.open.len(), opened);
}

#[test]
#[ignore = "is run by another test, with a limit on the size of files"]
fn opens_faults_until_the_disk_is_full() {
    let folder = std::env::var(FOLDER).unwrap();
    let journal = Journal::in_folder(Path::new(&folder));
    for number in 0..1000 {
        match journal.open("a_drill", &Fault::stop("kafka"), now()) {
            Ok(_) => {}
            Err(Error::File {
                attempted: "write", ..
            }) => {
                return std::fs::write(Path::new(&folder).join("opened"), number.to_string())
                    .unwrap();
            }
            Err(other) => panic!("{other}"),
        }
    }
    panic!("the disk was never full");
}

#[tokio::test]
async fn harness_ends_its_part_of_a_fault_when_it_panics() {
    let victim = Victim::start("alertdrill-panicked").await;
    let (paused, running) = (Duration::from_millis(300), Duration::from_millis(200));
    let fault = Fault::flap(victim::VICTIM, paused, running);
    let ongoing = victim.inject(&fault).await.unwrap();
    let panicked = tokio::spawn(async move {
        let _ongoing = ongoing;
        panic!("on purpose");
    });
    assert!(panicked.await.is_err());
    heal(&victim.journal, &victim.site, &Progress::default())
        .await
        .unwrap();
    tokio::time::sleep(2 * (paused + running)).await;
    assert!(victim.is_well().await, "it went on flapping");
}
