use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;

/// A project's folder and the folder of copies in it.
struct Theirs {
    folder: TempDir,
}

impl Theirs {
    fn new(files: &[(&str, &str)]) -> Self {
        let theirs = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for (file, text) in files {
            theirs.write(file, text);
        }
        theirs
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.root().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn copies(&self) -> PathBuf {
        self.root().join("state/copies")
    }

    fn copy(&self, path: &str) -> PathBuf {
        self.copies().join("project").join(path)
    }

    fn of(&self, path: &str) -> Copy {
        Copy {
            from: CopySource::Path(self.root().join(path)),
            to: self.copy(path),
        }
    }

    fn bring(&self, copies: &[Copy]) -> Result<()> {
        bring_up_to_date(copies, &self.copies(), 1 << 20)
    }

    fn mode(&self, path: &str) -> u32 {
        self.copy(path).metadata().unwrap().permissions().mode() & 0o7777
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn copy_follows_what_is_changed_and_gone_and_keeps_the_rest_untouched() {
    let theirs = Theirs::new(&[("conf/a", "a"), ("conf/b", "b"), ("conf/deep/c", "c")]);
    let copies = [theirs.of("conf")];
    theirs.bring(&copies).unwrap();
    assert_eq!(read(&theirs.copy("conf/deep/c")), "c");
    let before = theirs.copy("conf/a").metadata().unwrap();
    theirs.write("conf/b", "B");
    fs::remove_dir_all(theirs.root().join("conf/deep")).unwrap();
    fs::write(theirs.copy("conf/written-by-a-container"), "x").unwrap();
    theirs.bring(&copies).unwrap();
    let after = theirs.copy("conf/a").metadata().unwrap();
    let changed = |it: &fs::Metadata| (it.ino(), it.ctime(), it.ctime_nsec());
    assert_eq!(changed(&before), changed(&after));
    assert_eq!(read(&theirs.copy("conf/b")), "B");
    assert!(!theirs.copy("conf/deep").exists());
    assert!(!theirs.copy("conf/written-by-a-container").exists());
    assert_eq!(
        theirs.copies().metadata().unwrap().permissions().mode() & 0o777,
        0o700
    );
}

#[test]
fn changed_file_is_written_where_it_is_even_if_it_is_read_only() {
    let theirs = Theirs::new(&[("p.yml", "one"), ("bin/run", "two")]);
    set_mode(&theirs.root().join("p.yml"), 0o444);
    set_mode(&theirs.root().join("bin/run"), 0o755);
    set_mode(&theirs.root().join("bin"), 0o550);
    let copies = [theirs.of("p.yml"), theirs.of("bin")];
    theirs.bring(&copies).unwrap();
    assert_eq!(
        (
            theirs.mode("p.yml"),
            theirs.mode("bin/run"),
            theirs.mode("bin")
        ),
        (0o444, 0o755, 0o550)
    );
    let before = theirs.copy("p.yml").metadata().unwrap().ino();
    set_mode(&theirs.root().join("p.yml"), 0o644);
    theirs.write("p.yml", "another");
    theirs.bring(&copies).unwrap();
    assert_eq!(read(&theirs.copy("p.yml")), "another");
    assert_eq!(theirs.copy("p.yml").metadata().unwrap().ino(), before);
    assert_eq!(theirs.mode("p.yml"), 0o644);
}

#[test]
fn links_are_copied_as_links_and_none_is_followed() {
    let theirs = Theirs::new(&[("site/page", "page"), ("secret", "secret")]);
    symlink("page", theirs.root().join("site/inside")).unwrap();
    symlink(
        theirs.root().join("secret"),
        theirs.root().join("site/outside"),
    )
    .unwrap();
    symlink("nowhere", theirs.root().join("site/broken")).unwrap();
    let _socket = UnixListener::bind(theirs.root().join("site/socket")).unwrap();
    let copies = [theirs.of("site")];
    theirs.bring(&copies).unwrap();
    assert_eq!(
        fs::read_link(theirs.copy("site/inside")).unwrap(),
        Path::new("page")
    );
    assert!(
        fs::read_link(theirs.copy("site/outside"))
            .unwrap()
            .ends_with("secret")
    );
    assert!(!theirs.copy("site/socket").exists());
    // What a container puts in the place of a file or folder does not lead the next copy away.
    fs::remove_file(theirs.copy("site/page")).unwrap();
    symlink(theirs.root().join("secret"), theirs.copy("site/page")).unwrap();
    theirs.bring(&copies).unwrap();
    assert_eq!(read(&theirs.root().join("secret")), "secret");
    assert!(
        theirs
            .copy("site/page")
            .symlink_metadata()
            .unwrap()
            .is_file()
    );
    fs::remove_dir_all(theirs.copy("site")).unwrap();
    symlink(theirs.root(), theirs.copy("site")).unwrap();
    theirs.bring(&copies).unwrap();
    assert_eq!(read(&theirs.root().join("secret")), "secret");
    assert_eq!(read(&theirs.copy("site/page")), "page");
}

#[test]
fn mounted_link_is_what_it_leads_to() {
    let theirs = Theirs::new(&[("v2/page", "two")]);
    symlink("v2", theirs.root().join("current")).unwrap();
    theirs.bring(&[theirs.of("current")]).unwrap();
    assert_eq!(read(&theirs.copy("current/page")), "two");
}

#[test]
fn file_and_folder_may_take_each_others_place() {
    let theirs = Theirs::new(&[("it/a", "a")]);
    let copies = [theirs.of("it")];
    theirs.bring(&copies).unwrap();
    fs::remove_dir_all(theirs.root().join("it")).unwrap();
    theirs.write("it", "file");
    theirs.bring(&copies).unwrap();
    assert_eq!(read(&theirs.copy("it")), "file");
    fs::remove_file(theirs.root().join("it")).unwrap();
    theirs.write("it/a", "a");
    theirs.bring(&copies).unwrap();
    assert_eq!(read(&theirs.copy("it/a")), "a");
}

#[test]
fn folder_that_holds_the_copies_is_copied_without_them_and_other_copies_in_it_stay() {
    let theirs = Theirs::new(&[("code", "code"), ("state/log", "log")]);
    theirs.write("emptied/large", &"x".repeat(3 << 20));
    let emptied = Copy {
        from: CopySource::EmptyFolder,
        to: theirs.copies().join("project/emptied"),
    };
    let all = Copy {
        from: CopySource::Path(theirs.root().to_owned()),
        to: theirs.copies().join("project"),
    };
    let copies = [all, emptied];
    for _ in 0..2 {
        theirs.bring(&copies).unwrap();
        assert_eq!(read(&theirs.copy("state/log")), "log");
        assert!(!theirs.copy("state/copies").exists());
        assert_eq!(fs::read_dir(theirs.copy("emptied")).unwrap().count(), 0);
    }
    let inode = theirs.copy("emptied").metadata().unwrap().ino();
    theirs.bring(&copies).unwrap();
    assert_eq!(theirs.copy("emptied").metadata().unwrap().ino(), inode);
}

#[test]
fn empty_folder_is_emptied_for_every_user_and_a_text_is_written() {
    let theirs = Theirs::new(&[]);
    let copies = [
        Copy {
            from: CopySource::EmptyFolder,
            to: theirs.copies().join("emptied/prometheus/data"),
        },
        Copy {
            from: CopySource::Text("text".to_owned()),
            to: theirs.copies().join("configs/rules"),
        },
    ];
    theirs.bring(&copies).unwrap();
    fs::create_dir(copies[0].to.join("wal")).unwrap();
    fs::write(&copies[1].to, "spoiled").unwrap();
    theirs.bring(&copies).unwrap();
    assert_eq!(fs::read_dir(&copies[0].to).unwrap().count(), 0);
    assert_eq!(
        copies[0].to.metadata().unwrap().permissions().mode() & 0o777,
        0o777
    );
    assert_eq!(read(&copies[1].to), "text");
}

#[test]
fn too_much_is_refused_before_anything_is_copied() {
    let theirs = Theirs::new(&[("small", "x")]);
    theirs.write("data/large", &"x".repeat(3 << 20));
    let copies = [theirs.of("small"), theirs.of("data")];
    let refused = theirs.bring(&copies).unwrap_err().to_string();
    let shown = refused.replace(&theirs.root().display().to_string(), "/shop");
    insta::assert_snapshot!(shown, @"failed to copy what the project mounts of its own folder: 4 MiB would be copied, of which /shop/data hold 3 MiB, and 1 MiB is the most that is; mount a smaller folder, mount it read-only if nothing writes to it, or start the project yourself and attach to it: `attach` in alertdrill.yml");
    assert!(!theirs.copies().exists());
}

#[test]
fn error_names_the_file_and_nothing_is_written_outside_of_the_folder_of_copies() {
    let theirs = Theirs::new(&[("a", "a")]);
    let missing = theirs.bring(&[theirs.of("gone")]).unwrap_err().to_string();
    assert!(missing.contains("gone"), "{missing}");
    let outside = Copy {
        from: CopySource::Path(theirs.root().join("a")),
        to: theirs.root().join("b"),
    };
    let refused = theirs.bring(&[outside]).unwrap_err().to_string();
    assert!(refused.contains("outside of the folder"), "{refused}");
    assert!(!theirs.root().join("b").exists());
}

#[test]
fn copy_that_cannot_be_given_away_is_open_to_whoever_runs_its_container() {
    for (owners, everybodys) in [
        (0o600, 0o666),
        (0o755, 0o777),
        (0o550, 0o555),
        (0o4711, 0o777),
    ] {
        assert_eq!(ownership::for_everybody(owners), everybodys, "{owners:o}");
    }
}
