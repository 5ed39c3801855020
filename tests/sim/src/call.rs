//! One call to a vendor, with the fault that strikes it.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use crate::faults::{Accept, Fault, Strike};
use crate::gzip;
use crate::hub::{Hub, now_ms};
use crate::line::Line;
use crate::link::{Cut, Link};
use crate::record::{Aimed, Seen};
use crate::simulator::{Answer, Ask, Judge, Ruling, Simulator};

/// An answer and how it goes out.
pub(crate) struct Reply {
    pub(crate) answer: Answer,
    /// So many bytes at a time, so far apart.
    pub(crate) pace: Option<(usize, Duration)>,
    /// The connection takes no calls after it.
    pub(crate) farewell: bool,
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self { answer, pace: None, farewell: false }
    }
}

/// Reads, judges and records a call.
pub(crate) async fn serve(
    hub: Arc<Hub>,
    link: Arc<Link>,
    line: &Arc<Line>,
    vendor: Arc<dyn Simulator>,
    ask: Ask,
) -> Reply {
    let (aimed, judge) = Aimed::split(Arc::clone(&vendor).open_on(ask, line));
    let strike = hub.faults.pick(vendor.name(), &aimed);
    let number = hub.next_call();
    let call = Call { hub, link, vendor, aimed, number };
    match strike {
        None => call.take(judge, true).into(),
        Some(strike) => call.strike(strike, judge).await,
    }
}

struct Call {
    hub: Arc<Hub>,
    link: Arc<Link>,
    vendor: Arc<dyn Simulator>,
    aimed: Aimed,
    number: u64,
}

impl Call {
    /// The vendor judges the call, and what it says is recorded before a byte goes out.
    fn take(&self, judge: Judge, delivered: bool) -> Answer {
        let now = now_ms();
        let ruling = judge(now);
        self.note(now, &ruling, delivered);
        ruling.answer
    }

    /// The call is never judged: the fault stands before the vendor.
    fn turn_away(&self, answer: Answer, code: String, delivered: bool) -> Answer {
        let ruling = Ruling::refused(answer, code, "a fault, not the vendor");
        self.note(now_ms(), &ruling, delivered);
        ruling.answer
    }

    fn note(&self, at: u64, ruling: &Ruling, delivered: bool) {
        let app = self.aimed.app.as_deref();
        let vendor = self.vendor.name();
        self.hub.record.note(&Seen { at, vendor, app, call: self.number, opened: &self.aimed, ruling, delivered });
    }

    async fn strike(self, strike: Strike, judge: Judge) -> Reply {
        match strike.fault {
            Fault::Delay { ms } => {
                let wait = tokio::time::sleep(Duration::from_millis(ms));
                self.take_after(wait, judge).await.into()
            }
            Fault::Hold { accept } => self.hold(strike.id, accept, judge).await,
            Fault::Status { status, body, headers } => {
                let answer = with_headers(Answer { body: Bytes::from(body), ..Answer::empty(status) }, headers);
                self.turn_away(answer, format!("http-{status}"), true).into()
            }
            Fault::Code { code, status, headers, fields } => {
                let code = code.as_str().map_or_else(|| code.to_string(), str::to_owned);
                // The code was checked when the fault was ordered.
                let mut answer = self.vendor.refuse(self.aimed.api, &code).unwrap_or_else(|_| Answer::empty(500));
                answer.status = status.unwrap_or(answer.status);
                if let (false, Ok(Value::Object(mut body))) = (fields.is_empty(), serde_json::from_slice(&answer.body))
                {
                    body.extend(fields);
                    answer.body = Bytes::from(Value::Object(body).to_string());
                }
                self.turn_away(with_headers(answer, headers), code, true).into()
            }
            Fault::ResetBefore { h2 } => {
                self.turn_away(Answer::empty(500), "reset".to_owned(), false);
                self.link.cut(cut(h2)).await
            }
            Fault::ResetAfter { h2 } => {
                self.take(judge, false);
                self.link.cut(cut(h2)).await
            }
            Fault::Goaway {} => Reply { farewell: true, ..self.take(judge, true).into() },
            Fault::Hang {} => {
                self.take(judge, false);
                pending().await
            }
            Fault::HangBefore {} => {
                self.turn_away(Answer::empty(500), "hang".to_owned(), false);
                pending().await
            }
            Fault::SlowBytes { ms, bytes } => {
                // Who can say whether the caller will have the patience?
                let answer = self.take(judge, false);
                Reply { pace: Some((bytes.max(1), Duration::from_millis(ms))), ..answer.into() }
            }
            Fault::Huge { bytes } => {
                let mut answer = self.take(judge, false);
                let start = br#"{"code":0,"padding":""#;
                let mut body = Vec::with_capacity(bytes);
                body.extend_from_slice(start);
                body.resize(bytes.max(start.len() + 2) - 2, b'x');
                body.extend_from_slice(br#""}"#);
                answer.body = Bytes::from(body);
                answer.into()
            }
            Fault::Body { text, accepted } => {
                if accepted {
                    self.take(judge, false);
                } else {
                    self.turn_away(Answer::empty(200), "body".to_owned(), false);
                }
                Answer { body: Bytes::from(text), ..Answer::empty(200) }.with("content-type", "application/json").into()
            }
            Fault::Gzip { garbage } => {
                let mut answer = self.take(judge, false);
                if !garbage {
                    answer.body = Bytes::from(gzip::store(&answer.body));
                }
                answer.with("content-encoding", "gzip").into()
            }
            Fault::Redirect { to, status } => {
                let answer = Answer::empty(status).with("location", &to);
                self.turn_away(answer, format!("http-{status}"), true).into()
            }
        }
    }

    async fn hold(self, fault: u64, accept: Accept, judge: Judge) -> Reply {
        match accept {
            Accept::After => {
                let answer = self.take(judge, false);
                let released = self.hub.holds.hold(fault);
                self.hub.record.changed.notify_waiters();
                // An error means that the simulator is stopping.
                let _ = released.await;
                answer.into()
            }
            Accept::Before => {
                let released = self.hub.holds.hold(fault);
                self.hub.record.changed.notify_waiters();
                self.take_after(released, judge).await.into()
            }
        }
    }

    /// Takes the call once `wait` is over, whether or not the caller still waits: it has sent everything.
    async fn take_after<W>(self, wait: W, judge: Judge) -> Answer
    where
        W: Future + Send + 'static,
        W::Output: Send,
    {
        let task = tokio::spawn(async move {
            wait.await;
            let delivered = self.link.is_open();
            self.take(judge, delivered)
        });
        match task.await {
            Ok(answer) => answer,
            // The judgement panicked, and the panic was printed: the caller sees a broken vendor.
            Err(_) => Answer::empty(500),
        }
    }
}

/// Over HTTP/2 a reset ends the stream with that code; without one it ends the connection.
fn cut(h2: Option<u32>) -> Cut {
    h2.map_or(Cut::Connection, Cut::Stream)
}

fn with_headers(answer: Answer, headers: BTreeMap<String, String>) -> Answer {
    headers.into_iter().fold(answer, |answer, (name, value)| answer.with(&name, &value))
}
