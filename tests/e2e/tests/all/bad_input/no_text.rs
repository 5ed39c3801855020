//! Short texts of AMQP (ids, names of headers) that are no UTF-8: our client library cannot write them, others can, and
//! ours takes such a delivery for a broken connection. The broker's delivery limit is what ends that.

use push_e2e::{PATIENCE, Stage};
use push_stack::{Client, until};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::{PARKED, good, marked, nothing_leaked};

/// What stands for the bytes that no client of ours can write.
const PLACEHOLDER: &[u8] = b"no-utf-8";
const NO_UTF_8: &[u8] = b"\xff\xfe\xc0\x80\xed\xa0\x80\xff";

/// A relay to the broker that makes the placeholder into bytes that are no UTF-8. Ends with the test's runtime.
async fn corrupting(url: &str) -> String {
    let authority = url.split_once('@').unwrap().1.split('/').next().unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let relayed = url.replace(&authority, &listener.local_addr().unwrap().to_string());
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&authority).await.unwrap();
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_server, mut to_server) = server.into_split();
            tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
            tokio::spawn(async move {
                let mut buffer = vec![0; 1 << 16];
                while let Ok(n @ 1..) = from_client.read(&mut buffer).await {
                    // A frame of this test is smaller than a segment: a placeholder is never torn.
                    for at in 0..n {
                        if buffer[at..n].starts_with(PLACEHOLDER) {
                            buffer[at..at + NO_UTF_8.len()].copy_from_slice(NO_UTF_8);
                        }
                    }
                    if to_server.write_all(&buffer[..n]).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    relayed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_ends_the_connection_is_parked_and_the_worker_goes_on() {
    let stage = Stage::shared().await;
    let worker = stage.huawei().start().unwrap();
    stage.ready(&worker).await;
    let strange = Client::connect(&corrupting(stage.servers().amqp_url()).await, &stage.prefix).await.unwrap();
    let id = std::str::from_utf8(PLACEHOLDER).unwrap();
    for n in 0..5 {
        stage.publish(&good(&stage, &format!("before-{n}"))).await;
    }
    let body = marked(&stage, "bad").text();
    let said = strange.publish("huawei.normal.chat", id, body.as_bytes()).await.unwrap();
    assert!(said.confirmed && !said.returned, "{said:?}");
    for n in 0..5 {
        stage.publish(&good(&stage, &format!("behind-{n}"))).await;
    }
    // Until the message that ends the connection has reached its limit, its neighbours come and go with it, and some
    // reach their own. Nothing is lost by that: each is settled, or lies where an operator sees and replays it. Parking is
    // only counted: our own client cannot look at that message there either.
    let all_are_somewhere = || async {
        let ids = (0..5).flat_map(|n| [format!("before-{n}"), format!("behind-{n}")]);
        let settled = ids.filter(|id| stage.receipts.outcomes(id).contains_key(&0)).count();
        let parked = stage.client.count(PARKED).await.ok().flatten().unwrap_or(0);
        (settled + parked as usize >= 11).then_some(())
    };
    until("every message is settled or parked", PATIENCE, all_are_somewhere).await.unwrap();
    assert!(stage.accepted("bad").await.is_empty());
    stage.publish(&good(&stage, "later")).await;
    assert_eq!(stage.settled("later", 1).await[&0], "accepted");
    nothing_leaked(&worker).await;
}
