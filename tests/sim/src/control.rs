//! The control plane: apps, faults, counts (documented with examples in `tests/README.md`).

use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tokio::time::{Instant, timeout_at};

use crate::faults::{Fault, Order};
use crate::form;
use crate::h2_front::Streams;
use crate::hub::Hub;
use crate::record::Counts;
use crate::simulator::{Answer, Ask};

/// The longest that a single wait may last.
const WAIT_MAX_MS: u64 = 600_000;

/// Answers one control request. `query` is the raw text after `?`.
pub(crate) async fn serve(hub: &Hub, ask: &Ask, query: &str) -> Answer {
    match route(hub, ask, query).await {
        Ok(answer) => answer,
        Err((status, error)) => Answer::json(status.as_u16(), &json!({"error": error})),
    }
}

type Outcome<T> = Result<T, (StatusCode, String)>;

async fn route(hub: &Hub, ask: &Ask, query: &str) -> Outcome<Answer> {
    let parts: Vec<&str> = ask.path.trim_matches('/').split('/').collect();
    match (&ask.method, parts.as_slice()) {
        (&Method::POST, ["apps"]) => apps(hub, read(&ask.body)?),
        (&Method::POST, ["expire"]) => expire(hub, &read(&ask.body)?),
        (&Method::POST, ["suspend"]) => suspend(hub, &read(&ask.body)?),
        (&Method::POST, ["rate"]) => rate(hub, &read(&ask.body)?),
        (&Method::POST, ["faults"]) => add_fault(hub, read(&ask.body)?),
        (&Method::GET, ["faults"]) => Ok(Answer::json(200, &json!(hub.faults.list()))),
        (&Method::DELETE, ["faults"]) => Ok(Answer::json(200, &json!({"cleared": hub.faults.clear(None)}))),
        (&Method::DELETE, ["faults", id]) => {
            let id = id.parse().map_err(|_| bad("the fault's id must be a number"))?;
            Ok(Answer::json(200, &json!({"cleared": hub.faults.clear(Some(id))})))
        }
        (&Method::POST, ["release"]) => {
            let Release { id } = if ask.body.is_empty() { Release { id: None } } else { read(&ask.body)? };
            let released = hub.holds.release(id);
            hub.record.changed.notify_waiters();
            Ok(Answer::json(200, &json!({"released": released})))
        }
        (&Method::GET, ["seen"]) => seen(hub, &Query::read(query, &["from"])?).await,
        (&Method::GET, ["counts"]) => {
            let query = Query::read(query, &["vendor", "app"])?;
            hub.record.flush().await;
            Ok(Answer::json(200, &json!(hub.counts(query.get("vendor"), query.get("app")))))
        }
        (&Method::GET, ["wait"]) => wait(hub, query).await,
        (&Method::GET, ["authority"]) => {
            let answer = Answer { body: Bytes::from(hub.authority_pem.clone()), ..Answer::empty(200) };
            Ok(answer.with("content-type", "application/x-pem-file"))
        }
        (&Method::POST, ["http2"]) => {
            let streams: Streams = read(&ask.body)?;
            if streams.first == 0 || streams.streams < streams.first {
                return Err(bad("http2: first must be at least 1, streams at least as many"));
            }
            hub.set_streams(streams);
            done()
        }
        (&Method::POST, ["reset"]) => {
            hub.reset();
            done()
        }
        _ => Err((StatusCode::NOT_FOUND, format!("no such control: {} /control/{}", ask.method, parts.join("/")))),
    }
}

fn bad(error: impl Into<String>) -> (StatusCode, String) {
    (StatusCode::BAD_REQUEST, error.into())
}

fn done() -> Outcome<Answer> {
    Ok(Answer::json(200, &json!({})))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Outcome<T> {
    crate::strict::read(body).map_err(bad)
}

fn apps(hub: &Hub, mut registration: Map<String, Value>) -> Outcome<Answer> {
    let mut text = |field: &str| match registration.remove(field) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        _ => Err(bad(format!("{field}: a text is needed"))),
    };
    let (vendor, app) = (text("vendor")?, text("app")?);
    vendor_of(hub, &vendor)?.register(&app, Value::Object(registration)).map_err(bad)?;
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    vendor: String,
    app: String,
}

fn expire(hub: &Hub, named: &Named) -> Outcome<Answer> {
    known(hub, &named.vendor, &named.app)?.desk().expire(&named.app);
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Suspend {
    vendor: String,
    app: String,
    on: bool,
}

fn suspend(hub: &Hub, order: &Suspend) -> Outcome<Answer> {
    known(hub, &order.vendor, &order.app)?.desk().suspend(&order.app, order.on);
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rate {
    vendor: String,
    app: String,
    per_second: Option<u32>,
}

fn rate(hub: &Hub, order: &Rate) -> Outcome<Answer> {
    known(hub, &order.vendor, &order.app)?.desk().set_rate(&order.app, order.per_second);
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Release {
    #[serde(default)]
    id: Option<u64>,
}

fn add_fault(hub: &Hub, order: Order) -> Outcome<Answer> {
    let vendor = vendor_of(hub, &order.vendor)?;
    if let Some(api) = order.api.as_deref().filter(|api| !vendor.apis().contains(api)) {
        return Err(bad(format!("api: {} has no {api}; it has {}", vendor.name(), vendor.apis().join(", "))));
    }
    let (status, headers) = match &order.fault {
        Fault::Status { status, headers, .. } => (Some(*status), Some(headers)),
        Fault::Code { status, headers, .. } => (*status, Some(headers)),
        Fault::Redirect { status, .. } => (Some(*status), None),
        _ => (None, None),
    };
    if status.is_some_and(|status| !(200..600).contains(&status)) {
        return Err(bad("fault: status must be 200 to 599"));
    }
    for (name, value) in headers.into_iter().flatten() {
        let fine = http::HeaderName::try_from(name).is_ok() && http::HeaderValue::try_from(value).is_ok();
        fine.then_some(()).ok_or_else(|| bad(format!("fault: {name} is no header")))?;
    }
    if let Fault::Code { code, .. } = &order.fault {
        let code = code.as_str().map_or_else(|| code.to_string(), str::to_owned);
        let apis = order.api.as_deref().map_or_else(|| vendor.apis().to_vec(), |api| vec![api]);
        let fits = apis.iter().map(|api| vendor.refuse(api, &code)).find(Result::is_ok);
        if fits.is_none() {
            let why = vendor.refuse(order.api.as_deref().unwrap_or_default(), &code).err();
            return Err(bad(format!("fault: {}", why.unwrap_or_default())));
        }
    }
    Ok(Answer::json(200, &json!({"id": hub.faults.add(order)})))
}

async fn seen(hub: &Hub, query: &Query) -> Outcome<Answer> {
    let from = query.number("from")?.unwrap_or(0);
    let unreadable = |error| (StatusCode::INTERNAL_SERVER_ERROR, format!("the seen log cannot be read back: {error}"));
    let (text, next) = hub.record.seen(from).await.map_err(unreadable)?;
    let answer = Answer { body: Bytes::from(text), ..Answer::empty(200) };
    Ok(answer.with("content-type", "application/x-ndjson").with("x-next-line", &next.to_string()))
}

async fn wait(hub: &Hub, query: &str) -> Outcome<Answer> {
    let query = Query::read(query, &["vendor", "app", "what", "at_least", "at_most", "timeout_ms"])?;
    let what: fn(&Counts) -> u64 = match query.get("what").unwrap_or("accepted") {
        "accepted" => |counts| counts.accepted,
        "refused" => |counts| counts.refused,
        "calls" => |counts| counts.calls,
        "targets" => |counts| counts.targets,
        "held" => |counts| counts.held,
        "auth_calls" => |counts| counts.auth_calls,
        "open_connections" => |counts| counts.open_connections,
        other => return Err(bad(format!("what: {other} is not counted"))),
    };
    let at_most = query.number("at_most")?;
    let at_least = query.number("at_least")?.unwrap_or(u64::from(at_most.is_none()));
    let wanted = at_least..=at_most.unwrap_or(u64::MAX);
    let within = Duration::from_millis(query.number("timeout_ms")?.unwrap_or(10_000).min(WAIT_MAX_MS));
    let deadline = Instant::now() + within;
    loop {
        // Interest first, then a look: a change in between is not missed.
        let mut changed = std::pin::pin!(hub.record.changed.notified());
        changed.as_mut().enable();
        let counts = hub.counts(query.get("vendor"), query.get("app"));
        if wanted.contains(&what(&counts)) {
            return Ok(Answer::json(200, &json!(counts)));
        }
        if timeout_at(deadline, changed).await.is_err() {
            return Ok(Answer::json(408, &json!(counts)));
        }
    }
}

fn vendor_of<'a>(hub: &'a Hub, name: &str) -> Outcome<&'a dyn crate::simulator::Simulator> {
    let names = || hub.vendors.iter().map(|vendor| vendor.name()).collect::<Vec<_>>().join(", ");
    hub.vendor(name)
        .map(|vendor| &**vendor)
        .ok_or_else(|| bad(format!("vendor: {name} is not played; {} are", names())))
}

fn known<'a>(hub: &'a Hub, vendor: &str, app: &str) -> Outcome<&'a dyn crate::simulator::Simulator> {
    let vendor = vendor_of(hub, vendor)?;
    if !vendor.desk().knows(app) {
        return Err((StatusCode::NOT_FOUND, format!("app: {app} is not registered; POST /control/apps first")));
    }
    Ok(vendor)
}

/// The parameters after `?`.
struct Query(Vec<(String, String)>);

impl Query {
    fn read(query: &str, known: &[&str]) -> Outcome<Self> {
        let fields = form::fields(query.as_bytes()).ok_or_else(|| bad("the query is not URL-encoded"))?;
        if let Some((name, _)) = fields.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            return Err(bad(format!("query: unknown parameter {name}; known are {}", known.join(", "))));
        }
        Ok(Self(fields))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    fn number(&self, name: &str) -> Outcome<Option<u64>> {
        self.get(name)
            .map(|value| value.parse().map_err(|_| bad(format!("query: {name} must be a number"))))
            .transpose()
    }
}
