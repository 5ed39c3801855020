//! Ids, collapse ids, moments and addresses (sections 1, 3.3, 4.1 and 5).

use std::collections::BTreeSet;

use push_contract::{Action, Outcome, Reason};
use push_testkit::jobs::JobBuilder;
use serde_json::json;

use crate::support::{app, call, call_to, chat, header, job, later};

#[test]
fn an_id_is_a_uuid_of_job_and_position() {
    let app = app(&json!({}));
    let many = chat().tokens((0..3).map(|n| format!("{n:064x}"))).build();
    let mut ids = BTreeSet::new();
    for n in 0..3 {
        let id = |seconds| header(&call_to(app.as_ref(), &many, n, later(seconds)).unwrap(), "apns-id").unwrap();
        assert_eq!(id(0), id(60), "the same for every attempt");
        let parts: Vec<usize> = id(0).split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert!(id(0)[14..].starts_with('8') && "89ab".contains(&id(0)[19..20]), "version 8 of RFC 9562: {}", id(0));
        ids.insert(id(0));
    }
    ids.insert(header(&call(app.as_ref(), &chat().id("job-2")), "apns-id").unwrap());
    assert_eq!(ids.len(), 4);
    let call = call(app.as_ref(), &chat());
    assert_eq!(header(&call, "apns-id").as_deref(), Some("501d2e74-a871-8bef-9345-db34ed3681f9"));
}

#[test]
fn a_later_push_replaces_by_tag_or_collapse_key_and_a_repeat_replaces_itself() {
    let app = app(&json!({}));
    let of = |job: &JobBuilder| header(&call(app.as_ref(), job), "apns-collapse-id");
    assert_eq!(of(&chat()), header(&call(app.as_ref(), &chat()), "apns-id"), "shown twice is shown once");
    assert_eq!(of(&chat().collapse("conv-1", None)).as_deref(), Some("conv-1"));
    assert_eq!(of(&chat().collapse("conv-1", None).notify("tag", "t-1")).as_deref(), Some("t-1"));
    let call_of = |kind: &str| of(&job(kind).title("t").body("b").notify("tag", kind));
    assert_eq!((call_of("call.invite"), call_of("call.cancel")), (Some("call-1".into()), Some("call-1".into())));
    assert_eq!(call_of("call.missed").as_deref(), Some("call-1"), "it takes the invitation's place");
    assert_eq!(of(&job("chat.direct").data("{}")), None, "nothing is shown: nothing is replaced");
    assert_eq!(of(&job("chat.direct").data("{}").collapse("c", None)).as_deref(), Some("c"));
    assert_eq!(of(&job("call.invite").data("{}").token_type("voip")), None);
}

#[test]
fn long_and_foreign_collapse_ids_are_hashed() {
    let app = app(&json!({}));
    let of = |key: &str| header(&call(app.as_ref(), &chat().collapse(key, None)), "apns-collapse-id").unwrap();
    assert_eq!(of(&"x".repeat(64)), "x".repeat(64));
    assert_eq!(of("a b"), "c8687a08aa5d6ed2044328fa6a697ab8e96dc34291e8c2034ae8c38e6fcc6d65");
    for odd in [&"x".repeat(65), "见字如面", "a b", "a\u{7f}"] {
        let id = of(odd);
        assert!(id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{odd}: {id}");
        assert_eq!(id, of(odd));
    }
}

#[test]
fn a_life_ends_at_a_moment() {
    let app = app(&json!({}));
    let at = |job: &JobBuilder, seconds: u64| {
        header(&call_to(app.as_ref(), &job.build(), 0, later(seconds)).unwrap(), "apns-expiration").unwrap()
    };
    let ten = chat().expires_at(later(600));
    assert_eq!((at(&ten, 0), at(&ten, 599)), (later(600).as_secs().to_string(), later(600).as_secs().to_string()));
    assert_eq!((at(&ten, 600), at(&ten, 900)), ("0".to_owned(), "0".to_owned()));
    assert_eq!(at(&chat().expires_at(later(7 * 86400)), 0), later(7 * 86400).as_secs().to_string());
    let voip = crate::support::app(&json!({ "voip": "all" }));
    let call = crate::support::call(voip.as_ref(), &chat().token_type("voip"));
    assert_eq!(header(&call, "apns-expiration"), Some(later(86400).as_secs().to_string()), "no call: it may wait");
    let life = |kind: &str| {
        let call = crate::support::call(voip.as_ref(), &job(kind).data("{}").token_type("voip"));
        header(&call, "apns-expiration").unwrap()
    };
    assert_eq!((life("call.invite"), life("call.cancel")), ("0".to_owned(), "0".to_owned()));
    assert_eq!(life("call.missed"), later(60).as_secs().to_string(), "nothing rings: it may wait");
}

#[test]
fn a_malformed_token_ends_without_a_call() {
    let strict = app(&json!({}));
    let lax = app(&json!({ "check_tokens": false }));
    for token in ["00f", "T0", "00fg", "00/..", "00?x=1", "00#", "00 1", "见见"] {
        let refusal = call_to(strict.as_ref(), &chat().tokens([token]).build(), 0, later(0)).unwrap_err();
        assert_eq!((refusal.outcome, refusal.reason), (Outcome::InvalidToken, Reason::TokenMalformed), "{token}");
        assert_eq!(refusal.verdict().action, Action::DeviceGone { invalid_since: None });
        assert!(!refusal.to_string().contains(token), "a token is no text for logs");
        let sent = call_to(lax.as_ref(), &chat().tokens([token]).build(), 0, later(0)).is_ok();
        assert_eq!(sent, token.bytes().all(|b| b.is_ascii_alphanumeric()), "{token}");
    }
    assert!(call_to(lax.as_ref(), &chat().tokens(["dead-1"]).build(), 0, later(0)).is_ok());
}

#[test]
fn every_header_stands_there_once_and_the_type_is_plain_json() {
    let call = call(app(&json!({})).as_ref(), &chat());
    let headers = call.request.headers();
    assert_eq!(headers.len(), headers.keys_len());
    assert_eq!(header(&call, "content-type").as_deref(), Some("application/json"));
}
