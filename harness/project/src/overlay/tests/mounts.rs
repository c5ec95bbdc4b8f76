//! Mounted files and folders, volumes and configs.

use std::os::unix::net::UnixListener;

use super::shop::Shop;

#[test]
#[allow(
    clippy::too_many_lines,
    reason = "a project, and what becomes of all of it"
)]
fn what_a_container_could_write_to_is_copied_and_what_others_only_read_stays() {
    let shop = Shop::new(
        r#"
services:
  prometheus:
    image: p
    volumes:
      - ./prometheus:/etc/prometheus:ro
      - ./rules.yml:/etc/rules.yml:ro
      - ./data/prometheus:/prometheus
  alertmanager:
    image: a
    command: --storage.path=/am
    volumes: ["./am.yml:/etc/alertmanager/alertmanager.yml", "./data/am:/am"]
  web:
    image: w
    volumes: ["./site:/site", "./site/page.html:/page.html", "./nginx.conf:/nginx.conf:ro"]
  gone: {image: g, volumes: ["./gone:/gone", "./also-gone:/also:ro"]}
"#,
        &[
            "prometheus/prometheus.yml",
            "rules.yml",
            "am.yml",
            "site/page.html",
            "nginx.conf",
            "data/prometheus/",
            "data/am/",
        ],
    );
    let shop = shop
        .replacing("prometheus", "/etc/prometheus/prometheus.yml")
        .replacing("alertmanager", "/etc/alertmanager/alertmanager.yml")
        .replacing("prometheus", "/etc/of-the-image.yml");
    let (overlay, _) = shop.merged();
    insta::assert_snapshot!(shop.text(&overlay), @"
    services:
      alertmanager:
        ports: !override
        - 127.0.0.1::9093
        volumes:
        - type: bind
          source: /shop/target/copies/project/am.yml
          target: /etc/alertmanager/alertmanager.yml
          bind:
            create_host_path: false
        - type: bind
          source: /shop/target/copies/project/data/am
          target: /am
          bind:
            create_host_path: false
      gone:
        volumes:
        - type: bind
          source: /shop/target/copies/project/gone
          target: /gone
          bind:
            create_host_path: false
        - type: bind
          source: /shop/target/copies/project/also-gone
          target: /also
          read_only: true
          bind:
            create_host_path: false
      prometheus:
        ports: !override
        - 127.0.0.1::9090
        volumes:
        - type: bind
          source: /shop/target/copies/project/prometheus
          target: /etc/prometheus
          read_only: true
          bind:
            create_host_path: false
        - type: bind
          source: /shop/target/copies/project/rules.yml
          target: /etc/rules.yml
          read_only: true
          bind:
            create_host_path: false
        - type: bind
          source: /shop/target/copies/project/data/prometheus
          target: /prometheus
          bind:
            create_host_path: false
        - type: bind
          source: /shop/target/copies/added/prometheus/etc/of-the-image.yml
          target: /etc/of-the-image.yml
          read_only: true
          bind:
            create_host_path: false
      web:
        volumes:
        - type: bind
          source: /shop/target/copies/project/site
          target: /site
          bind:
            create_host_path: false
        - type: bind
          source: /shop/target/copies/project/site/page.html
          target: /page.html
          bind:
            create_host_path: false
    networks:
      default:
        name: shop-drill_default
    ");
    insta::assert_snapshot!(shop.copies_of(&overlay), @r#"
    project/also-gone <- EmptyFolder
    project/am.yml <- Path("/shop/am.yml")
    project/data/am <- EmptyFolder
    project/data/prometheus <- EmptyFolder
    project/gone <- EmptyFolder
    project/prometheus <- Path("/shop/prometheus")
    project/rules.yml <- Path("/shop/rules.yml")
    project/site <- Path("/shop/site")
    "#);
    insta::assert_snapshot!(shop.notes(&overlay), @"
    gone has an empty folder at /gone: /shop/gone is not there
    gone has an empty folder at /also: /shop/also-gone is not there
    ");
    let places = overlay.places.iter().map(|place| {
        let must = if place.must_be_written {
            " (to be written)"
        } else {
            ""
        };
        format!(
            "{} {}: {}{must}",
            place.service,
            place.path.display(),
            place.on_machine.display()
        )
    });
    insta::assert_snapshot!(shop.shown(&places.collect::<Vec<_>>().join("\n")), @"
    prometheus /etc/prometheus/prometheus.yml: /shop/target/copies/project/prometheus/prometheus.yml
    alertmanager /etc/alertmanager/alertmanager.yml: /shop/target/copies/project/am.yml
    prometheus /etc/of-the-image.yml: /shop/target/copies/added/prometheus/etc/of-the-image.yml (to be written)
    ");
}

#[test]
fn what_lies_outside_is_read_only_and_sockets_stay() {
    let shop = Shop::new(
        r#"
services:
  prometheus: {image: p, volumes: ["/etc/localtime:/etc/localtime:ro", "../conf:/conf"]}
  alertmanager: {image: a, volumes: ["./am.sock:/am.sock"]}
  cadvisor:
    image: c
    privileged: true
    volumes:
      - /:/rootfs:ro
      - /proc:/host/proc:ro,rslave
      - /var/run:/var/run:rw
      - type: bind
        source: /tmp
        target: /tmp
        bind: {propagation: rshared}
"#,
        &["../conf/x.yml"],
    )
    .replacing("prometheus", "/conf/x.yml");
    let _socket = UnixListener::bind(shop.root().join("am.sock")).unwrap();
    let (overlay, _) = shop.merged();
    insta::assert_snapshot!(shop.text(&overlay), @"
    services:
      alertmanager:
        ports: !override
        - 127.0.0.1::9093
      cadvisor:
        volumes:
        - type: bind
          source: /var/run
          target: /var/run
          read_only: true
          bind:
            create_host_path: false
        - type: bind
          source: /tmp
          target: /tmp
          read_only: true
          bind:
            propagation: rshared
      prometheus:
        ports: !override
        - 127.0.0.1::9090
        volumes:
        - type: bind
          source: /shop/target/copies/outside/beside/conf
          target: /conf
          bind:
            create_host_path: false
    networks:
      default:
        name: shop-drill_default
    ");
    insta::assert_snapshot!(shop.notes(&overlay), @"
    cadvisor is privileged: nothing keeps it from what it wants of this machine
    cadvisor cannot write to /var/run: /var/run lies outside of the project; a volume in its place could be written to
    cadvisor cannot write to /tmp: /tmp lies outside of the project; a volume in its place could be written to
    ");
}

#[test]
fn link_in_the_project_that_leads_out_of_it_is_not_written_to() {
    let shop = Shop::new(
        r#"
services:
  prometheus: {image: p}
  alertmanager: {image: a}
  web: {image: w, volumes: ["./data:/data"]}
"#,
        &["../elsewhere/x"],
    );
    std::os::unix::fs::symlink("../elsewhere", shop.root().join("data")).unwrap();
    let (overlay, merged) = shop.merged();
    assert!(merged.services["web"].volumes[0].read_only);
    assert!(overlay.copies.is_empty());
}

#[test]
fn named_volumes_become_ours_wherever_theirs_are_kept() {
    let shop = Shop::new(
        r#"
services:
  prometheus: {image: p, volumes: ["data:/prometheus"]}
  alertmanager: {image: a}
  db:
    image: d
    volumes: ["named:/a", "external:/b", "bound:/c", "outside:/d", "nfs:/e", "memory:/f"]
volumes:
  data:
  named: {name: shop-db}
  external: {external: true}
  bound: {driver: local, driver_opts: {type: none, o: bind, device: "${PWD:-.}/db"}}
  outside: {driver: local, driver_opts: {type: none, o: bind, device: /srv}}
  nfs: {driver_opts: {type: nfs, o: "addr=nas", device: ":/x"}}
  memory: {driver_opts: {type: tmpfs, device: tmpfs, o: "size=1m"}}
"#
        .replace("${PWD:-.}", "./")
        .as_str(),
        &["db/x"],
    );
    let (overlay, merged) = shop.merged();
    insta::assert_snapshot!(shop.text(&overlay), @"
    services:
      alertmanager:
        ports: !override
        - 127.0.0.1::9093
      prometheus:
        ports: !override
        - 127.0.0.1::9090
    networks:
      default:
        name: shop-drill_default
    volumes:
      bound: !override
        name: shop-drill_bound
        driver: local
        driver_opts:
          type: none
          o: bind
          device: /shop/target/copies/project/db
      data:
        name: shop-drill_data
      external: !override
        name: shop-drill_external
      memory:
        name: shop-drill_memory
      named:
        name: shop-drill_named
      nfs: !override
        name: shop-drill_nfs
      outside: !override
        name: shop-drill_outside
    ");
    insta::assert_snapshot!(shop.notes(&overlay), @"
    the volume external is one of this run's own and empty, in place of `external`
    the volume nfs is one of this run's own and empty, in place of `:/x` (nfs)
    the volume outside is one of this run's own and empty, in place of /srv
    ");
    insta::assert_snapshot!(shop.copies_of(&overlay), @r#"project/db <- Path("/shop/db")"#);
    assert_eq!(merged.volumes["memory"].driver_opts["type"], "tmpfs");
}

#[test]
fn configs_of_the_servers_come_from_copies_and_dollars_stay_dollars() {
    let shop = Shop::new(
        r#"
services:
  prometheus:
    image: p
    configs: [{source: scrapes, target: /p.yml}, {source: rules, target: /rules.yml}]
  alertmanager: {image: a, configs: [routes], volumes: ["./a$$b:/templates"]}
configs:
  scrapes: {file: ./p.yml}
  rules: {content: "expr: '$$labels'"}
  routes: {environment: HOME}
"#,
        &["p.yml", "a$b/x"],
    );
    let shop = shop
        .replacing("prometheus", "/rules.yml")
        .replacing("alertmanager", "/routes");
    let (overlay, _) = shop.merged();
    insta::assert_snapshot!(shop.text(&overlay), @"
    services:
      alertmanager:
        ports: !override
        - 127.0.0.1::9093
        volumes:
        - type: bind
          source: /shop/target/copies/project/a$$b
          target: /templates
          bind:
            create_host_path: false
      prometheus:
        ports: !override
        - 127.0.0.1::9090
    networks:
      default:
        name: shop-drill_default
    configs:
      routes: !override
        file: /shop/target/copies/configs/routes
      scrapes: !override
        file: /shop/target/copies/project/p.yml
      rules: !override
        file: /shop/target/copies/configs/rules
    ");
    insta::assert_snapshot!(shop.copies_of(&overlay), @r#"
    configs/rules <- Text("expr: '$labels'")
    project/a$b <- Path("/shop/a$b")
    project/p.yml <- Path("/shop/p.yml")
    "#);
}
