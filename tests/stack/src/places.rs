//! Where things are: binaries, scratch folders, free ports, the repository.

use std::{
    collections::HashSet,
    env, fs,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use crate::{Context, Result, StackError};

/// How old what a killed process left behind must be before it is removed.
const STALE: Duration = Duration::from_secs(3600);
/// Below the range that the kernel takes source ports from: a stopped server's port is still free when it restarts.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// The folder of the profile that this executable was built in: `target/debug` or `target/release`.
///
/// # Errors
/// If the system does not say where this executable is.
pub fn profile_dir() -> Result<PathBuf> {
    let exe = env::current_exe().context("finding this executable")?;
    let dir = exe.parent().ok_or_else(|| StackError::new("this executable has no folder"))?;
    // Test executables lie one deeper, in deps/.
    Ok(if dir.ends_with("deps") { dir.parent().unwrap_or(dir) } else { dir }.to_owned())
}

/// A binary of this workspace, as built with the same profile.
///
/// # Errors
/// If it is not there; the message says how to build it.
pub fn binary(name: &str) -> Result<PathBuf> {
    let path = profile_dir()?.join(name);
    if path.is_file() {
        return Ok(path);
    }
    Err(StackError::new(format!("{} is not there; build it first: cargo build --workspace --bins", path.display())))
}

/// The folder of the workspace, looked for upwards from where the command was called.
///
/// # Errors
/// If the command was called from outside.
pub fn workspace() -> Result<PathBuf> {
    let here = env::current_dir().context("finding the current folder")?;
    here.ancestors()
        .find(|dir| dir.join("Cargo.toml").is_file() && dir.join("workers").is_dir())
        .map(Path::to_owned)
        .ok_or_else(|| StackError::new("call this from inside the repository: there is no workers/ above here"))
}

/// A new folder for one process's files, below the profile's folder. The caller removes it.
///
/// # Errors
/// If it cannot be made.
pub fn scratch_dir(what: &str) -> Result<PathBuf> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let dir = profile_dir()?.join("stack").join(format!("{}-{number}-{what}", process::id()));
    // Left over from a process that was killed and had the same id.
    if dir.exists() {
        fs::remove_dir_all(&dir).context(format!("removing the old {}", dir.display()))?;
    }
    fs::create_dir_all(&dir).context(format!("making {}", dir.display()))?;
    Ok(dir)
}

/// Removes folders of processes that were killed an hour ago or more, before they could remove them. Fresher ones may
/// hold the log that somebody is about to read.
///
/// # Errors
/// If the folder of scratch folders cannot be listed.
pub(crate) fn sweep_scratch() -> Result<()> {
    let root = profile_dir()?.join("stack");
    for entry in fs::read_dir(&root).context(format!("listing {}", root.display()))?.filter_map(|entry| entry.ok()) {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(pid) = name.split_once('-').and_then(|(pid, _)| pid.parse::<u32>().ok()) else { continue };
        let dead = !Path::new(&format!("/proc/{pid}")).exists();
        let age = entry.metadata().and_then(|data| data.modified()).ok().and_then(|at| at.elapsed().ok());
        if dead && age.is_some_and(|age| age > STALE) {
            // Another process may be sweeping too.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}

/// A TCP port of the loopback address that nobody listens on, handed out once by this process.
///
/// # Errors
/// If none is found.
pub fn free_port() -> Result<u16> {
    static TAKEN: Mutex<Option<HashSet<u16>>> = Mutex::new(None);
    let mut guard = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    let taken = guard.get_or_insert_default();
    for _ in 0..2000 {
        let port = fastrand::u16(PORTS);
        if !taken.contains(&port) && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            taken.insert(port);
            return Ok(port);
        }
    }
    Err(StackError::new(format!("no free TCP port between {} and {}", PORTS.start, PORTS.end)))
}

/// A prefix for names in servers that others use too: no two calls give the same.
#[must_use]
pub fn fresh_prefix() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("t{}-{}-{:04x}-", process::id(), NEXT.fetch_add(1, Ordering::Relaxed), fastrand::u16(..))
}

#[cfg(test)]
mod tests {
    use super::{free_port, fresh_prefix, profile_dir};

    #[test]
    fn ports_and_prefixes_are_handed_out_once() {
        let ports: std::collections::HashSet<_> = (0..50).map(|_| free_port().unwrap()).collect();
        assert_eq!(ports.len(), 50);
        assert_ne!(fresh_prefix(), fresh_prefix());
    }

    #[test]
    fn the_profile_is_above_deps() {
        assert!(!profile_dir().unwrap().ends_with("deps"));
    }
}
