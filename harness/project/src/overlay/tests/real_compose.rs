//! A monitoring stack of the shape that public projects have.

use super::shop::{SINK, Shop};

const STACK: &str = r#"
name: monitoring
services:
  prometheus:
    image: prom
    container_name: prometheus
    user: "1000"
    command: ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path", "/data"]
    volumes: ["./prometheus:/etc/prometheus", "./prometheus/data:/data"]
    expose: [9090]
    networks: [monitor-net]
  alertmanager:
    image: am
    container_name: pager
    volumes: ["./alertmanager/:/etc/alertmanager/"]
    networks: [monitor-net]
  nodeexporter:
    image: node
    command: ["--ignored=^/(sys|proc)($$|/)"]
    volumes: ["/proc:/host/proc:ro", "/:/rootfs:ro,rslave"]
    networks: [monitor-net]
  cadvisor:
    image: cadvisor
    volumes: ["/var/run:/var/run:rw", "/sys:/sys:ro"]
    networks: [monitor-net]
  caddy: {image: caddy, ports: ["9090:9090", "9093:9093"], networks: [monitor-net, proxy]}
  debug: {image: d, profiles: [debug], container_name: dbg, networks: [monitor-net]}
networks: {monitor-net: {driver: bridge}, proxy: {external: true}}
"#;

#[test]
fn usual_monitoring_stack_runs_beside_itself_and_its_old_data_are_not_copied() {
    let files = [
        "prometheus/prometheus.yml",
        "prometheus/data/wal/0",
        "alertmanager/config.yml",
    ];
    let mut shop = Shop::new(STACK, &files)
        .replacing("prometheus", "/etc/prometheus/prometheus.yml")
        .replacing("alertmanager", "/etc/alertmanager/config.yml");
    shop.sink = Some(SINK);
    let (overlay, merged) = shop.merged();
    insta::assert_snapshot!(shop.copies_of(&overlay), @r#"
    project/alertmanager <- Path("/shop/alertmanager")
    project/prometheus <- Path("/shop/prometheus")
    project/prometheus/data <- EmptyFolder
    "#);
    insta::assert_snapshot!(shop.notes(&overlay), @"
    the network proxy is one of this run's own in place of `proxy`: what others have in that one is not reached
    cadvisor cannot write to /var/run: /var/run lies outside of the project; a volume in its place could be written to
    ");
    let places = overlay
        .places
        .iter()
        .map(|place| place.on_machine.display().to_string());
    insta::assert_snapshot!(shop.shown(&places.collect::<Vec<_>>().join("\n")), @"
    /shop/target/copies/project/prometheus/prometheus.yml
    /shop/target/copies/project/alertmanager/config.yml
    ");
    let command = &merged.services["nodeexporter"].command;
    assert_eq!(command, &["--ignored=^/(sys|proc)($$|/)"]);
    assert_eq!(merged.services["debug"].container_name, None);
}

#[test]
fn folder_that_holds_data_and_configuration_is_copied_with_all_that_the_server_reads_and_no_data() {
    let stack = "
services:
  prometheus: {image: prom, volumes: ['./prometheus:/prometheus']}
  alertmanager: {image: am}
";
    let files = [
        "prometheus/prometheus.yml",
        "prometheus/targets.yml",
        "prometheus/queries.active",
        "prometheus/wal/0",
        "prometheus/01JDMKX7ZP6T8Q9V2W3Y4ABCDE/meta.json",
    ];
    let shop = Shop::new(stack, &files).replacing("prometheus", "/prometheus/prometheus.yml");
    let (overlay, _) = shop.merged();
    insta::assert_snapshot!(shop.copies_of(&overlay), @r#"
    project/prometheus <- Path("/shop/prometheus")
    project/prometheus/01JDMKX7ZP6T8Q9V2W3Y4ABCDE <- EmptyFolder
    project/prometheus/wal <- EmptyFolder
    "#);
}
