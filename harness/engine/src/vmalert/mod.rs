//! vmalert, which evaluates rules over the samples of a VictoriaMetrics.
//!
//! It differs from Prometheus in what a verdict rests on, and each difference is met here:
//! - it evaluates in the past and at round instants (`-rule.evalDelay`, `eval_alignment`), and
//!   stamps the samples of `ALERTS` with the instant that it looks at: [`delays`] measures how far
//!   that lies before the evaluation, which is a rule's `query_offset`;
//! - it keeps no samples. It writes those of `ALERTS` to VictoriaMetrics some seconds later
//!   (`-remoteWrite.flushInterval`), so rules count as evaluated only that much later. An alert
//!   that it says is active, and of which no sample says so, is an error and not "no alert";
//! - VictoriaMetrics shows a sample seconds after its scrape. That lengthens a scrape;
//! - both tell their flags, defaults among them, at `/metrics` ([`flags`]), and neither all of
//!   what a group overrides: so what an evaluation did (`/api/v1/rule`) counts, not what it should.

mod answers;
mod as_rule_engine;
mod client;
mod delays;
mod exposition;
mod flags;
#[cfg(test)]
mod tests;

pub use client::VmAlert;
