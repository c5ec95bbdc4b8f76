//! How sharp drills are: of the rules with one small mistake (mutants), which do they catch?

mod fate;
mod mutant;
mod waived_mutants;

pub use fate::{Fate, JudgedMutant, MutationRun};
pub use mutant::{MadeMutants, Mutant, Place, RefusedMutant, RuleAt};
pub use waived_mutants::{WaivedMutant, WaivedMutants};
