//! The right class for every message, and only what the app may claim. The app `chat` has every right that a vendor
//! grants, `shop` has none; the simulators know it and tell what they refused or quietly delivered as less.

mod claims;
mod every;
mod explained;
mod wrong;

use std::collections::BTreeMap;

use push_contract::Timestamp;
use push_e2e::{PATIENCE, Stage};
use push_stack::{Vendor, Worker, WorkerSpec, scratch_dir, settings_file, workspace};
use push_testkit::jobs::{JobBuilder, job};
use serde_json::{Value, json};
use toml::Table;

const RIGHTS: &str = include_str!("rights.toml");

/// Platform: vendor and type of token.
const PLATFORMS: [(&str, &str); 9] = [
    ("apns", "alert"),
    ("fcm", "token"),
    ("honor", ""),
    ("huawei", "android"),
    ("huawei", "next"),
    ("meizu", ""),
    ("oppo", ""),
    ("vivo", ""),
    ("xiaomi", ""),
];

/// The apps of all vendors with their rights, at the simulator and in a settings file.
pub(crate) struct House {
    registrations: Vec<Value>,
    settings: Table,
    environment: Vec<(&'static str, &'static str)>,
}

impl House {
    /// What the vendors' stack.toml say, with the rights of `rights.toml` in place of theirs; what lacks one is degraded.
    pub(crate) fn of(stage: &Stage) -> Self {
        let vendors = Vendor::all(&workspace().unwrap()).unwrap();
        let dir = scratch_dir("classes").unwrap();
        let settings =
            settings_file(&vendors, stage.sim.places(), &dir, |app| drop(app.remove("on_missing_right"))).unwrap();
        let settings: Table = toml::from_str(&settings).unwrap();
        let registrations = vendors.iter().flat_map(|vendor| vendor.registrations(stage.sim.url()).unwrap()).collect();
        let mut house = Self { registrations, settings, environment: Vec::new() };
        let rights: BTreeMap<String, BTreeMap<String, BTreeMap<String, Table>>> = toml::from_str(RIGHTS).unwrap();
        for (vendor, apps) in &rights {
            for (app, name) in [("chat", "chat"), ("bare", "shop")] {
                for (part, table) in apps.get(app).into_iter().flatten() {
                    match part.as_str() {
                        "register" => house.register(vendor, name, &serde_json::to_value(table).unwrap()),
                        "settings" => house.set(vendor, name, table.clone()),
                        other => panic!("{vendor}.{app}.{other}"),
                    }
                }
            }
        }
        house
    }

    fn registration(&mut self, vendor: &str, app: &str) -> &mut Value {
        let wanted = |body: &&mut Value| body["vendor"] == vendor && body["app"] == app;
        self.registrations.iter_mut().find(wanted).unwrap()
    }

    /// Tells the simulator something else about an app.
    fn register(&mut self, vendor: &str, app: &str, more: &Value) {
        let body = self.registration(vendor, app);
        more.as_object().unwrap().iter().for_each(|(key, value)| body[key] = value.clone());
    }

    /// Tells the worker something else about an app.
    fn set(&mut self, vendor: &str, app: &str, more: Table) {
        self.settings["apps"][app][vendor].as_table_mut().unwrap().extend(more);
    }

    /// Registers everything, and starts a worker of each vendor.
    pub(crate) async fn open(&self, stage: &Stage, vendors: &[&str]) -> BTreeMap<String, Worker> {
        for body in self.registrations.iter().filter(|body| vendors.iter().any(|vendor| body["vendor"] == **vendor)) {
            stage.sim.register(body).await.unwrap();
        }
        let mut workers = BTreeMap::new();
        for vendor in vendors {
            workers.insert((*vendor).to_owned(), self.worker(stage, vendor).start().unwrap());
        }
        for worker in workers.values() {
            stage.ready(worker).await;
        }
        workers
    }

    /// The settings of one vendor's worker.
    fn file(&self, vendor: &str) -> String {
        // The others' settings are none of its business, and a smaller file is easier to read in a log.
        let apps = ["chat", "shop"].map(|app| {
            let own = Table::from_iter([(vendor.to_owned(), self.settings["apps"][app][vendor].clone())]);
            (app.to_owned(), own.into())
        });
        let file = Table::from_iter([("apps".to_owned(), Table::from_iter(apps).into())]);
        toml::to_string(&file).unwrap()
    }

    fn worker(&self, stage: &Stage, vendor: &str) -> WorkerSpec {
        let worker = stage.worker(vendor, &self.file(vendor));
        self.environment.iter().fold(worker, |worker, (name, value)| worker.env(name, value))
    }
}

/// A job with nothing but data, to one device of a platform; its id says what it is.
fn data_for((vendor, kind_of_token): (&str, &str), app: &str, kind: &str, tag: &str) -> JobBuilder {
    let id = [vendor, kind_of_token, app, kind, tag].join(":");
    // The simulator tells Huawei's two kinds of tokens by their start.
    let token = [if kind_of_token == "next" { "next" } else { "t" }, app, kind, tag].join("-");
    let job = job(kind).id(&id).vendor(vendor).app(app).tokens([token]);
    let job = job.data(&json!({ "job": id }).to_string()).created_at(Timestamp::now());
    if kind_of_token.is_empty() { job } else { job.token_type(kind_of_token) }
}

/// The same with something to show.
fn shown_for(platform: (&str, &str), app: &str, kind: &str, tag: &str) -> JobBuilder {
    data_for(platform, app, kind, tag).title("Li Lei").body("See you at eight")
}

/// The one receipt and the one result of each of these jobs, by id.
async fn receipts(stage: &Stage, jobs: &[JobBuilder]) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for job in jobs {
        let id = job.value()["id"].as_str().unwrap().to_owned();
        stage.receipts.settled(&id, 1, PATIENCE).await.unwrap_or_else(|error| panic!("{id}: {error}"));
        let receipt = stage.receipts.since(0, |all| {
            all.iter().find(|receipt| receipt["id"] == id.as_str() && !receipt["results"].is_null()).cloned()
        });
        found.insert(id, receipt.unwrap());
    }
    found
}

/// What the vendors refused, or delivered as less than it claimed to be.
async fn objections(stage: &Stage) -> Vec<Value> {
    let seen = stage.sim.seen().await.unwrap();
    seen.into_iter().filter(|line| line["accepted"] != true || line["degraded_to"].is_string()).collect()
}
