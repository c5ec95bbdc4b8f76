//! Ports, names and the sink.

use super::shop::{SERVERS, SINK, Shop};

#[test]
fn servers_are_published_on_loopback_and_the_sink_stands_beside_alertmanager() {
    let mut shop = Shop::new(SERVERS, &[]);
    shop.sink = Some(SINK);
    let (overlay, merged) = shop.merged();
    insta::assert_snapshot!(shop.text(&overlay), @"
    services:
      alertdrill-sink:
        image: alertdrill/sink:1
        command:
        - sink
        ports:
        - 127.0.0.1::8080
        networks:
          default: {}
      alertmanager:
        ports: !override
        - 127.0.0.1::9093
      prometheus:
        ports: !override
        - 127.0.0.1::9090
    networks:
      default:
        name: shop-drill_default
    ");
    assert_eq!(overlay.notes, Vec::<String>::new());
    assert!(
        merged.services["alertdrill-sink"]
            .networks
            .contains_key("default")
    );
}

#[test]
fn published_ports_move_to_loopback_with_their_protocols_and_the_old_ones_are_gone() {
    let shop = Shop::new(
        r#"
services:
  prometheus: {image: p, ports: ["9090:9090"]}
  alertmanager: {image: a, expose: ["9093"], ports: ["0.0.0.0:80:8080", "9095"]}
  dns: {image: d, ports: ["53:53/udp", "53:53", "7000-7001:7000-7001", "127.0.0.1:99:99"]}
"#,
        &[],
    );
    let (overlay, _) = shop.merged();
    insta::assert_snapshot!(shop.text(&overlay), @"
    services:
      alertmanager:
        ports: !override
        - 127.0.0.1::8080
        - 127.0.0.1::9093
        - 127.0.0.1::9095
      dns:
        ports: !override
        - 127.0.0.1::53
        - 127.0.0.1::53/udp
        - 127.0.0.1::99
        - 127.0.0.1::7000
        - 127.0.0.1::7001
      prometheus:
        ports: !override
        - 127.0.0.1::9090
    networks:
      default:
        name: shop-drill_default
    ");
}

#[test]
fn container_name_is_removed_and_stays_an_alias_in_each_network() {
    let shop = Shop::new(
        r#"
services:
  prometheus: {image: p, container_name: prometheus}
  alertmanager: {image: a, container_name: pager, networks: {a: {aliases: [am]}, b: }}
  sidecar: {image: s, network_mode: "container:pager", volumes_from: ["container:pager:ro"],
    pid: "container:pager"}
networks: {a: , b: }
"#,
        &[],
    );
    let (overlay, merged) = shop.merged();
    insta::assert_snapshot!(shop.text(&overlay), @"
    services:
      alertmanager:
        container_name: !reset null
        ports: !override
        - 127.0.0.1::9093
        networks:
          a:
            aliases:
            - pager
          b:
            aliases:
            - pager
      prometheus:
        container_name: !reset null
        ports: !override
        - 127.0.0.1::9090
      sidecar:
        network_mode: service:alertmanager
        pid: service:alertmanager
        volumes_from: !override
        - alertmanager:ro
    networks:
      a:
        name: shop-drill_a
      b:
        name: shop-drill_b
      default:
        name: shop-drill_default
    ");
    let places = &merged.services["alertmanager"].networks;
    assert_eq!(places["a"].as_ref().unwrap().aliases, ["am", "pager"]);
    assert_eq!(places["b"].as_ref().unwrap().aliases, ["pager"]);
}
