//! What Alertmanager's receivers send to instead of to people: the server that a stack runs, the
//! client that reads from it, and the question whether the server is there.

mod client;
mod health;
mod kept;
mod server;

pub use client::NotificationSink;
pub use health::answers_well;
pub use server::serve_sink;
