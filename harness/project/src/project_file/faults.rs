//! The core's faults of the verbs of `break`.

use std::time::Duration;

use alertdrill_core::Fault;
use alertdrill_core::fault::{CommandRun, ConsumerDisplaced, PoisonMessage, ServiceSlowed};

use super::durations::{duration, duration_or};
use super::source_text::{Complaint, Place};
use super::written::{
    Break, CutOff, FillVolume, Flap, KeepRestarting, Kill, OneService, Run, Slow, Switch,
};
use super::yaml::{At, ShortOrLong};

/// A name in a file, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name<'a> {
    pub(super) text: &'a str,
    pub(super) place: Place,
}

impl<'a> From<&'a At<String>> for Name<'a> {
    fn from(at: &'a At<String>) -> Self {
        Self {
            text: &at.value,
            place: at.place,
        }
    }
}

/// The one verb of a fault.
pub(super) enum Verb<'a> {
    Stop(Name<'a>),
    Kill(Name<'a>, Option<&'a str>),
    Pause(Name<'a>),
    OomKill(Name<'a>),
    Restart(Name<'a>),
    /// The service, and the network if it is written.
    CutOff(Name<'a>, Option<Name<'a>>),
    Flap(&'a Flap),
    /// The service, and how many processors it gets if that is written.
    Slow(Name<'a>, Option<&'a At<f64>>),
    KeepRestarting(&'a KeepRestarting),
    FillVolume(&'a FillVolume),
    Run(&'a Run),
    Switch(&'a Switch),
    DisplaceConsumer(&'a super::written::DisplaceConsumer),
    Poison(&'a super::written::Poison),
}

/// What has a service's name as its short form.
trait OnAService {
    fn service(&self) -> &At<String>;
}

impl OnAService for OneService {
    fn service(&self) -> &At<String> {
        &self.service
    }
}

impl OnAService for Kill {
    fn service(&self) -> &At<String> {
        &self.service
    }
}

impl OnAService for CutOff {
    fn service(&self) -> &At<String> {
        &self.service
    }
}

impl OnAService for Slow {
    fn service(&self) -> &At<String> {
        &self.service
    }
}

fn service<T: OnAService>(written: &At<ShortOrLong<T>>) -> Name<'_> {
    match &written.value {
        ShortOrLong::Short(text) => Name {
            text,
            place: written.place,
        },
        ShortOrLong::Long(long) => long.service().into(),
    }
}

fn long<T>(written: &At<ShortOrLong<T>>) -> Option<&T> {
    match &written.value {
        ShortOrLong::Short(_) => None,
        ShortOrLong::Long(long) => Some(long),
    }
}

/// The one verb of what is broken.
///
/// # Errors
/// There is none, or there are several.
pub(super) fn verb_of(written: &At<Break>) -> Result<Verb<'_>, Complaint> {
    let verbs = verbs_of(&written.value);
    let count = verbs.len();
    match verbs.into_iter().next() {
        Some(verb) if count == 1 => Ok(verb),
        Some(_) => Err(Complaint::at(
            written.place,
            "several faults stand in one map",
            "write a list, whose order counts: `break: [{stop: a}, {stop: b}]`",
        )),
        None => Err(Complaint::at(
            written.place,
            "here is nothing to break",
            "write a verb and a service: `break: {stop: api}`",
        )),
    }
}

fn verbs_of(written: &Break) -> Vec<Verb<'_>> {
    // Taken apart, so that a new verb cannot be forgotten here.
    let Break {
        stop,
        kill,
        pause,
        oom_kill,
        restart,
        cut_off,
        flap,
        slow,
        keep_restarting,
        fill_volume,
        run,
        switch,
        displace_consumer,
        poison,
    } = written;
    let signal = |kill| long(kill).and_then(|kill: &Kill| kill.signal.as_ref());
    let signal = |kill| signal(kill).map(|signal| signal.value.as_str());
    let network = |cut| long(cut).and_then(|cut: &CutOff| cut.from.as_ref());
    let network = |cut| network(cut).map(Name::from);
    let cores = |slow| long(slow).and_then(|slow: &Slow| slow.cores.as_ref());
    let verbs = [
        stop.as_ref().map(|at| Verb::Stop(service(at))),
        kill.as_ref().map(|at| Verb::Kill(service(at), signal(at))),
        pause.as_ref().map(|at| Verb::Pause(service(at))),
        oom_kill.as_ref().map(|at| Verb::OomKill(service(at))),
        restart.as_ref().map(|at| Verb::Restart(service(at))),
        cut_off
            .as_ref()
            .map(|at| Verb::CutOff(service(at), network(at))),
        flap.as_ref().map(|at| Verb::Flap(&at.value)),
        slow.as_ref().map(|at| Verb::Slow(service(at), cores(at))),
        keep_restarting
            .as_ref()
            .map(|at| Verb::KeepRestarting(&at.value)),
        fill_volume.as_ref().map(|at| Verb::FillVolume(&at.value)),
        run.as_ref().map(|at| Verb::Run(&at.value)),
        switch.as_ref().map(|at| Verb::Switch(&at.value)),
        displace_consumer
            .as_ref()
            .map(|at| Verb::DisplaceConsumer(&at.value)),
        poison.as_ref().map(|at| Verb::Poison(&at.value)),
    ];
    verbs.into_iter().flatten().collect()
}

impl Verb<'_> {
    /// The service that is touched; `None` of a fault on a topic.
    pub(super) fn service(&self) -> Option<Name<'_>> {
        match self {
            Self::Stop(name)
            | Self::Kill(name, _)
            | Self::Pause(name)
            | Self::OomKill(name)
            | Self::Restart(name)
            | Self::CutOff(name, _)
            | Self::Slow(name, _) => Some(*name),
            Self::Flap(flap) => Some((&flap.service).into()),
            Self::KeepRestarting(loops) => Some((&loops.service).into()),
            Self::FillVolume(filled) => Some((&filled.service).into()),
            Self::Run(run) => Some((&run.service).into()),
            Self::Switch(switch) => Some((&switch.service).into()),
            Self::DisplaceConsumer(_) | Self::Poison(_) => None,
        }
    }

    /// The service, path or lane that it says it disturbs.
    pub(super) fn disturbs(&self) -> Option<Name<'_>> {
        match self {
            Self::Run(run) => run.disturbs.as_ref().map(Name::from),
            Self::Switch(switch) => switch.disturbs.as_ref().map(Name::from),
            Self::DisplaceConsumer(displaced) => Some((&displaced.disturbs).into()),
            Self::Poison(poison) => Some((&poison.disturbs).into()),
            _ => None,
        }
    }

    /// The core's fault. The network of a cut that names none is empty until the project is known.
    ///
    /// # Errors
    /// A duration that is none, a command without words.
    pub(super) fn fault(&self) -> Result<Fault, Complaint> {
        Ok(match self {
            Self::Stop(name) => Fault::stop(name.text),
            Self::Kill(name, signal) => Fault::kill(name.text, signal.unwrap_or("SIGKILL")),
            Self::Pause(name) => Fault::pause(name.text),
            Self::OomKill(name) => Fault::oom_kill(name.text),
            Self::Restart(name) => Fault::restart(name.text),
            Self::CutOff(name, network) => {
                Fault::cut_off(name.text, network.map_or("", |network| network.text))
            }
            Self::Flap(flap) => Fault::flap(
                &flap.service.value,
                duration(&flap.paused)?,
                duration(&flap.running)?,
            ),
            Self::Slow(name, cores) => Fault::slow(name.text, few_cores(*cores)?),
            Self::KeepRestarting(loops) => {
                Fault::keep_restarting(&loops.service.value, duration(&loops.every)?)
            }
            Self::FillVolume(filled) => Fault::fill_volume(&filled.service.value, &filled.path),
            Self::Run(run) => command_run(run)?.into(),
            Self::Switch(switch) => behaviour_switched(switch)?,
            Self::DisplaceConsumer(displaced) => ConsumerDisplaced {
                topic: displaced.topic.clone(),
                group: displaced.group.clone(),
                disturbs: displaced.disturbs.value.clone(),
            }
            .into(),
            Self::Poison(poison) => PoisonMessage {
                topic: poison.topic.clone(),
                payload: poison.payload.clone(),
                group: poison.group.clone(),
                disturbs: poison.disturbs.value.clone(),
            }
            .into(),
        })
    }
}

fn few_cores(written: Option<&At<f64>>) -> Result<f64, Complaint> {
    let Some(written) = written else {
        return Ok(ServiceSlowed::FEW_CORES);
    };
    if written.value >= ServiceSlowed::LEAST_CORES && written.value.is_finite() {
        return Ok(written.value);
    }
    Err(Complaint::at(
        written.place,
        format!(
            "{} is no number of processors that the engine grants",
            written.value
        ),
        "write 0.01 or more: a hundredth of a processor",
    ))
}

fn command_run(run: &Run) -> Result<CommandRun, Complaint> {
    if run.command.value.0.is_empty() {
        return Err(Complaint::at(
            run.command.place,
            "the command has no words",
            "write a list of words, or a text for `sh -c`",
        ));
    }
    let (command, undo) = (run.command.value.0.clone(), run.undo.value.0.clone());
    let mut fault = Fault::run_command(&run.service.value, command, undo);
    if let Some(what) = &run.what {
        fault = fault.what(what);
    }
    if let Some(user) = &run.user {
        fault = fault.user(user);
    }
    if let Some(disturbs) = &run.disturbs {
        fault = fault.disturbs_only(&disturbs.value);
    }
    Ok(fault.effect(run.effect.0.clone()))
}

fn behaviour_switched(switch: &Switch) -> Result<Fault, Complaint> {
    let (service, back) = (&switch.service, switch.back.clone());
    let mut fault = Fault::switch_behaviour(&service.value, switch.port, &switch.path, back);
    for behaviour in switch.to.iter() {
        let lasts = duration_or(behaviour.value.lasts.as_ref(), Duration::ZERO)?;
        fault = fault.to(behaviour.value.post.clone(), lasts);
    }
    if let Some(what) = &switch.what {
        fault = fault.what(what);
    }
    if let Some(disturbs) = &switch.disturbs {
        fault = fault.disturbs_only(&disturbs.value);
    }
    Ok(fault.into())
}
