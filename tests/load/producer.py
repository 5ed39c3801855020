"""Publishes with confirms: many on the way at once, and again what was on the way when the connection broke."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator

import pika
import pika.exceptions
from pika.adapters.select_connection import SelectConnection

from messages import Message

PERSISTENT = 2
TICK_SECONDS = 0.02


class Producer:
    """Publishes every message of an iterator, `mandatory` and persistent.

    `confirmed(message, at_ms, returned)` is called once the broker has taken a message; `returned` says that it had no
    queue for it. What is nacked, or unanswered when the connection breaks, is published again: that is what a careful
    producer does, and the fleet must live with the repeat.
    """

    def __init__(
        self,
        url: str,
        exchange: str,
        messages: Iterator[Message],
        confirmed: Callable[[Message, int, bool], None],
        window: int = 500,
        rate: float | None = None,
        patience: float = 60.0,
    ) -> None:
        self.parameters = pika.URLParameters(url)
        self.exchange, self.messages, self.confirmed = exchange, messages, confirmed
        self.window, self.rate, self.patience = window, rate, patience
        self.again: deque[Message] = deque()
        self.waiting: dict[int, tuple[Message, int]] = {}  # by delivery tag, in order
        self.returned: set[str] = set()
        self.last_good = time.monotonic()
        self.error = "nothing was tried"
        self.stopping = self.exhausted = self.finished = False

    def run(self) -> bool:
        """Returns whether everything was confirmed. Reconnects for `patience` seconds after the last good moment."""
        self.last_good = time.monotonic()
        while not (self.finished or self.stopping) and time.monotonic() - self.last_good < self.patience:
            self.connect()
            # What was on the way may or may not have arrived.
            for sent, _ in self.waiting.values():
                sent.repeat = True
                self.again.append(sent)
            self.waiting.clear()
            self.returned.clear()
            if not (self.finished or self.stopping):
                time.sleep(0.5)
        return self.finished and not self.again

    def stop(self) -> None:
        """Publishes nothing new; what is on the way is waited for."""
        self.stopping = True

    def connect(self) -> None:
        """One connection, until everything is published or it breaks."""
        self.tag, self.credit, self.granted = 0, 0.0, time.monotonic()
        self.connection = SelectConnection(
            self.parameters,
            on_open_callback=lambda connection: connection.channel(on_open_callback=self.on_channel),
            on_open_error_callback=self.on_closed,
            on_close_callback=self.on_closed,
        )
        self.connection.ioloop.start()

    def on_closed(self, connection: SelectConnection, reason: BaseException) -> None:
        if not isinstance(reason, pika.exceptions.ConnectionClosedByClient):  # then the channel said why
            self.error = repr(reason)
        connection.ioloop.stop()

    def on_channel(self, channel: pika.channel.Channel) -> None:
        self.channel = channel
        channel.add_on_close_callback(self.on_channel_closed)
        channel.add_on_return_callback(self.on_return)
        channel.confirm_delivery(self.on_answer, callback=lambda _frame: self.tick())

    def on_channel_closed(self, _channel: pika.channel.Channel, reason: BaseException) -> None:
        self.error = repr(reason)
        if self.connection.is_open:
            self.connection.close()

    def on_return(self, _channel, _method, properties: pika.BasicProperties, _body: bytes) -> None:
        self.returned.add(properties.message_id)  # its confirm comes next

    def on_answer(self, frame: pika.frame.Method) -> None:
        tag, taken = frame.method.delivery_tag, isinstance(frame.method, pika.spec.Basic.Ack)
        tags = [t for t in self.waiting if t <= tag] if frame.method.multiple else [tag]
        for answered in tags:
            sent, at_ms = self.waiting.pop(answered)
            if not taken:
                self.again.append(sent)
                continue
            self.last_good = time.monotonic()
            self.confirmed(sent, at_ms, sent.id in self.returned)
            self.returned.discard(sent.id)
        self.pump()

    def tick(self) -> None:
        """Grants what the rate allows, then publishes."""
        now, rate = time.monotonic(), self.rate or 0.0
        self.credit = min(self.credit + rate * (now - self.granted), max(1.0, rate * 0.1))
        self.granted = now
        self.pump()
        if not self.finished and self.connection.is_open:
            self.connection.ioloop.call_later(TICK_SECONDS, self.tick)

    def pump(self) -> None:
        while len(self.waiting) < self.window and (self.rate is None or self.credit >= 1.0) and self.channel.is_open:
            sent = self.next()
            if sent is None:
                break
            self.credit -= 1.0
            self.tag += 1
            self.waiting[self.tag] = (sent, int(time.time() * 1000))
            properties = pika.BasicProperties(
                content_type="application/json", delivery_mode=PERSISTENT, message_id=sent.id
            )
            self.channel.basic_publish(self.exchange, sent.routing_key, sent.body, properties, mandatory=True)
        if (self.exhausted or self.stopping) and not self.waiting and not self.again and self.connection.is_open:
            self.finished = True
            self.connection.close()

    def next(self) -> Message | None:
        if self.again:
            return self.again.popleft()
        if self.exhausted or self.stopping:
            return None
        sent = next(self.messages, None)
        self.exhausted = sent is None
        return sent

    def unanswered(self) -> list[Message]:
        """What was published and never confirmed."""
        return list(self.again)
