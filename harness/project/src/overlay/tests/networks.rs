//! Networks, addresses and network modes.

use super::shop::{SERVERS, SINK, Shop};

#[test]
fn networks_that_are_shared_or_have_subnets_become_ours_with_a_note_each() {
    let mut shop = Shop::new(
        "
services:
  prometheus: {image: p, networks: [proxy, monitoring]}
  alertmanager:
    image: a
    networks: {monitoring: {ipv4_address: 172.28.0.9, aliases: [am]}}
  lan: {image: l, networks: [lan, plain, bridged]}
networks:
  proxy: {external: true, name: traefik}
  monitoring:
    name: monitoring
    internal: true
    ipam: {config: [{subnet: 172.28.0.0/16}]}
  lan: {driver: macvlan, driver_opts: {parent: eth0}}
  bridged:
    driver: bridge
    driver_opts:
      com.docker.network.bridge.name: br-shop
      com.docker.network.driver.mtu: 1400
  plain: {driver: bridge, labels: {a: b}}
",
        &[],
    );
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
          alertdrill-way-in: {}
          monitoring: {}
      alertmanager:
        ports: !override
        - 127.0.0.1::9093
        networks:
          alertdrill-way-in: {}
          monitoring:
            ipv4_address: !reset null
      prometheus:
        ports: !override
        - 127.0.0.1::9090
    networks:
      bridged: !override
        name: shop-drill_bridged
        driver_opts:
          com.docker.network.driver.mtu: '1400'
      lan: !override
        name: shop-drill_lan
      monitoring: !override
        name: shop-drill_monitoring
        internal: true
      plain:
        name: shop-drill_plain
      proxy: !override
        name: shop-drill_proxy
      alertdrill-way-in:
        name: shop-drill_alertdrill-way-in
    ");
    insta::assert_snapshot!(shop.notes(&overlay), @"
    the network lan is a bridge in place of `macvlan`
    the network monitoring is called `shop-drill_monitoring`, not `monitoring`
    the network monitoring has addresses that the engine chooses: two projects cannot share a subnet
    the network proxy is one of this run's own in place of `traefik`: what others have in that one is not reached
    alertmanager does not have the address 172.28.0.9: files that name it must name the service `alertmanager`
    alertmanager is in one more network, by which this machine reaches it: its own are internal
    ");
    let place = merged.services["alertmanager"].networks["monitoring"]
        .as_ref()
        .unwrap();
    assert_eq!(place.aliases, ["am"]);
    assert!(merged.networks["monitoring"].internal);
    assert_eq!(merged.networks["bridged"].driver_opts.len(), 1);
}

#[test]
fn service_in_the_hosts_network_moves_to_where_prometheus_reaches_it() {
    let shop = Shop::new(
        "
services:
  prometheus: {image: p, networks: [monitoring]}
  alertmanager: {image: a, networks: [monitoring]}
  node: {image: n, network_mode: host, container_name: node_exporter, pid: host}
networks: {monitoring: }
",
        &[],
    );
    let (overlay, _) = shop.merged();
    insta::assert_snapshot!(shop.text(&overlay), @"
    services:
      alertmanager:
        ports: !override
        - 127.0.0.1::9093
      node:
        network_mode: !reset null
        container_name: !reset null
        networks:
          monitoring:
            aliases:
            - node_exporter
      prometheus:
        ports: !override
        - 127.0.0.1::9090
    networks:
      monitoring:
        name: shop-drill_monitoring
    ");
    insta::assert_snapshot!(shop.notes(&overlay), @"node is in the networks of prometheus in place of the host's: it is reached as `node`, not at an address of the machine, and measures its own network");
}

#[test]
fn prometheus_in_the_network_of_another_service_is_published_by_that_one() {
    let shop = Shop::new(
        r#"
services:
  prometheus: {image: p, network_mode: "service:vpn"}
  vpn: {image: v, ports: ["1194:1194/udp"]}
  alertmanager: {image: a}
"#,
        &[],
    );
    let (overlay, _) = shop.merged();
    insta::assert_snapshot!(shop.text(&overlay), @"
    services:
      alertmanager:
        ports: !override
        - 127.0.0.1::9093
      vpn:
        ports: !override
        - 127.0.0.1::1194/udp
        - 127.0.0.1::9090
    networks:
      default:
        name: shop-drill_default
    ");
}

#[test]
fn server_that_nothing_could_reach_safely_is_refused_with_what_to_do() {
    for (server, mode) in [
        ("prometheus", "host"),
        ("prometheus", "none"),
        ("alertmanager", "bridge"),
        ("alertmanager", "host"),
    ] {
        let with = format!("{server}: {{network_mode: {mode}, ");
        let mut shop = Shop::new(&SERVERS.replace(&format!("{server}: {{"), &with), &[]);
        shop.sink = Some(SINK);
        let refused = shop.overlay().unwrap_err().to_string();
        assert!(
            refused.contains(server) && refused.contains("attach"),
            "{refused}"
        );
    }
    let shop = Shop::new(
        &SERVERS.replace("image: p", "image: p, network_mode: host"),
        &[],
    );
    insta::assert_snapshot!(shop.shown(&shop.overlay().unwrap_err().to_string()), @"failed to read the compose project in /shop: its service `prometheus` is in the host's network, where it listens on every address (`network_mode` of `prometheus`); give it a network of the project, or start the project yourself and attach to it: `attach` in alertdrill.yml");
}

#[test]
fn container_that_is_none_of_the_projects_is_refused_where_it_is_shared_and_dropped_as_a_link() {
    for shares in ["network_mode", "pid", "ipc"] {
        let with = format!("image: p, {shares}: 'container:theirs'");
        let shop = Shop::new(&SERVERS.replace("image: p", &with), &[]);
        let refused = shop.overlay().unwrap_err().to_string();
        assert!(refused.contains("`theirs`"), "{refused}");
    }
    let with = "image: p, volumes_from: ['container:theirs:ro']";
    let shop = Shop::new(&SERVERS.replace("image: p", with), &[]);
    insta::assert_snapshot!(shop.shown(&shop.overlay().unwrap_err().to_string()), @"failed to read the compose project in /shop: its service `prometheus` has the mounts of the container `theirs`, which is none of its own; name a service: `volumes_from: [NAME]`");
    let with = "image: p, external_links: ['theirs:db']";
    let (overlay, merged) = Shop::new(&SERVERS.replace("image: p", with), &[]).merged();
    assert_eq!(
        merged.services["prometheus"].external_links,
        Vec::<String>::new()
    );
    insta::assert_snapshot!(overlay.notes.join("\n"), @"prometheus does not reach theirs:db, which its external_links name: containers of others");
}
