//! One life of the two connections: what is lost, is lost for both.

use std::{io::ErrorKind, sync::Arc, time::Duration};

use futures_util::StreamExt;
use lapin::{
    Channel, Connection, ConnectionProperties, Event,
    uri::{AMQPScheme, AMQPUri},
};
use tokio::{net::TcpStream, sync::watch, time::timeout};

use super::{
    Publisher,
    topology::{Names, prepare},
};
use crate::settings::Amqp;

/// One life of the two connections.
#[derive(Debug)]
pub struct Session {
    /// For receipts and copies.
    pub publisher: Publisher,
    consume: Connection,
    publish: Connection,
    dead: watch::Sender<bool>,
    blocked: watch::Receiver<bool>,
}

impl Session {
    /// Connects twice, declares what is missing and opens the publisher. After a failure it first asks whether a broker
    /// answers at all.
    ///
    /// # Errors
    /// A text for the log; the address is not in it.
    pub async fn open(
        settings: &Amqp,
        names: &Names,
        apps: &[push_contract::AppName],
        quotas: &[&str],
        worker: &str,
        after_failure: bool,
    ) -> Result<Arc<Self>, String> {
        let patience = Duration::from_millis(settings.timeout_ms);
        if after_failure {
            timeout(patience, answers(&settings.url)).await.unwrap_or_else(|_| Err("no answer in time".to_owned()))?;
        }
        let consume = connect(settings, &format!("{worker} consume"), patience).await?;
        let publish = connect(settings, &format!("{worker} publish"), patience).await?;
        let whole = async {
            let channel = publish.create_channel().await?;
            prepare(&channel, settings.topology, names, apps, quotas).await?;
            let (blocked, is_blocked) = watch::channel(false);
            let publisher = Publisher::new(publish.create_channel().await?, is_blocked.clone(), patience).await?;
            Ok::<_, lapin::Error>((blocked, is_blocked, publisher))
        };
        let (blocked, is_blocked, publisher) = match timeout(patience * 4, whole).await {
            Ok(Ok(ready)) => ready,
            Ok(Err(error)) => return Err(format!("topology: {error}")),
            Err(_) => return Err("topology: no answer in time".to_owned()),
        };
        let session =
            Arc::new(Self { publisher, consume, publish, dead: watch::Sender::new(false), blocked: is_blocked });
        session.clone().listen(blocked);
        Ok(session)
    }

    /// Follows what the connections say about themselves.
    fn listen(self: Arc<Self>, blocked: watch::Sender<bool>) {
        let mut events = futures_util::stream::select(
            self.consume.events_listener().boxed(),
            self.publish.events_listener().boxed(),
        );
        tokio::spawn(async move {
            let mut dead = self.dead.subscribe();
            loop {
                let event = tokio::select! {
                    event = events.next() => event,
                    () = told(&mut dead) => return,
                };
                match event {
                    Some(Event::ConnectionBlocked(_)) => drop(blocked.send(true)),
                    Some(Event::ConnectionUnblocked) => drop(blocked.send(false)),
                    Some(Event::Error(error))
                        if !(self.consume.status().connected() && self.publish.status().connected()) =>
                    {
                        self.fail(&error.to_string());
                    }
                    None => self.fail("the connection ended"),
                    _ => {}
                }
            }
        });
    }

    /// A new channel for a consumer.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn channel(&self) -> lapin::Result<Channel> {
        self.consume.create_channel().await
    }

    /// A new channel on the publishing connection, for synchronous questions.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn control(&self) -> lapin::Result<Channel> {
        self.publish.create_channel().await
    }

    /// Whether both connections are believed to be open.
    #[must_use]
    pub fn alive(&self) -> bool {
        !*self.dead.borrow() && self.consume.status().connected() && self.publish.status().connected()
    }

    /// Declares the session dead.
    pub fn fail(&self, why: &str) {
        if !self.dead.send_replace(true) {
            tracing::warn!(why, "broker connection lost");
        }
    }

    /// Wakes when the session is dead.
    #[must_use]
    pub fn dead(&self) -> watch::Receiver<bool> {
        self.dead.subscribe()
    }

    /// Whether the broker accepts no publishes now.
    #[must_use]
    pub fn blocked(&self) -> watch::Receiver<bool> {
        self.blocked.clone()
    }

    /// Ends both connections in order.
    pub async fn close(&self) {
        for connection in [&self.consume, &self.publish] {
            let _ = timeout(Duration::from_secs(2), connection.close(200, "bye".into())).await;
        }
        self.dead.send_replace(true);
    }
}

/// Whether a broker answers, asked over a connection that ends with this call. The client library keeps a thread and a
/// socket for each connection that was accepted and never answered, so it must not be what finds that out again and again.
async fn answers(url: &str) -> Result<(), String> {
    let uri: AMQPUri = url.parse().map_err(|_| "amqp.url cannot be read".to_owned())?;
    if uri.scheme == AMQPScheme::AMQPS {
        // Only a client of TLS hears anything there.
        return Ok(());
    }
    let ask = async {
        let stream = TcpStream::connect((uri.authority.host.as_str(), uri.authority.port)).await?;
        stream.writable().await?;
        stream.try_write(b"AMQP\0\0\x09\x01")?;
        loop {
            stream.readable().await?;
            match stream.try_read(&mut [0]) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                answer => return answer.map(drop),
            }
        }
    };
    ask.await.map_err(|error: std::io::Error| format!("connecting: {error}"))
}

async fn connect(settings: &Amqp, name: &str, patience: Duration) -> Result<Connection, String> {
    let mut uri: AMQPUri = settings.url.parse().map_err(|_| "amqp.url cannot be read".to_owned())?;
    uri.query.heartbeat = Some(settings.heartbeat_s);
    uri.query.connection_timeout = Some(u64::try_from(patience.as_millis()).unwrap_or(u64::MAX));
    let properties = ConnectionProperties::default().with_connection_name(name.to_owned().into());
    match timeout(patience, Connection::connect_uri(uri, properties)).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(format!("connecting: {error}")),
        Err(_) => Err("connecting: no answer in time".to_owned()),
    }
}

/// Waits until the flag is up, or whoever holds it is gone.
pub(crate) async fn told(flag: &mut watch::Receiver<bool>) {
    let _ = flag.wait_for(|on| *on).await;
}
