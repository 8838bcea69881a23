import java.util.Map;

import javax.jms.BytesMessage;
import javax.jms.DeliveryMode;
import javax.jms.InvalidSelectorException;
import javax.jms.MapMessage;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.ObjectMessage;
import javax.jms.Queue;
import javax.jms.Session;
import javax.jms.StreamMessage;
import javax.jms.TextMessage;

import org.apache.activemq.ActiveMQConnection;

/** What a message carries, and how it gets to its consumer. */
final class Delivery {
    private static final int LARGE_BYTES = 5_000_000;

    private Delivery() {
    }

    static void addTo(Map<String, Scenario> scenarios) {
        scenarios.put("message-types", Delivery::types);
        scenarios.put("headers-and-properties", Delivery::headers);
        scenarios.put("large-message", Delivery::large);
        scenarios.put("compressed-message", Delivery::compressed);
        scenarios.put("non-persistent", Delivery::nonPersistent);
        scenarios.put("expiry", Delivery::expiry);
        scenarios.put("pull-with-prefetch-0", Delivery::pull);
        scenarios.put("prefetch-1-shares", Delivery::shares);
        scenarios.put("producer-window", Delivery::window);
        scenarios.put("async-sends", Delivery::asyncSends);
        scenarios.put("asynchronous-listener", Delivery::listener);
        scenarios.put("bad-selector", Delivery::badSelector);
    }

    private static void types(Env env) throws Exception {
        Session session = Env.auto(env.connect());
        MessageProducer producer = session.createProducer(env.queue(session));
        MessageConsumer consumer = session.createConsumer(env.queue(session));
        producer.send(session.createTextMessage("f\u00fcnf \u20ac \u0000 \ud83d\ude00"));
        BytesMessage bytes = session.createBytesMessage();
        bytes.writeBytes(new byte[] {1, 2, 3});
        producer.send(bytes);
        MapMessage map = session.createMapMessage();
        map.setString("s", "text");
        map.setLong("l", Long.MAX_VALUE);
        producer.send(map);
        StreamMessage stream = session.createStreamMessage();
        stream.writeDouble(2.5);
        stream.writeString("x");
        producer.send(stream);
        producer.send(session.createObjectMessage(Integer.valueOf(42)));
        producer.send(session.createMessage());
        producer.send(session.createTextMessage());
        Env.expectTexts(consumer, "f\u00fcnf \u20ac \u0000 \ud83d\ude00");
        BytesMessage gotBytes = (BytesMessage) consumer.receive(Env.SOON_MS);
        Env.same(3L, gotBytes.getBodyLength());
        Env.same((byte) 1, gotBytes.readByte());
        MapMessage gotMap = (MapMessage) consumer.receive(Env.SOON_MS);
        Env.same("text", gotMap.getString("s"));
        Env.same(Long.MAX_VALUE, gotMap.getLong("l"));
        StreamMessage gotStream = (StreamMessage) consumer.receive(Env.SOON_MS);
        Env.same(2.5, gotStream.readDouble());
        Env.same("x", gotStream.readString());
        Env.isTrue(consumer.receive(Env.SOON_MS) instanceof ObjectMessage, "an object message");
        Env.isTrue(consumer.receive(Env.SOON_MS) != null, "a message without a body");
        Env.same(null, ((TextMessage) consumer.receive(Env.SOON_MS)).getText());
    }

    private static void headers(Env env) throws Exception {
        Session session = Env.auto(env.connect());
        Queue queue = env.queue(session);
        Message sent = session.createTextMessage("x");
        sent.setJMSCorrelationID("correlation");
        sent.setJMSReplyTo(session.createTopic("replies"));
        sent.setJMSType("type");
        sent.setStringProperty("JMSXGroupID", "group");
        sent.setIntProperty("number", 7);
        sent.setBooleanProperty("flag", true);
        sent.setDoubleProperty("ratio", 0.5);
        sent.setStringProperty("text", "y");
        session.createProducer(queue).send(sent, DeliveryMode.PERSISTENT, 7, 60_000);
        Message got = session.createConsumer(queue).receive(Env.SOON_MS);
        Env.same(sent.getJMSMessageID(), got.getJMSMessageID());
        Env.same(sent.getJMSTimestamp(), got.getJMSTimestamp());
        Env.same(sent.getJMSExpiration(), got.getJMSExpiration());
        Env.same(queue, got.getJMSDestination());
        Env.same("correlation", got.getJMSCorrelationID());
        Env.same(session.createTopic("replies"), got.getJMSReplyTo());
        Env.same("type", got.getJMSType());
        Env.same(7, got.getJMSPriority());
        Env.same(DeliveryMode.PERSISTENT, got.getJMSDeliveryMode());
        Env.same(false, got.getJMSRedelivered());
        Env.same("group", got.getStringProperty("JMSXGroupID"));
        Env.same(7, got.getIntProperty("number"));
        Env.same(true, got.getBooleanProperty("flag"));
        Env.same(0.5, got.getDoubleProperty("ratio"));
        Env.same("y", got.getStringProperty("text"));
    }

    private static void large(Env env) throws Exception {
        Session session = Env.auto(env.connect());
        byte[] body = new byte[LARGE_BYTES];
        for (int i = 0; i < body.length; i++) body[i] = (byte) (i * 31);
        BytesMessage message = session.createBytesMessage();
        message.writeBytes(body);
        MessageProducer producer = session.createProducer(env.queue(session));
        for (int i = 0; i < 4; i++) producer.send(message);
        MessageConsumer consumer = session.createConsumer(env.queue(session));
        for (int i = 0; i < 4; i++) {
            BytesMessage got = (BytesMessage) consumer.receive(Env.SOON_MS);
            byte[] received = new byte[LARGE_BYTES];
            got.readBytes(received);
            Env.isTrue(java.util.Arrays.equals(body, received), "the body is as it was");
        }
    }

    private static void compressed(Env env) throws Exception {
        Session session = Env.auto(env.connect("jms.useCompression=true"));
        String text = "again and ".repeat(10_000);
        Env.send(session, env.queue(session), text);
        Env.expectTexts(session.createConsumer(env.queue(session)), text);
    }

    private static void nonPersistent(Env env) throws Exception {
        Session session = Env.auto(env.connect());
        MessageProducer producer = session.createProducer(env.queue(session));
        producer.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
        for (String text : Env.numbered(500)) producer.send(session.createTextMessage(text));
        MessageConsumer consumer = session.createConsumer(env.queue(session));
        Env.expectTexts(consumer, Env.numbered(500));
        consumer.close();
        env.expectEmpty();
    }

    private static void expiry(Env env) throws Exception {
        Session session = Env.auto(env.connect());
        MessageProducer producer = session.createProducer(env.queue(session));
        producer.setTimeToLive(200);
        producer.send(session.createTextMessage("short-lived"));
        producer.setTimeToLive(0);
        producer.send(session.createTextMessage("for ever"));
        Thread.sleep(500);
        MessageConsumer consumer = session.createConsumer(env.queue(session));
        Env.expectTexts(consumer, "for ever");
        Env.expectNothing(consumer);
        MessageConsumer dead = session.createConsumer(session.createQueue("ActiveMQ.DLQ"));
        Message letter = dead.receive(Env.SOON_MS);
        Env.same("short-lived", Env.text(letter));
        Env.same(0L, letter.getJMSExpiration());
        Env.isTrue(letter.getLongProperty("originalExpiration") > 0, "it had an expiration");
    }

    private static void pull(Env env) throws Exception {
        Session session = Env.auto(env.connect("jms.prefetchPolicy.queuePrefetch=0"));
        MessageConsumer consumer = session.createConsumer(env.queue(session));
        Env.same(null, consumer.receiveNoWait());
        long start = System.nanoTime();
        Env.same(null, consumer.receive(400));
        long waitedMs = (System.nanoTime() - start) / 1_000_000;
        Env.isTrue(waitedMs >= 350 && waitedMs < 2000, "waited " + waitedMs + " ms for nothing");
        Env.send(session, env.queue(session), "a", "b", "c");
        Env.same("a", Env.text(consumer.receiveNoWait()));
        Env.same("b", Env.text(consumer.receive(1000)));
        MessageConsumer other = session.createConsumer(env.queue(session));
        Env.same("c", Env.text(other.receive()));
        Env.same(null, consumer.receiveNoWait());
    }

    private static void shares(Env env) throws Exception {
        Session session = Env.auto(env.connect("jms.prefetchPolicy.queuePrefetch=1"));
        MessageConsumer one = session.createConsumer(env.queue(session));
        MessageConsumer other = session.createConsumer(env.queue(session));
        Env.send(session, env.queue(session), Env.numbered(20));
        for (int i = 0; i < 10; i++) {
            Env.isTrue(one.receive(Env.SOON_MS) != null, "one got its share");
            Env.isTrue(other.receive(Env.SOON_MS) != null, "the other got its share");
        }
        Env.expectNothing(one);
    }

    private static void window(Env env) throws Exception {
        ActiveMQConnection connection =
            env.connect("jms.useAsyncSend=true&jms.producerWindowSize=10000");
        Session session = Env.auto(connection);
        Env.send(session, env.queue(session), Env.numbered(500));
        MessageConsumer consumer = session.createConsumer(env.queue(session));
        Env.expectTexts(consumer, Env.numbered(500));
    }

    private static void asyncSends(Env env) throws Exception {
        Session session = Env.auto(env.connect("jms.useAsyncSend=true"));
        Env.send(session, env.queue(session), Env.numbered(5000));
        Session other = Env.auto(env.connect());
        Env.expectTexts(other.createConsumer(env.queue(other)), Env.numbered(5000));
    }

    private static void listener(Env env) throws Exception {
        Session session = Env.auto(env.connect());
        java.util.concurrent.CountDownLatch latch = new java.util.concurrent.CountDownLatch(100);
        session.createConsumer(env.queue(session)).setMessageListener(m -> latch.countDown());
        Session sender = Env.auto(env.connect());
        Env.send(sender, env.queue(sender), Env.numbered(100));
        Env.isTrue(latch.await(5, java.util.concurrent.TimeUnit.SECONDS), "all were heard");
    }

    private static void badSelector(Env env) throws Exception {
        Session session = Env.auto(env.connect());
        try {
            session.createConsumer(env.queue(session), "this is = not (a selector");
        } catch (InvalidSelectorException expected) {
            return;
        }
        throw new AssertionError("nonsense was taken for a selector");
    }
}
