//! Tests of whole lives, in the simulated world.

mod judged;
mod properties;
mod told;
