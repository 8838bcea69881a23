import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

import javax.jms.Connection;
import javax.jms.InvalidClientIDException;
import javax.jms.InvalidDestinationException;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Queue;
import javax.jms.QueueBrowser;
import javax.jms.Session;
import javax.jms.TemporaryQueue;
import javax.jms.TemporaryTopic;
import javax.jms.Topic;

import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.advisory.AdvisorySupport;
import org.apache.activemq.command.ActiveMQDestination;
import org.apache.activemq.command.ActiveMQMessage;
import org.apache.activemq.command.ConsumerInfo;

/** Topics, durable subscriptions, temporary and composite destinations, browsing, advisories. */
final class Destinations {
    private Destinations() {
    }

    static void addTo(Map<String, Scenario> scenarios) {
        scenarios.put("topic-fan-out", Destinations::fanOut);
        scenarios.put("topic-no-local", Destinations::noLocal);
        scenarios.put("durable-subscriber", Destinations::durable);
        scenarios.put("durable-subscriber-in-use", Destinations::durableInUse);
        scenarios.put("temporary-queue-request-reply", Destinations::requestReply);
        scenarios.put("temporary-queue-deleted", Destinations::deletedTemporary);
        scenarios.put("temporary-queue-of-another", Destinations::foreignTemporary);
        scenarios.put("temporary-topic", Destinations::temporaryTopic);
        scenarios.put("browse", Destinations::browse);
        scenarios.put("composite-send", Destinations::compositeSend);
        scenarios.put("composite-consume", Destinations::compositeConsume);
        scenarios.put("wildcard-consume", Destinations::wildcard);
        scenarios.put("consumer-advisories", Destinations::advisories);
        scenarios.put("client-id-in-use", Destinations::clientIdInUse);
    }

    private static void fanOut(Env env) throws Exception {
        Session session = Env.auto(env.connect());
        Topic topic = session.createTopic(env.name());
        MessageConsumer one = session.createConsumer(topic);
        MessageConsumer other = Env.auto(env.connect()).createConsumer(topic);
        Env.send(session, topic, Env.numbered(50));
        Env.expectTexts(one, Env.numbered(50));
        Env.expectTexts(other, Env.numbered(50));
        Env.expectNothing(session.createConsumer(topic));
    }

    private static void noLocal(Env env) throws Exception {
        Session session = Env.auto(env.connect());
        Topic topic = session.createTopic(env.name());
        MessageConsumer deaf = session.createConsumer(topic, null, true);
        Session other = Env.auto(env.connect());
        Env.send(session, topic, "own");
        Env.send(other, topic, "foreign");
        Env.expectTexts(deaf, "foreign");
    }

    private static ActiveMQConnection named(Env env, String clientId) throws JMSException {
        ActiveMQConnection connection = env.open("");
        connection.setClientID(clientId);
        connection.start();
        return connection;
    }

    private static void durable(Env env) throws Exception {
        Connection connection = named(env, "durable-client");
        Session session = Env.auto(connection);
        Topic topic = session.createTopic(env.name());
        session.createDurableSubscriber(topic, "audit");
        connection.close();
        Session sender = Env.auto(env.connect());
        Env.send(sender, topic, "a", "b", "c");
        connection = named(env, "durable-client");
        session = Env.auto(connection);
        MessageConsumer subscriber = session.createDurableSubscriber(topic, "audit");
        Env.expectTexts(subscriber, "a", "b", "c");
        Env.send(sender, topic, "d");
        Env.expectTexts(subscriber, "d");
        subscriber.close();
        session.unsubscribe("audit");
        Env.send(sender, topic, "e");
        Env.expectNothing(session.createDurableSubscriber(topic, "audit"));
        connection.close();
        session = Env.auto(named(env, "durable-client"));
        session.unsubscribe("audit");
    }

    private static void durableInUse(Env env) throws Exception {
        Session session = Env.auto(named(env, "busy-client"));
        Topic topic = session.createTopic(env.name());
        MessageConsumer active = session.createDurableSubscriber(topic, "audit");
        try {
            session.createDurableSubscriber(topic, "audit");
            throw new AssertionError("a second consumer of the same subscription");
        } catch (JMSException expected) {
            Env.send(session, topic, "still");
        }
        Env.expectTexts(active, "still");
        active.close();
        session.unsubscribe("audit");
    }

    private static void requestReply(Env env) throws Exception {
        Session client = Env.auto(env.connect());
        Session server = Env.auto(env.connect());
        MessageConsumer requests = server.createConsumer(env.queue(server));
        TemporaryQueue replies = client.createTemporaryQueue();
        MessageConsumer answers = client.createConsumer(replies);
        for (int i = 0; i < 20; i++) {
            Message request = client.createTextMessage("request " + i);
            request.setJMSReplyTo(replies);
            client.createProducer(env.queue(client)).send(request);
            Message received = requests.receive(Env.SOON_MS);
            MessageProducer producer = server.createProducer(received.getJMSReplyTo());
            producer.send(server.createTextMessage("reply to " + Env.text(received)));
            Env.expectTexts(answers, "reply to request " + i);
        }
    }

    private static void deletedTemporary(Env env) throws Exception {
        Session owner = Env.auto(env.connect());
        Session sender = Env.auto(env.connect());
        TemporaryQueue temporary = owner.createTemporaryQueue();
        MessageConsumer consumer = owner.createConsumer(temporary);
        MessageProducer producer = sender.createProducer(temporary);
        producer.send(sender.createTextMessage("while it lives"));
        Env.expectTexts(consumer, "while it lives");
        consumer.close();
        temporary.delete();
        for (int attempt = 0; attempt < 50; attempt++) {
            try {
                producer.send(sender.createTextMessage("too late"));
            } catch (InvalidDestinationException expected) {
                return;
            }
            Thread.sleep(50);
        }
        throw new AssertionError("a deleted temporary queue still takes messages");
    }

    private static void foreignTemporary(Env env) throws Exception {
        Session owner = Env.auto(env.connect());
        TemporaryQueue temporary = owner.createTemporaryQueue();
        try {
            Env.auto(env.connect()).createConsumer(temporary);
        } catch (InvalidDestinationException expected) {
            return;
        }
        throw new AssertionError("another connection consumes from a temporary queue");
    }

    private static void temporaryTopic(Env env) throws Exception {
        Session owner = Env.auto(env.connect());
        TemporaryTopic temporary = owner.createTemporaryTopic();
        MessageConsumer consumer = owner.createConsumer(temporary);
        Env.send(Env.auto(env.connect()), temporary, "a", "b");
        Env.expectTexts(consumer, "a", "b");
    }

    private static void browse(Env env) throws Exception {
        Session session = Env.auto(env.connect());
        Queue queue = env.queue(session);
        Env.send(session, queue, Env.numbered(700));
        List<String> seen = new ArrayList<>();
        QueueBrowser browser = session.createBrowser(queue);
        for (Object message : Collections.list(browser.getEnumeration())) {
            seen.add(Env.text((Message) message));
        }
        browser.close();
        Env.same(List.of(Env.numbered(700)), seen);
        MessageConsumer consumer = session.createConsumer(queue);
        Message first = consumer.receive(Env.SOON_MS);
        Env.same("m0", Env.text(first));
        Env.same(false, first.getJMSRedelivered());
        for (int i = 1; i < 700; i++) Env.expectTexts(consumer, "m" + i);
        consumer.close();
        env.expectEmpty();
        browser = session.createBrowser(queue);
        Env.same(false, browser.getEnumeration().hasMoreElements());
    }

    private static void compositeSend(Env env) throws Exception {
        Session session = Env.auto(env.connect());
        String name = env.name();
        MessageConsumer topic = session.createConsumer(session.createTopic(name + ".T"));
        Queue all = session.createQueue(name + ".A," + name + ".B,topic://" + name + ".T");
        Env.send(session, all, "to all");
        Env.expectTexts(topic, "to all");
        for (String part : new String[] {".A", ".B"}) {
            Queue queue = session.createQueue(name + part);
            Message message = session.createConsumer(queue).receive(Env.SOON_MS);
            Env.same("to all", Env.text(message));
            Env.same(queue, message.getJMSDestination());
        }
    }

    private static void compositeConsume(Env env) throws Exception {
        Session session = Env.auto(env.connect());
        String name = env.name();
        Queue both = session.createQueue(name + ".A," + name + ".B");
        MessageConsumer consumer = session.createConsumer(both);
        Env.send(session, session.createQueue(name + ".A"), "a");
        Env.expectTexts(consumer, "a");
        Env.send(session, session.createQueue(name + ".B"), "b");
        Env.expectTexts(consumer, "b");
        consumer.close();
        Env.expectNothing(session.createConsumer(both));
    }

    private static void wildcard(Env env) throws Exception {
        Session session = Env.auto(env.connect());
        String name = env.name();
        MessageConsumer consumer = session.createConsumer(session.createTopic(name + ".>"));
        Env.send(session, session.createTopic(name + ".x"), "a");
        Env.send(session, session.createTopic(name + ".y.z"), "b");
        Env.send(session, session.createTopic("other"), "c");
        Env.expectTexts(consumer, "a", "b");
        Env.expectNothing(consumer);
    }

    private static void advisories(Env env) throws Exception {
        Session session = Env.auto(env.connect());
        ActiveMQDestination queue = (ActiveMQDestination) env.queue(session);
        session.createConsumer(queue);
        MessageConsumer watcher =
            session.createConsumer(AdvisorySupport.getConsumerAdvisoryTopic(queue));
        expectConsumer(watcher, 1);
        MessageConsumer second = session.createConsumer(queue);
        expectConsumer(watcher, 2);
        second.close();
        Message gone = watcher.receive(Env.SOON_MS);
        Env.same(1, gone.getIntProperty("consumerCount"));
    }

    private static void expectConsumer(MessageConsumer watcher, int count) throws JMSException {
        ActiveMQMessage advisory = (ActiveMQMessage) watcher.receive(Env.SOON_MS);
        Env.isTrue(advisory != null, "no advisory came");
        Env.isTrue(advisory.getDataStructure() instanceof ConsumerInfo, "it carries ConsumerInfo");
        Env.same(count, advisory.getIntProperty("consumerCount"));
    }

    private static void clientIdInUse(Env env) throws Exception {
        named(env, "only-one");
        try {
            named(env, "only-one");
        } catch (InvalidClientIDException expected) {
            return;
        }
        throw new AssertionError("two connections have one client id");
    }
}
