//! Lists the vendors: every folder of `src/vendors` is a module, and its type of the same name is a simulator. So a
//! further vendor is a folder and no line anywhere else.

use std::{env, error::Error, fmt::Write as _, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let vendors = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("src/vendors");
    println!("cargo::rerun-if-changed={}", vendors.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(&vendors)? {
        let entry = entry?;
        if entry.path().join("mod.rs").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort_unstable();
    let mut list = String::new();
    for name in &names {
        let path = vendors.join(name).join("mod.rs");
        writeln!(list, "#[path = {path:?}]\nmod {name};\npub use {name}::{};", type_of(name))?;
    }
    writeln!(list, "/// Every vendor that push-sim plays.\npub fn all() -> Vec<Arc<dyn Simulator>> {{\n    vec![")?;
    for name in &names {
        writeln!(list, "        Arc::new({}::default()),", type_of(name))?;
    }
    writeln!(list, "    ]\n}}")?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("vendors.rs"), list)?;
    Ok(())
}

/// `parcel` has the type `Parcel`.
fn type_of(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
