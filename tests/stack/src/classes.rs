//! `push-stack classes`: the page that shows every vendor's class table, made from what the workers themselves print.

use std::{fmt::Write as _, path::Path, process::Command};

use serde_json::Value;

use crate::{Context, Result, StackError, Vendor, binary, clean_environment};

/// Where the page lies in the repository.
pub const PAGE: &str = "docs/classification.md";

const HEAD: &str = "# Which class a message gets

Written by `make schemas` from what `push-<vendor> --classes` prints; do not edit. The sources are in each worker's
`classes.rs`. An arrow leads to the class that is sent without the right that the first one needs.

";

/// One row of `--classes`.
struct Row {
    kind: String,
    class: String,
    needs: Option<String>,
    without: String,
    caps: String,
}

/// The page, from the workers as they are built.
///
/// # Errors
/// If a worker is not built or prints something else.
pub fn page(workspace: &Path) -> Result<String> {
    let mut tables = Vec::new();
    for vendor in Vendor::all(workspace)? {
        tables.extend(platforms(&vendor.name)?);
    }
    let mut page = HEAD.to_owned();
    overview(&mut page, &tables);
    for (vendor, rows) in &tables {
        let _ = write!(
            page,
            "\n## {vendor}\n\n| kind | class | right it needs | without it | caps |\n|---|---|---|---|---|\n"
        );
        for row in rows {
            let needs = row.needs.as_deref().unwrap_or("-");
            let without = if row.needs.is_some() { row.without.as_str() } else { "-" };
            let _ = writeln!(page, "| `{}` | {} | {needs} | {without} | {} |", row.kind, row.class, row.caps);
        }
    }
    Ok(page)
}

/// Kind by platform.
fn overview(page: &mut String, tables: &[(String, Vec<Row>)]) {
    let names: Vec<&str> = tables.iter().map(|(vendor, _)| vendor.as_str()).collect();
    let _ = writeln!(page, "| kind | {} |\n|---|{}", names.join(" | "), "---|".repeat(names.len()));
    let kinds = tables.first().map(|(_, rows)| rows.iter().map(|row| row.kind.as_str()).collect::<Vec<_>>());
    for kind in kinds.unwrap_or_default() {
        let cells: Vec<String> = tables.iter().map(|(_, rows)| cell(rows, kind)).collect();
        let _ = writeln!(page, "| `{kind}` | {} |", cells.join(" | "));
    }
}

fn cell(rows: &[Row], kind: &str) -> String {
    match rows.iter().find(|row| row.kind == kind) {
        Some(row) if row.needs.is_some() && row.without != row.class => format!("{} → {}", row.class, row.without),
        Some(row) => row.class.clone(),
        None => "?".to_owned(),
    }
}

/// A vendor's platforms with their tables.
fn platforms(vendor: &str) -> Result<Vec<(String, Vec<Row>)>> {
    let doing = || format!("push-{vendor} --classes");
    let mut command = Command::new(binary(&format!("push-{vendor}"))?);
    clean_environment(&mut command);
    let output = command.arg("--classes").output().context(doing())?;
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).context(doing())?;
    let mut platforms: Vec<(String, Vec<Row>)> = Vec::new();
    for row in &rows {
        let name = row["platform"].as_str().map_or_else(|| vendor.to_owned(), |name| format!("{vendor}: {name}"));
        let read = read(row).ok_or_else(|| StackError::new(format!("{}: {row}", doing())))?;
        match platforms.iter_mut().find(|(known, _)| *known == name) {
            Some((_, rows)) => rows.push(read),
            None => platforms.push((name, vec![read])),
        }
    }
    Ok(platforms)
}

fn read(row: &Value) -> Option<Row> {
    // What stands in a cell must not end it.
    let text = |key: &str| row[key].as_str().map(|text| text.replace('|', "\\|"));
    let (kind, class) = (text("kind")?, text("class")?);
    Some(Row { kind, class, needs: text("needs"), without: text("without")?, caps: text("caps")? })
}
