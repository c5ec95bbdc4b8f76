//! What the check says of a merge that went wrong: each promise is seen to be broken.

use super::shop::{SINK, Shop};
use crate::ComposeModel;
use crate::overlay::check_overlay;

const THEIRS: &str = r#"
services:
  prometheus:
    image: p
    container_name: prom
    ports: ["9090:9090"]
    volumes: ["./p.yml:/p.yml:ro"]
    external_links: ["other"]
  alertmanager: {image: a, ports: ["9093:9093"], networks: {front: {ipv4_address: 172.28.0.5}}}
  web: {image: w, network_mode: host, volumes: ["./site:/site", "data:/data", "bound:/bound"]}
  side: {image: s, pid: "container:prom", volumes_from: ["container:prom"]}
networks: {front: {internal: true, ipam: {config: [{subnet: 172.28.0.0/16}]}}}
volumes:
  data: {external: true}
  bound: {driver: local, driver_opts: {type: none, o: bind, device: /srv}}
"#;

fn shop() -> Shop {
    let shop = Shop::new(THEIRS, &["p.yml", "site/x"]);
    let mut shop = shop.replacing("prometheus", "/p.yml");
    shop.sink = Some(SINK);
    shop
}

fn said(shop: &Shop, merged: &ComposeModel) -> String {
    let checked = shop.with_wishes(|wishes| check_overlay(merged, wishes));
    let said = checked.map_or_else(|error| error.to_string(), |()| "all is well".to_owned());
    shop.shown(&said).replace("; ", "\n")
}

#[test]
fn project_without_its_overlay_breaks_every_promise() {
    let shop = shop();
    insta::assert_snapshot!(said(&shop, &shop.config(&[]).unwrap()), @"
    failed to read the project in /shop with the overlay, as compose merges them: alertmanager still has the address 172.28.0.5 in front
    alertmanager publishes its port 9093 on every address, port `9093`
    prometheus still has the container name `prom`
    prometheus still links to the container of others `other`
    prometheus publishes its port 9090 on every address, port `9090`
    prometheus mounts /shop/p.yml itself at /p.yml
    side still has `pid: container:prom`
    side still has the mounts of `container:prom`
    web still has `network_mode: host`
    web mounts /shop/site itself at /site
    the network front still has a subnet of its own
    the volume bound is /srv itself
    the volume data is `data`, which is not ours
    alertmanager is in internal networks alone: its ports lead nowhere
    there is no service `alertdrill-sink`
    alertdrill-sink shares no network with alertmanager
    alertdrill-sink does not run `alertdrill/sink:1`
    prometheus does not load /p.yml from a copy
    nothing was started
    another version of compose may merge them as they are meant, or start the project yourself and attach to it
    ");
}

#[test]
fn each_line_of_the_overlay_is_missed_if_compose_leaves_it_out() {
    let shop = shop();
    let overlay = shop.merged().0.text;
    for (meant, merged_as, said_of_it) in [
        (
            "ports: !override\n    - 127.0.0.1::9090",
            "labels:\n    - a",
            "9090 on every address",
        ),
        (
            "ports: !override\n    - 127.0.0.1::9093",
            "ports:\n    - 127.0.0.1::9093",
            "port `9093`",
        ),
        (
            "127.0.0.1::8080",
            "127.0.0.1::80",
            "alertdrill-sink does not publish its port 8080",
        ),
        (
            "container_name: !reset null",
            "labels: []",
            "container name `prom`",
        ),
        (
            "network_mode: !reset null\n    networks:\n      default: {}",
            "labels: []",
            "`network_mode: host`",
        ),
        (
            "pid: service:prometheus",
            "labels: []",
            "`pid: container:prom`",
        ),
        (
            "volumes_from: !override",
            "cap_add:",
            "the mounts of `container:prom`",
        ),
        (
            "external_links: !reset null",
            "labels: []",
            "container of others `other`",
        ),
        (
            "ipv4_address: !reset null",
            "aliases: []",
            "the address 172.28.0.5",
        ),
        (
            "target: /site",
            "target: /other",
            "web mounts /shop/site itself at /site",
        ),
        (
            "target: /p.yml",
            "target: /other",
            "does not load /p.yml from a copy",
        ),
        (
            "name: shop-drill_data",
            "name: data",
            "the volume data is `data`",
        ),
        (
            "image: alertdrill/sink:1",
            "image: other",
            "does not run `alertdrill/sink:1`",
        ),
    ] {
        assert!(overlay.contains(meant), "no {meant:?} in\n{overlay}");
        let merged = shop.merged_with(&overlay.replacen(meant, merged_as, 1));
        let said = said(&shop, &merged);
        assert!(said.contains(said_of_it), "{meant}: {said}\n{overlay}");
    }
}
