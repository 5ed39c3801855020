//! `push-stack up` and `down`: the stack in the background.

mod background;
mod hold;

pub use background::{down, up};
pub use hold::hold;

use std::path::{Path, PathBuf};

/// Where the background stack keeps its files.
fn dir(workspace: &Path) -> PathBuf {
    workspace.join("target/dev")
}

/// What a shell sources: written last, when everything is ready.
fn env_path(workspace: &Path) -> PathBuf {
    dir(workspace).join("env")
}
