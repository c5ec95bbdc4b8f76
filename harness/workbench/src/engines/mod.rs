//! The web shop's drills on each rule engine that people run: one engine after the other, and what
//! each drill came to on it, side by side.

mod matrix;
mod run;

pub(crate) use run::compare;

/// The folder of the shop.
const SHOP: &str = "examples/web-shop";

/// A rule engine, and the compose files that put it in Prometheus's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Engine {
    name: &'static str,
    compose_files: &'static str,
}

const ENGINES: [Engine; 3] = [
    Engine {
        name: "Prometheus 2",
        compose_files: "docker-compose.yml",
    },
    Engine {
        name: "Prometheus 3",
        compose_files: "docker-compose.yml:docker-compose.prometheus3.yml",
    },
    Engine {
        name: "vmalert",
        compose_files: "docker-compose.yml:docker-compose.vmalert.yml",
    },
];
