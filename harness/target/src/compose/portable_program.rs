//! A program of this machine, with the files that it needs to run where nothing else is.
//!
//! A program that is linked statically needs none. Another one needs its loader, whose path it
//! holds, and the libraries that the loader finds. Which ones these are is asked of the loader
//! itself, as `ldd` does: it alone knows its cache, its usual folders and those that the program
//! names. It maps the program and doesn't run it. `/proc/self/maps` would tell it only of the
//! program that runs, and no more once cargo has put a newer one into its place.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use alertdrill_core::{Error, Result};
use object::read::elf::{FileHeader, ProgramHeader as _};
use object::{Endianness, FileKind, elf};

/// What a program says of itself.
#[derive(Debug, PartialEq, Eq)]
struct Header {
    architecture: Option<&'static str>,
    loader: Option<PathBuf>,
}

/// A program and what it needs.
#[derive(Debug)]
pub(super) struct PortableProgram {
    pub(super) content: Vec<u8>,
    /// As Docker calls it (`docker version --format '{{.Server.Arch}}'`).
    pub(super) architecture: &'static str,
    /// The loader and the libraries, each at the path where it is looked for.
    pub(super) needs: BTreeSet<PathBuf>,
}

impl PortableProgram {
    /// Reads `program` and finds what it needs.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be read, [`Error::NotPortable`] if it is no program for Linux,
    /// or a library is missing.
    pub(super) fn of(program: &Path) -> Result<Self> {
        let content = std::fs::read(program).map_err(Error::file("read", program))?;
        let refused = |reason: String| Error::NotPortable {
            program: program.to_owned(),
            reason,
        };
        let header = header_of(&content)
            .map_err(|error| refused(format!("it is no program for Linux: {error}")))?;
        let architecture = header
            .architecture
            .ok_or_else(|| refused("it is of an architecture that is not known".to_owned()))?;
        let needs = match header.loader {
            Some(loader) => loaded_by(&loader, program).map_err(refused)?,
            None => BTreeSet::new(),
        };
        Ok(Self {
            content,
            architecture,
            needs,
        })
    }
}

fn header_of(program: &[u8]) -> object::Result<Header> {
    match FileKind::parse(program)? {
        FileKind::Elf32 => elf_header_of::<elf::FileHeader32<Endianness>>(program),
        _ => elf_header_of::<elf::FileHeader64<Endianness>>(program),
    }
}

fn elf_header_of<H: FileHeader<Endian = Endianness>>(program: &[u8]) -> object::Result<Header> {
    let header = H::parse(program)?;
    let endian = header.endian()?;
    let architecture = match header.e_machine(endian) {
        elf::EM_X86_64 => Some("amd64"),
        elf::EM_AARCH64 => Some("arm64"),
        elf::EM_ARM => Some("arm"),
        elf::EM_RISCV => Some("riscv64"),
        elf::EM_PPC64 => Some("ppc64le"),
        elf::EM_S390 => Some("s390x"),
        _ => None,
    };
    let mut loader = None;
    for segment in header.program_headers(endian, program)? {
        if let Some(path) = segment.interpreter(endian, program)? {
            loader = Some(PathBuf::from(OsStr::from_bytes(path)));
        }
    }
    Ok(Header {
        architecture,
        loader,
    })
}

/// `loader` and the libraries that it finds for `program`; else why there are none.
fn loaded_by(loader: &Path, program: &Path) -> Result<BTreeSet<PathBuf>, String> {
    let loader_failed = |reason: &str| {
        let loader = loader.display();
        format!("its loader {loader} does not list its libraries: {reason}")
    };
    let output = Command::new(loader)
        .arg("--list")
        .arg(program)
        .output()
        .map_err(|error| loader_failed(&error.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(loader_failed(said.trim()));
    }
    let mut files = listed(&String::from_utf8_lossy(&output.stdout))?;
    files.insert(loader.to_owned());
    Ok(files)
}

/// The files of a loader's list, whose lines are `NAME => PATH (ADDRESS)`, or `PATH (ADDRESS)` of
/// the loader itself, or `NAME (ADDRESS)` of what the kernel brings along.
fn listed(list: &str) -> Result<BTreeSet<PathBuf>, String> {
    let mut files = BTreeSet::new();
    for line in list.lines() {
        let line = line.trim();
        let found = line.split_once(" => ").map_or(line, |(_, found)| found);
        let path = found.rsplit_once(" (").map_or(found, |(path, _)| path);
        if path.starts_with('/') {
            files.insert(PathBuf::from(path));
        } else if line.contains("=>") {
            return Err(format!("a library of it is missing: {line}"));
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths<const N: usize>(paths: [&str; N]) -> BTreeSet<PathBuf> {
        paths.map(PathBuf::from).into()
    }

    #[test]
    fn libraries_and_loader_are_those_of_the_loaders_list() {
        let of_glibc = "\tlinux-vdso.so.1 (0x00007f61de8b2000)\n\
            \tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f61dcb20000)\n\
            \tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f61dc93e000)\n\
            \t/lib64/ld-linux-x86-64.so.2 (0x00007f61de8b4000)\n";
        assert_eq!(
            listed(of_glibc),
            Ok(paths([
                "/lib/x86_64-linux-gnu/libm.so.6",
                "/lib/x86_64-linux-gnu/libc.so.6",
                "/lib64/ld-linux-x86-64.so.2",
            ]))
        );
        let of_musl = "\t/lib/ld-musl-x86_64.so.1 (0x7f5e1c4d4000)\n\
            \tlibgcc_s.so.1 => /usr/lib/libgcc_s.so.1 (0x7f5e1bd39000)\n\
            \tlibc.musl-x86_64.so.1 => /lib/ld-musl-x86_64.so.1 (0x7f5e1c4d4000)\n";
        let expected = paths(["/lib/ld-musl-x86_64.so.1", "/usr/lib/libgcc_s.so.1"]);
        assert_eq!(listed(of_musl), Ok(expected));
    }

    #[test]
    fn library_that_the_loader_does_not_find_is_named() {
        let why = listed("\tlibodd.so.3 => not found\n").unwrap_err();
        assert_eq!(why, "a library of it is missing: libodd.so.3 => not found");
    }

    #[test]
    fn file_that_is_no_program_for_linux_is_refused() {
        let script = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(script.path(), "#!/bin/sh\necho a script of some length\n").unwrap();
        let error = PortableProgram::of(script.path()).unwrap_err();
        let said = error.explained();
        assert!(said.contains("it is no program for Linux"), "{said}");
        assert!(said.contains("ALERTDRILL_IMAGE=NAME"), "{said}");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn libraries_of_a_program_of_this_machine_are_there() {
        let program = PortableProgram::of(&std::env::current_exe().unwrap()).unwrap();
        assert!(program.needs.iter().all(|file| file.exists()));
        let name = |file: &PathBuf| file.display().to_string();
        let names: Vec<_> = program.needs.iter().map(name).collect();
        if cfg!(target_env = "gnu") {
            assert!(names.join(" ").contains("libc.so.6"), "{names:?}");
        }
    }
}
