//! Each rule, by the text of the overlay and by what compose makes of it.

mod broken_promises;
mod mounts;
mod networks;
mod real_compose;
mod services;
mod shop;
