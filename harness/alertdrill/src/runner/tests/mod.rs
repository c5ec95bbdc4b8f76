//! Tests of whole lives, in the simulated world.

mod judged;
mod looking;
mod properties;
mod steady;
mod told;
