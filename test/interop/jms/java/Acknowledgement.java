import java.util.Map;

import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.Session;

import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.ActiveMQSession;

/** Acknowledgement modes. */
final class Acknowledgement {
    private Acknowledgement() {
    }

    static void addTo(Map<String, Scenario> scenarios) {
        scenarios.put("auto-acknowledge", Acknowledgement::auto);
        scenarios.put("client-acknowledge", Acknowledgement::client);
        scenarios.put("client-acknowledge-all", Acknowledgement::clientAll);
        scenarios.put("dups-ok-acknowledge", Acknowledgement::dupsOk);
        scenarios.put("individual-acknowledge", Acknowledgement::individual);
        scenarios.put("optimized-acknowledge", Acknowledgement::optimized);
        scenarios.put("session-recover", Acknowledgement::recover);
        scenarios.put("unacknowledged-after-close", Acknowledgement::afterClose);
    }

    private static void auto(Env env) throws Exception {
        Session session = Env.auto(env.connect());
        Env.send(session, env.queue(session), Env.numbered(10));
        MessageConsumer consumer = session.createConsumer(env.queue(session));
        Env.expectTexts(consumer, Env.numbered(10));
        consumer.close();
        env.expectEmpty();
    }

    private static void client(Env env) throws Exception {
        ActiveMQConnection connection = env.connect();
        Session session = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE);
        Env.send(session, env.queue(session), Env.numbered(5));
        MessageConsumer consumer = session.createConsumer(env.queue(session));
        Env.expectTexts(consumer, "m0", "m1");
        Message third = consumer.receive(Env.SOON_MS);
        third.acknowledge();
        Env.expectTexts(consumer, "m3");
        connection.close();
        Session next = Env.auto(env.connect());
        MessageConsumer rest = next.createConsumer(env.queue(next));
        Message fourth = rest.receive(Env.SOON_MS);
        Env.same("m3", Env.text(fourth));
        Env.same(true, fourth.getJMSRedelivered());
        Env.same(2, fourth.getIntProperty("JMSXDeliveryCount"));
        Message fifth = rest.receive(Env.SOON_MS);
        Env.same("m4", Env.text(fifth));
        Env.same(false, fifth.getJMSRedelivered());
        Env.expectNothing(rest);
    }

    private static void clientAll(Env env) throws Exception {
        Session session = env.connect().createSession(false, Session.CLIENT_ACKNOWLEDGE);
        Env.send(session, env.queue(session), Env.numbered(2000));
        MessageConsumer consumer = session.createConsumer(env.queue(session));
        Message last = null;
        for (int i = 0; i < 2000; i++) {
            last = consumer.receive(Env.SOON_MS);
            Env.same("m" + i, Env.text(last));
        }
        last.acknowledge();
        session.close();
        env.expectEmpty();
    }

    private static void dupsOk(Env env) throws Exception {
        Session session = env.connect().createSession(false, Session.DUPS_OK_ACKNOWLEDGE);
        Env.send(session, env.queue(session), Env.numbered(1500));
        MessageConsumer consumer = session.createConsumer(env.queue(session));
        Env.expectTexts(consumer, Env.numbered(1500));
        consumer.close();
        session.close();
        env.expectEmpty();
    }

    private static void individual(Env env) throws Exception {
        ActiveMQConnection connection = env.connect();
        Session session = connection.createSession(false, ActiveMQSession.INDIVIDUAL_ACKNOWLEDGE);
        Env.send(session, env.queue(session), Env.numbered(3));
        MessageConsumer consumer = session.createConsumer(env.queue(session));
        Env.expectTexts(consumer, "m0");
        consumer.receive(Env.SOON_MS).acknowledge();
        Env.expectTexts(consumer, "m2");
        connection.close();
        Session next = Env.auto(env.connect());
        MessageConsumer rest = next.createConsumer(env.queue(next));
        Env.expectTexts(rest, "m0", "m2");
        Env.expectNothing(rest);
    }

    private static void optimized(Env env) throws Exception {
        ActiveMQConnection connection = env.connect("jms.optimizeAcknowledge=true");
        Session session = Env.auto(connection);
        Env.send(session, env.queue(session), Env.numbered(1200));
        MessageConsumer consumer = session.createConsumer(env.queue(session));
        Env.expectTexts(consumer, Env.numbered(1200));
        consumer.close();
        env.expectEmpty();
    }

    private static void recover(Env env) throws Exception {
        ActiveMQConnection connection = env.connect();
        connection.getRedeliveryPolicy().setInitialRedeliveryDelay(0);
        Session session = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE);
        Env.send(session, env.queue(session), Env.numbered(3));
        MessageConsumer consumer = session.createConsumer(env.queue(session));
        Env.expectTexts(consumer, "m0", "m1");
        session.recover();
        Message again = consumer.receive(Env.SOON_MS);
        Env.same("m0", Env.text(again));
        Env.same(true, again.getJMSRedelivered());
        Env.expectTexts(consumer, "m1");
        consumer.receive(Env.SOON_MS).acknowledge();
        session.close();
        env.expectEmpty();
    }

    private static void afterClose(Env env) throws Exception {
        ActiveMQConnection connection = env.connect();
        Session session = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE);
        Env.send(session, env.queue(session), Env.numbered(4));
        MessageConsumer consumer = session.createConsumer(env.queue(session));
        Env.expectTexts(consumer, "m0", "m1");
        session.close();
        Session next = Env.auto(connection);
        MessageConsumer rest = next.createConsumer(env.queue(next));
        Env.expectTexts(rest, Env.numbered(4));
        Env.expectNothing(rest);
    }
}
