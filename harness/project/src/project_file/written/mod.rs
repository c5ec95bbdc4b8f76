//! What stands in an `alertdrill.yml`, as it stands there, each name with its place.
//!
//! The comments on keys are also what an editor shows of them, by way of the schema.

mod drill;
mod fault;
mod file;
mod text;

pub(super) use drill::{Fires, Moment, Onset, Silent, WaivedFinding, Waiver, WrittenDrill};
pub(super) use fault::{
    Break, CutOff, DisplaceConsumer, FillVolume, Flap, KeepRestarting, Kill, OneService, Poison,
    Run, Slow, Switch,
};
pub(super) use file::{
    AttachTo, Coverage, Instances, PathThrough, Promises, Server, SteadyCondition, Usage,
    WrittenFile,
};
pub(super) use text::{Command, DurationText};
