//! Counts of devices, which are worth less than claims: what is lost is counted anew.

use push_contract::Timestamp;
use push_pacing::{DEVICES_PER_CALL, DeviceDay, DeviceKey, DeviceQuestion, Direction};
use push_worker::claims::{Claims, MemoryStore, StoreDown};

use crate::desk::{Desk, TIMES, own_redis};

/// A day that ends in the one after the next.
fn question(direction: Direction, tokens: impl IntoIterator<Item = usize>) -> DeviceQuestion {
    let day = DeviceDay::at(Timestamp::now().as_millis() + 86_400_000, 0);
    let devices = tokens.into_iter().map(|n| DeviceKey::of(&format!("token-{n}"))).collect();
    DeviceQuestion { cap: "marketing".to_owned(), most: 1, day, direction, devices }
}

fn take(tokens: impl IntoIterator<Item = usize>) -> DeviceQuestion {
    question(Direction::Take, tokens)
}

#[tokio::test]
async fn both_stores_count_by_app_and_device() {
    let desk = Desk::new().await;
    let alone = Claims::Memory(Box::new(MemoryStore::new(TIMES)));
    for (worker, other) in [(&desk.worker("w1"), &desk.worker("w2")), (&alone, &alone)] {
        assert_eq!(worker.devices("chat", &take([1, 2])).await.unwrap(), [true, true]);
        assert_eq!(other.devices("chat", &take([3, 2])).await.unwrap(), [true, false]);
        assert_eq!(other.devices("shop", &take([2])).await.unwrap(), [true]);
        let back = question(Direction::GiveBack, [2, 4]);
        assert_eq!(other.devices("chat", &back).await.unwrap(), [true, false]);
        assert_eq!(worker.devices("chat", &take([1, 2])).await.unwrap(), [false, true]);
        assert!(worker.devices("chat", &take([])).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_question_about_many_keeps_their_order() {
    let desk = Desk::new().await;
    let worker = desk.worker("w1");
    let many = 2 * DEVICES_PER_CALL + 1;
    worker.devices("chat", &take((0..many).step_by(3))).await.unwrap();
    let flags = worker.devices("chat", &take(0..many)).await.unwrap();
    assert_eq!(flags.len(), many);
    assert!(flags.iter().enumerate().all(|(n, flag)| *flag == (n % 3 != 0)));
}

#[tokio::test]
async fn without_the_store_nothing_is_answered_and_afterwards_it_counts_anew() {
    let servers = own_redis().await;
    let desk = Desk::on(&servers).await;
    let worker = desk.worker("w1");
    assert_eq!(worker.devices("chat", &take([1])).await.unwrap(), [true]);
    servers.redis().kill().await.unwrap();
    let down = worker.devices("chat", &take([1])).await;
    assert!(matches!(down, Err(StoreDown { what: "devices", .. })), "{down:?}");
    servers.redis().start(false).await.unwrap();
    // The first answer after a restart may be the end of the old connection.
    let back = match worker.devices("chat", &take([1])).await {
        Ok(back) => back,
        Err(_) => worker.devices("chat", &take([1])).await.unwrap(),
    };
    assert_eq!(back, [true]);
    assert_eq!(worker.devices("chat", &take([1])).await.unwrap(), [false]);
}
