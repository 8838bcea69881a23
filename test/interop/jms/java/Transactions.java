import java.util.Map;

import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.Queue;
import javax.jms.Session;

import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.RedeliveryPolicy;

/** Local transactions and redelivery. */
final class Transactions {
    private Transactions() {
    }

    static void addTo(Map<String, Scenario> scenarios) {
        scenarios.put("transacted-send", Transactions::send);
        scenarios.put("transacted-receive", Transactions::receive);
        scenarios.put("transacted-transfer", Transactions::transfer);
        scenarios.put("transaction-of-many", Transactions::many);
        scenarios.put("transaction-of-a-closed-connection", Transactions::abandoned);
        scenarios.put("poison-to-dead-letter-queue", Transactions::poison);
        scenarios.put("poison-outside-transactions", Transactions::poisonAuto);
    }

    private static void send(Env env) throws Exception {
        Session session = Env.transacted(env.connect());
        Session other = Env.auto(env.connect());
        MessageConsumer consumer = other.createConsumer(env.queue(other));
        Env.send(session, env.queue(session), "a", "b");
        Env.expectNothing(consumer);
        session.commit();
        Env.expectTexts(consumer, "a", "b");
        Env.send(session, env.queue(session), "c");
        session.rollback();
        Env.send(session, env.queue(session), "d");
        session.commit();
        Env.expectTexts(consumer, "d");
        Env.expectNothing(consumer);
    }

    private static void receive(Env env) throws Exception {
        ActiveMQConnection connection = env.connect();
        connection.getRedeliveryPolicy().setInitialRedeliveryDelay(0);
        Session session = Env.transacted(connection);
        Env.send(session, env.queue(session), "a", "b", "c");
        session.commit();
        MessageConsumer consumer = session.createConsumer(env.queue(session));
        Env.expectTexts(consumer, "a", "b");
        session.rollback();
        Message again = consumer.receive(Env.SOON_MS);
        Env.same("a", Env.text(again));
        Env.same(true, again.getJMSRedelivered());
        Env.same(2, again.getIntProperty("JMSXDeliveryCount"));
        Env.expectTexts(consumer, "b", "c");
        session.commit();
        session.close();
        env.expectEmpty();
    }

    private static void transfer(Env env) throws Exception {
        Session session = Env.transacted(env.connect());
        Queue source = env.queue(session);
        Queue target = session.createQueue(env.name() + ".target");
        Env.send(session, source, Env.numbered(20));
        session.commit();
        MessageConsumer consumer = session.createConsumer(source);
        for (int i = 0; i < 20; i++) {
            Env.send(session, target, Env.receive(consumer));
            if (i % 5 == 4) session.commit();
        }
        session.close();
        Session other = Env.auto(env.connect());
        MessageConsumer moved = other.createConsumer(target);
        Env.expectTexts(moved, Env.numbered(20));
        Env.expectNothing(moved);
        env.expectEmpty();
    }

    private static void many(Env env) throws Exception {
        Session session = Env.transacted(env.connect());
        Env.send(session, env.queue(session), Env.numbered(3000));
        session.commit();
        MessageConsumer consumer = session.createConsumer(env.queue(session));
        Env.expectTexts(consumer, Env.numbered(3000));
        session.commit();
        session.close();
        env.expectEmpty();
    }

    private static void abandoned(Env env) throws Exception {
        ActiveMQConnection connection = env.connect();
        Session session = Env.transacted(connection);
        Env.send(session, env.queue(session), "a");
        session.commit();
        MessageConsumer consumer = session.createConsumer(env.queue(session));
        Env.expectTexts(consumer, "a");
        Env.send(session, env.queue(session), "never");
        connection.close();
        Session next = Env.auto(env.connect());
        MessageConsumer rest = next.createConsumer(env.queue(next));
        Env.expectTexts(rest, "a");
        Env.expectNothing(rest);
    }

    private static void poison(Env env) throws Exception {
        ActiveMQConnection connection = env.connect();
        immediately(connection.getRedeliveryPolicy());
        Session session = Env.transacted(connection);
        Env.send(session, env.queue(session), "bad", "good");
        session.commit();
        MessageConsumer consumer = session.createConsumer(env.queue(session));
        for (int attempt = 1; attempt <= 3; attempt++) {
            Message message = consumer.receive(Env.SOON_MS);
            Env.same("bad", Env.text(message));
            Env.same(attempt, message.getIntProperty("JMSXDeliveryCount"));
            session.rollback();
        }
        Env.expectTexts(consumer, "good");
        session.commit();
        expectDeadLetter(env, "bad");
    }

    private static void poisonAuto(Env env) throws Exception {
        ActiveMQConnection connection = env.connect();
        immediately(connection.getRedeliveryPolicy());
        Session session = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE);
        Env.send(session, env.queue(session), "worse");
        MessageConsumer consumer = session.createConsumer(env.queue(session));
        for (int attempt = 0; attempt < 3; attempt++) {
            Env.expectTexts(consumer, "worse");
            session.recover();
        }
        Env.expectNothing(consumer);
        expectDeadLetter(env, "worse");
    }

    private static void immediately(RedeliveryPolicy policy) {
        policy.setMaximumRedeliveries(2);
        policy.setInitialRedeliveryDelay(0);
        policy.setRedeliveryDelay(0);
    }

    private static void expectDeadLetter(Env env, String text) throws Exception {
        Session session = Env.auto(env.connect());
        MessageConsumer dead = session.createConsumer(session.createQueue("ActiveMQ.DLQ"));
        Message letter = dead.receive(Env.SOON_MS);
        Env.same(text, Env.text(letter));
        String cause = letter.getStringProperty("dlqDeliveryFailureCause");
        Env.isTrue(cause != null && cause.contains("redelivery policy"), "the cause is " + cause);
        Env.same(false, letter.getJMSRedelivered());
        org.apache.activemq.command.ActiveMQMessage message =
            (org.apache.activemq.command.ActiveMQMessage) letter;
        Env.same(env.name(), message.getOriginalDestination().getPhysicalName());
    }
}
