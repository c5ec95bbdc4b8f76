use super::{one, read};

#[test]
fn each_form_of_each_key_is_what_compose_takes_it_for() {
    let read = one(r#"name: shop
services:
  api:
    build: ./api
    command: sh -c "echo 'a b' && exec api"
    environment: [A=1, "B=x=y", C]
    ports: ["8080:80", {target: 70, published: 7000}]
    expose: [90, "91"]
    depends_on: {db: {condition: service_healthy}}
    networks: {back: {aliases: [web]}, front: }
    profiles: [slow]
    mem_limit: 512m
  db:
    image: postgres
    environment: {A: 1, EMPTY: "", NONE: }
    volumes: ["data:/data:ro", ./x:/x, /anon, {type: tmpfs, target: /t}]
    depends_on: [cache]
    links: ["cache:store"]
    network_mode: host
  cache: {image: redis, entrypoint: [redis, --x]}
networks: {back: {internal: true}, front: {external: true}}
volumes: {data: }
"#);
    let model = &read.model;
    let api = &model.services["api"];
    assert!(api.build.as_ref().unwrap().context.ends_with("api"));
    assert_eq!(api.command, ["sh", "-c", "echo 'a b' && exec api"]);
    assert_eq!(api.environment["B"].as_deref(), Some("x=y"));
    assert_eq!(api.environment["C"], None);
    let ports: Vec<_> = api.ports.iter().map(|port| port.target).collect();
    assert_eq!(ports, [80, 70]);
    assert_eq!(api.expose, ["90", "91"]);
    assert_eq!(api.depends_on["db"].condition, "service_healthy");
    assert_eq!(api.networks["back"].as_ref().unwrap().aliases, ["web"]);
    assert_eq!(api.mem_limit, Some("536870912".into()));
    let db = &model.services["db"];
    let kinds: Vec<_> = db
        .volumes
        .iter()
        .map(|volume| volume.kind.as_str())
        .collect();
    assert_eq!(kinds, ["volume", "bind", "volume", "tmpfs"]);
    assert!(db.volumes[0].read_only);
    assert_eq!(db.environment["EMPTY"].as_deref(), Some(""));
    assert_eq!(db.environment["NONE"], None);
    assert_eq!(db.depends_on["cache"].condition, "service_started");
    assert!(db.networks.is_empty());
    assert!(model.services["cache"].networks.contains_key("default"));
    assert_eq!(model.networks["back"].name.as_deref(), Some("shop_back"));
    assert_eq!(model.networks["front"].name.as_deref(), Some("front"));
    assert_eq!(model.volumes["data"].name.as_deref(), Some("shop_data"));
}

#[test]
fn anchors_merge_keys_and_extensions_are_followed() {
    let read = one(
        "x-all: &all\n  restart: always\n  environment: &env {A: 1}\nservices:\n  \
                    api:\n    <<: *all\n    environment: {<<: *env, B: 2}\n  x-not: {image: x}\n",
    );
    let api = &read.model.services["api"];
    assert_eq!(api.restart.as_deref(), Some("always"));
    assert_eq!(api.environment.len(), 2);
    assert_eq!(read.model.services.len(), 1);
}

#[test]
fn variables_come_from_the_projects_own_file_and_are_empty_without_a_value() {
    let text = "services: {api: {image: 'api:${TAG}', container_name: '${NAME:?say it}', \
                volumes: ['${DIR}/a:/a', './b:/b'], labels: {a: $$x}}}\n";
    let files = [("compose.yml", text), (".env", "TAG=7\n")];
    let (_folder, read) = read(&files, &["compose.yml"]);
    let read = read.unwrap();
    let api = &read.model.services["api"];
    assert_eq!(api.image.as_deref(), Some("api:7"));
    assert_eq!(api.container_name, None);
    assert!(!read.places.mount("api", "/a").unwrap().is_known);
    assert!(read.places.mount("api", "/b").unwrap().is_known);
}

#[test]
fn services_ports_and_mounts_know_where_they_are_written() {
    let read = one(
        "services:\n  api:\n    image: x\n    ports:\n      - 80:80\n    volumes:\n      \
                    - ./a:/a\n",
    );
    let places = &read.places.services["api"];
    assert_eq!(places.name.place.line, 2);
    assert_eq!(places.keys["image"].place.line, 3);
    assert_eq!((places.ports[0].0, places.ports[0].2.place.line), (80, 5));
    assert_eq!(places.mounts[0].at.place.line, 7);
    assert!(places.mounts[0].at.file.ends_with("compose.yml"));
}
