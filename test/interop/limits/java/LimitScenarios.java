import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

import javax.jms.BytesMessage;
import javax.jms.DeliveryMode;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Queue;
import javax.jms.ResourceAllocationException;
import javax.jms.Session;
import javax.jms.Topic;

import org.apache.activemq.ActiveMQConnection;

/**
 * What a JMS client meets at a broker whose queues LIMITED.>, REFUSING.> and LATE.> may hold 64 KB
 * in memory each; at REFUSING.> a send that finds no room fails at once, at LATE.> after 500 ms.
 * What waits for a subscriber of QUOTES.> is dropped beyond 100 messages, of ORDERS.> never.
 */
public final class LimitScenarios {
    private static final int KILOBYTE = 1024;
    private static final int LIMIT_KB = 64;

    private LimitScenarios() {
    }

    public static void main(String[] args) {
        Map<String, Scenario> scenarios = new LinkedHashMap<>();
        scenarios.put("window-under-load", LimitScenarios::windowUnderLoad);
        scenarios.put("window-without-room", LimitScenarios::windowWithoutRoom);
        scenarios.put("window-of-refused-sends", LimitScenarios::windowOfRefusedSends);
        scenarios.put("sync-sends-wait", LimitScenarios::syncSendsWait);
        scenarios.put("async-sends-stop-their-connection", LimitScenarios::asyncSendsStop);
        scenarios.put("transacted-sends-and-the-limit", LimitScenarios::transacted);
        scenarios.put("send-fails-without-space", LimitScenarios::sendFails);
        scenarios.put("send-fails-after-timeout", LimitScenarios::sendFailsLate);
        scenarios.put("persistent-sends-need-no-memory", LimitScenarios::persistent);
        scenarios.put("slow-topic-consumer", LimitScenarios::slowTopicConsumer);
        scenarios.put("topic-consumer-that-misses-nothing", LimitScenarios::patientTopicConsumer);
        JmsScenarios.playAll(scenarios, args);
    }

    private static BytesMessage kilobyte(Session session, int number) throws JMSException {
        BytesMessage message = session.createBytesMessage();
        message.writeBytes(new byte[KILOBYTE]);
        message.setIntProperty("n", number);
        return message;
    }

    private static MessageProducer producer(Session session, Queue queue, int mode)
        throws JMSException {
        MessageProducer producer = session.createProducer(queue);
        producer.setDeliveryMode(mode);
        return producer;
    }

    /** Sends so many kilobytes, from a thread of its own. */
    private static CompletableFuture<Void> sendAside(
        Session session, MessageProducer producer, int count, AtomicInteger sent) {
        return CompletableFuture.runAsync(() -> {
            try {
                for (int i = 0; i < count; i++) {
                    producer.send(kilobyte(session, i));
                    sent.incrementAndGet();
                }
            } catch (JMSException failure) {
                throw new IllegalStateException(failure);
            }
        });
    }

    private static void takeInOrder(Session session, Queue queue, int from, int to)
        throws JMSException {
        MessageConsumer consumer = session.createConsumer(queue);
        for (int i = from; i < to; i++) {
            Message message = consumer.receive(Env.SOON_MS);
            Env.isTrue(message != null, "message " + i + " comes");
            Env.same(i, message.getIntProperty("n"));
        }
        consumer.close();
    }

    private static void expectStuck(CompletableFuture<Void> sending) throws Exception {
        try {
            sending.get(Env.NEVER_MS * 2, TimeUnit.MILLISECONDS);
        } catch (TimeoutException expected) {
            return;
        }
        throw new AssertionError("everything was sent although there was no room");
    }

    private static void windowUnderLoad(Env env) throws Exception {
        int count = 20_000;
        ActiveMQConnection connection =
            env.connect("jms.useAsyncSend=true&jms.producerWindowSize=50000");
        Session session = Env.auto(connection);
        Queue queue = session.createQueue("PLAIN.window");
        AtomicInteger sent = new AtomicInteger();
        CompletableFuture<Void> sending = sendAside(
            session, producer(session, queue, DeliveryMode.PERSISTENT), count, sent);
        takeInOrder(Env.auto(env.connect()), queue, 0, count);
        sending.get(Env.SOON_MS, TimeUnit.MILLISECONDS);
    }

    private static void windowWithoutRoom(Env env) throws Exception {
        int count = 300;
        ActiveMQConnection connection =
            env.connect("jms.useAsyncSend=true&jms.producerWindowSize=20000");
        Session session = Env.auto(connection);
        Queue queue = session.createQueue("LIMITED.window");
        AtomicInteger sent = new AtomicInteger();
        CompletableFuture<Void> sending = sendAside(
            session, producer(session, queue, DeliveryMode.NON_PERSISTENT), count, sent);
        expectStuck(sending);
        Env.isTrue(sent.get() < LIMIT_KB + 20, "the window and the limit bound what was sent");
        // The connection is not blocked: its other sessions send and receive.
        Session other = Env.auto(connection);
        Env.send(other, other.createQueue("PLAIN.other"), "goes on");
        Env.expectTexts(other.createConsumer(other.createQueue("PLAIN.other")), "goes on");
        takeInOrder(Env.auto(env.connect()), queue, 0, count);
        sending.get(Env.SOON_MS, TimeUnit.MILLISECONDS);
    }

    private static void windowOfRefusedSends(Env env) throws Exception {
        int count = 500;
        ActiveMQConnection connection =
            env.connect("jms.useAsyncSend=true&jms.producerWindowSize=20000");
        AtomicInteger refused = new AtomicInteger();
        connection.setExceptionListener(error -> {
            if (error instanceof ResourceAllocationException) refused.incrementAndGet();
        });
        Session session = Env.auto(connection);
        Queue queue = session.createQueue("REFUSING.window");
        CompletableFuture<Void> sending = sendAside(session,
            producer(session, queue, DeliveryMode.NON_PERSISTENT), count, new AtomicInteger());
        sending.get(Env.SOON_MS, TimeUnit.MILLISECONDS);
        // A sync request comes behind all answers.
        session.createTemporaryQueue();
        long soon = System.currentTimeMillis() + Env.SOON_MS;
        while (refused.get() < count - LIMIT_KB && System.currentTimeMillis() < soon) {
            Thread.sleep(10);
        }
        Env.isTrue(refused.get() >= count - LIMIT_KB, "the others were refused: " + refused.get());
    }

    private static void syncSendsWait(Env env) throws Exception {
        int count = 200;
        ActiveMQConnection connection = env.connect("jms.alwaysSyncSend=true");
        Session session = Env.auto(connection);
        Queue queue = session.createQueue("LIMITED.sync");
        AtomicInteger sent = new AtomicInteger();
        CompletableFuture<Void> sending = sendAside(
            session, producer(session, queue, DeliveryMode.NON_PERSISTENT), count, sent);
        expectStuck(sending);
        Env.isTrue(sent.get() <= LIMIT_KB, "the limit bounds what was confirmed: " + sent.get());
        Session other = Env.auto(connection);
        Env.send(other, other.createQueue("PLAIN.sync"), "goes on");
        takeInOrder(Env.auto(env.connect()), queue, 0, count);
        sending.get(Env.SOON_MS, TimeUnit.MILLISECONDS);
    }

    private static void asyncSendsStop(Env env) throws Exception {
        int count = 5000;
        ActiveMQConnection connection = env.connect("jms.useAsyncSend=true");
        Session session = Env.auto(connection);
        Queue queue = session.createQueue("LIMITED.async");
        AtomicInteger sent = new AtomicInteger();
        CompletableFuture<Void> sending = sendAside(
            session, producer(session, queue, DeliveryMode.NON_PERSISTENT), count, sent);
        expectStuck(sending);
        takeInOrder(Env.auto(env.connect()), queue, 0, count);
        sending.get(Env.SOON_MS, TimeUnit.MILLISECONDS);
    }

    private static void transacted(Env env) throws Exception {
        Session session = Env.transacted(env.connect());
        Queue queue = session.createQueue("LIMITED.transacted");
        MessageProducer producer = producer(session, queue, DeliveryMode.NON_PERSISTENT);
        for (int i = 0; i < 2 * LIMIT_KB; i++) producer.send(kilobyte(session, i));
        session.commit();
        // A commit is one thing: it may exceed the limit, and the next sends wait.
        Session plain = Env.auto(env.connect("jms.alwaysSyncSend=true"));
        AtomicInteger sent = new AtomicInteger();
        CompletableFuture<Void> sending = sendAside(
            plain, producer(plain, queue, DeliveryMode.NON_PERSISTENT), 1, sent);
        expectStuck(sending);
        Session taker = Env.auto(env.connect());
        takeInOrder(taker, queue, 0, 2 * LIMIT_KB);
        sending.get(Env.SOON_MS, TimeUnit.MILLISECONDS);
        takeInOrder(taker, queue, 0, 1);
    }

    private static void sendFails(Env env) throws Exception {
        Session session = Env.auto(env.connect("jms.alwaysSyncSend=true"));
        Queue queue = session.createQueue("REFUSING.sync");
        MessageProducer producer = producer(session, queue, DeliveryMode.NON_PERSISTENT);
        int sent = 0;
        try {
            for (; sent < 2 * LIMIT_KB; sent++) producer.send(kilobyte(session, sent));
            throw new AssertionError("everything found room");
        } catch (ResourceAllocationException expected) {
            Env.isTrue(expected.getMessage().contains("memoryLimit"), expected.getMessage());
        }
        takeInOrder(Env.auto(env.connect()), queue, 0, sent);
        producer.send(kilobyte(session, sent));
    }

    private static void sendFailsLate(Env env) throws Exception {
        Session session = Env.auto(env.connect("jms.alwaysSyncSend=true"));
        Queue queue = session.createQueue("LATE.sync");
        MessageProducer producer = producer(session, queue, DeliveryMode.NON_PERSISTENT);
        long before = 0;
        try {
            for (int i = 0; i < 2 * LIMIT_KB; i++) {
                before = System.nanoTime();
                producer.send(kilobyte(session, i));
            }
            throw new AssertionError("everything found room");
        } catch (ResourceAllocationException expected) {
            long ms = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - before);
            Env.isTrue(ms >= 500 && ms < 2000, "refused after " + ms + " ms");
        }
    }

    private static void persistent(Env env) throws Exception {
        Session session = Env.auto(env.connect());
        Queue queue = session.createQueue("LIMITED.persistent");
        MessageProducer producer = producer(session, queue, DeliveryMode.PERSISTENT);
        for (int i = 0; i < 3 * LIMIT_KB; i++) producer.send(kilobyte(session, i));
        takeInOrder(session, queue, 0, 3 * LIMIT_KB);
    }

    private static void slowTopicConsumer(Env env) throws Exception {
        int count = 5000;
        Session slow = Env.auto(env.connect("jms.prefetchPolicy.topicPrefetch=10"));
        Topic topic = slow.createTopic("QUOTES.slow");
        MessageConsumer consumer = slow.createConsumer(topic);
        Session sender = Env.auto(env.connect("jms.alwaysSyncSend=true"));
        MessageProducer producer = sender.createProducer(topic);
        producer.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
        for (int i = 0; i < count; i++) producer.send(kilobyte(sender, i));
        int heard = 0;
        int last = -1;
        for (Message message; (message = consumer.receive(Env.NEVER_MS)) != null; heard++) {
            last = message.getIntProperty("n");
        }
        Env.same(count - 1, last);
        Env.isTrue(heard >= 100 && heard <= 121, "prefetch and limit bound what is kept: " + heard);
    }

    private static void patientTopicConsumer(Env env) throws Exception {
        int count = 500;
        Session slow = Env.auto(env.connect("jms.prefetchPolicy.topicPrefetch=10"));
        Topic topic = slow.createTopic("ORDERS.slow");
        MessageConsumer consumer = slow.createConsumer(topic);
        Session sender = Env.auto(env.connect("jms.alwaysSyncSend=true"));
        MessageProducer producer = sender.createProducer(topic);
        producer.setDeliveryMode(DeliveryMode.PERSISTENT);
        AtomicInteger sent = new AtomicInteger();
        CompletableFuture<Void> sending = sendAside(sender, producer, count, sent);
        expectStuck(sending);
        Env.isTrue(sent.get() < count / 2, "for what the subscriber has not read: " + sent.get());
        for (int i = 0; i < count; i++) {
            Message message = consumer.receive(Env.SOON_MS);
            Env.isTrue(message != null, "message " + i + " comes");
            Env.same(i, message.getIntProperty("n"));
        }
        sending.get(Env.SOON_MS, TimeUnit.MILLISECONDS);
    }
}
