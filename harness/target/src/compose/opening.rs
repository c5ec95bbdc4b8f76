//! Reads the files of a project, of one kind or the other.

use std::collections::BTreeMap;
use std::path::Path;

use alertdrill_core::{Error, Result};
use alertdrill_project::ComposeModel;

use super::command::Compose;
use super::description;
use super::folders::{state_folder, target_folder};
use super::foreign::{Beside, foreign_project, overlay_file};
use super::project::{Layout, Project, variables};
use super::project_path::{ProjectPath, find_project};
use super::runbooks::runbooks;
use super::stack_number::StackNumber;

impl Project {
    /// Reads `project`: its `alertdrill.yml`, a compose file with a section `x-alertdrill`, or the
    /// folder that holds one of them ([`find_project`]). The folder `programs` holds the programs
    /// that go into images.
    ///
    /// # Errors
    /// [`Error::NoCompose`], or [`Error::BadDescription`] or [`Error::File`] of what is wrong.
    pub async fn open(project: &Path, programs: &Path) -> Result<Self> {
        Self::open_stack(project, programs, StackNumber::FIRST).await
    }

    /// As [`Project::open`], for one of several stacks of the same project.
    ///
    /// # Errors
    /// As [`Project::open`], or [`Error::Refused`] of another stack than the first where the
    /// project was attached to.
    pub async fn open_stack(project: &Path, programs: &Path, number: StackNumber) -> Result<Self> {
        match find_project(project)? {
            ProjectPath::Compose(file) => Self::open_compose_file(&file, programs, number).await,
            ProjectPath::ProjectFile(file) => open_project_file(&file, programs, number).await,
        }
    }

    async fn open_compose_file(file: &Path, programs: &Path, number: StackNumber) -> Result<Self> {
        let file = file
            .canonicalize()
            .map_err(Error::file("open the compose file", file))?;
        let root = file.parent().map(Path::to_owned).unwrap_or_default();
        let kept_in = target_folder(&root).join("compose");
        let mut compose = Compose {
            files: vec![file.clone()],
            ..Compose::default()
        };
        let config = description::read(&compose, &kept_in).await?;
        let settings = config.settings.ok_or_else(|| no_settings(&file))?;
        let own_name = number.name_of(&config.model.name);
        let state = state_folder(&root, &own_name);
        std::fs::create_dir_all(&state).map_err(Error::file("make the folder", &state))?;
        compose.variables = variables(&own_name, &settings, &state)?;
        // Read again with the variables, which decide paths and addresses.
        let config = description::read(&compose, &kept_in).await?;
        let mut settings = config.settings.unwrap_or(settings);
        let ComposeModel { name, services, .. } = config.model;
        settings.services = services.keys().cloned().collect();
        settings.runbooks = runbooks(&root, &settings)?;
        Ok(Self {
            root,
            file,
            number,
            name,
            settings,
            services,
            networks: BTreeMap::new(),
            compose,
            programs: programs.to_owned(),
            layout: Layout::Folders,
            may_break: None,
        })
    }

    /// Takes over the ports of a stack that another process has started after this project was
    /// opened.
    pub(super) async fn adopt_free_ports(&mut self) -> Result<()> {
        if self.settings.free_ports.is_empty() {
            return Ok(());
        }
        let variables = variables(&self.name, &self.settings, &self.state_folder())?;
        if variables != self.compose.variables {
            *self = Self::open_stack(&self.file, &self.programs, self.number).await?;
        }
        Ok(())
    }
}

/// Opens the project that the `alertdrill.yml` at `file` describes.
///
/// # Errors
/// As [`foreign_project`], or what keeps a project from being run beside itself.
async fn open_project_file(file: &Path, programs: &Path, number: StackNumber) -> Result<Project> {
    let mut foreign = foreign_project(file).await?;
    if let Some(name) = &foreign.attached_to
        && number != StackNumber::FIRST
    {
        return Err(Error::Refused {
            attempted: format!("run drills on several stacks of {name}"),
            reason: "alertdrill is attached to a project that runs, and there is one of it"
                .to_owned(),
        });
    }
    foreign.number = number;
    foreign.require_that_routes_can_be_rewritten()?;
    let name = foreign.own_name();
    let state = foreign.state_folder();
    std::fs::create_dir_all(&state).map_err(Error::file("make the folder", &state))?;
    let layout = if foreign.attached_to.is_some() {
        Layout::Attached
    } else {
        // Which image the sink has is known when it is made; where the copies lie does not hang on
        // that.
        Layout::Copies(Box::new(Beside {
            overlay: foreign.overlay("")?,
            foreign: foreign.clone(),
        }))
    };
    let mut compose = foreign.compose.clone();
    compose.project = Some(name.clone());
    let overlay = overlay_file(&state);
    if foreign.attached_to.is_none() && overlay.exists() {
        compose.files.push(overlay);
    }
    let networks = foreign.model.networks.iter().filter_map(|(key, network)| {
        let real = network
            .name
            .clone()
            .filter(|_| foreign.attached_to.is_some())?;
        Some((key.clone(), real))
    });
    Ok(Project {
        networks: networks.collect(),
        number,
        file: foreign.file,
        name,
        settings: foreign.settings,
        services: foreign.model.services,
        compose,
        programs: programs.to_owned(),
        layout,
        may_break: foreign.may_break,
        root: foreign.root,
    })
}

fn no_settings(file: &Path) -> Error {
    let reason = "it has no section `x-alertdrill`, which says how the project is drilled";
    Error::BadDescription {
        what: file.display().to_string(),
        reason: reason.to_owned(),
    }
}
