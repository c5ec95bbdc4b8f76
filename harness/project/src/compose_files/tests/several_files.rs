use super::read;

#[test]
fn later_file_says_more_or_something_else() {
    let base = "services:\n  api:\n    image: api:1\n    command: [a, b]\n    environment: {A: 1}\n    \
                ports: ['80:80']\n    volumes: ['./a:/a', './b:/b']\n";
    let over = "services:\n  api:\n    command: [c]\n    environment: [A=2, B=3]\n    \
                ports: ['81:81']\n    volumes: ['./c:/a']\n  more: {image: m}\n";
    let files = [("compose.yml", base), ("deep/over.yml", over)];
    let (folder, read) = read(&files, &["compose.yml", "deep/over.yml"]);
    let read = read.unwrap();
    let api = &read.model.services["api"];
    assert_eq!(api.image.as_deref(), Some("api:1"));
    assert_eq!(api.command, ["c"]);
    assert_eq!(api.environment["A"].as_deref(), Some("2"));
    assert_eq!(api.ports.len(), 2);
    let sources: Vec<_> = api
        .volumes
        .iter()
        .flat_map(|volume| &volume.source)
        .collect();
    let below = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    assert_eq!(sources, [&below("c"), &below("b")]);
    assert!(read.model.services.contains_key("more"));
    let mount = read.places.mount("api", "/a").unwrap();
    assert!(mount.at.file.ends_with("over.yml"));
}

#[test]
fn tags_that_replace_and_reset_do() {
    let base = "services: {api: {image: a, ports: ['80:80'], environment: {A: 1}}}\n";
    let over = "services:\n  api:\n    ports: !override ['81:81']\n    environment: !reset null\n";
    let files = [("compose.yml", base), ("over.yml", over)];
    let (_folder, read) = read(&files, &["compose.yml", "over.yml"]);
    let api = &read.unwrap().model.services["api"];
    assert_eq!(api.ports[0].target, 81);
    assert_eq!(api.ports.len(), 1);
    assert!(api.environment.is_empty());
}

#[test]
fn included_projects_are_there_with_paths_of_their_own_folder() {
    let files = [
        (
            "compose.yml",
            "include: [sub/compose.yml, {path: [other/a.yml, other/b.yml]}]\n",
        ),
        (
            "sub/compose.yml",
            "services: {db: {image: 'db:${TAG}', volumes: ['./x:/x']}}\n",
        ),
        ("sub/.env", "TAG=5\n"),
        ("other/a.yml", "services: {web: {image: web}}\n"),
        ("other/b.yml", "services: {web: {command: run}}\n"),
    ];
    let (folder, read) = read(&files, &["compose.yml"]);
    let read = read.unwrap();
    let db = &read.model.services["db"];
    assert_eq!(db.image.as_deref(), Some("db:5"));
    let source = folder.path().join("sub/x");
    assert_eq!(db.volumes[0].source.as_deref(), source.to_str());
    assert_eq!(read.model.services["web"].command, ["run"]);
    assert_eq!(read.files.len(), 4);
}

#[test]
fn extended_services_are_there_of_the_same_file_and_of_another() {
    let files = [
        (
            "compose.yml",
            "services:\n  a: {extends: b, command: one}\n  b: {extends: {file: sub/c.yml, \
             service: c}, environment: {B: 2}}\n",
        ),
        (
            "sub/c.yml",
            "services:\n  c: {extends: {service: d}, build: .}\n  d: {environment: {D: 4}, \
             command: four}\n",
        ),
    ];
    let (folder, read) = read(&files, &["compose.yml"]);
    let a = &read.unwrap().model.services["a"];
    assert_eq!(a.command, ["one"]);
    assert_eq!(a.environment.len(), 2);
    let context = &a.build.as_ref().unwrap().context;
    assert_eq!(context, &folder.path().join("sub"));
}
