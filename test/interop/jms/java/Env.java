import java.util.ArrayList;
import java.util.List;

import javax.jms.Connection;
import javax.jms.Destination;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Queue;
import javax.jms.Session;
import javax.jms.TextMessage;

import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.ActiveMQConnectionFactory;

/** What a scenario needs: connections that are closed behind it, names of its own, checks. */
final class Env implements AutoCloseable {
    static final long SOON_MS = 5000;
    static final long NEVER_MS = 300;

    private final String uri;
    private final String name;
    private final List<Connection> connections = new ArrayList<>();

    Env(String uri, String name) {
        this.uri = uri;
        this.name = name;
    }

    ActiveMQConnection connect() throws JMSException {
        return connect("");
    }

    /** Connects with further options of the client or the wire format. */
    ActiveMQConnection connect(String options) throws JMSException {
        ActiveMQConnection connection = open(options);
        connection.start();
        return connection;
    }

    ActiveMQConnection open(String options) throws JMSException {
        String query = options.isEmpty() ? "" : "?" + options;
        ActiveMQConnectionFactory factory = new ActiveMQConnectionFactory(uri + query);
        ActiveMQConnection connection = (ActiveMQConnection) factory.createConnection();
        connections.add(connection);
        return connection;
    }

    static Session auto(Connection connection) throws JMSException {
        return connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
    }

    static Session transacted(Connection connection) throws JMSException {
        return connection.createSession(true, Session.SESSION_TRANSACTED);
    }

    Queue queue(Session session) throws JMSException {
        return session.createQueue(name);
    }

    String name() {
        return name;
    }

    static void send(Session session, Destination destination, String... texts)
        throws JMSException {
        MessageProducer producer = session.createProducer(destination);
        for (String text : texts) producer.send(session.createTextMessage(text));
        producer.close();
    }

    static String[] numbered(int count) {
        String[] texts = new String[count];
        for (int i = 0; i < count; i++) texts[i] = "m" + i;
        return texts;
    }

    static String text(Message message) throws JMSException {
        return message == null ? null : ((TextMessage) message).getText();
    }

    static String receive(MessageConsumer consumer) throws JMSException {
        return text(consumer.receive(SOON_MS));
    }

    static void expectTexts(MessageConsumer consumer, String... texts) throws JMSException {
        for (String expected : texts) same(expected, receive(consumer));
    }

    static void expectNothing(MessageConsumer consumer) throws JMSException {
        same(null, text(consumer.receive(NEVER_MS)));
    }

    /** Nothing is left in the scenario's queue. */
    void expectEmpty() throws JMSException {
        Session session = auto(connect());
        expectNothing(session.createConsumer(queue(session)));
    }

    static void same(Object expected, Object actual) {
        boolean equal = expected == null ? actual == null : expected.equals(actual);
        if (!equal) throw new AssertionError("expected " + expected + ", got " + actual);
    }

    static void isTrue(boolean condition, String what) {
        if (!condition) throw new AssertionError(what);
    }

    @Override
    public void close() {
        for (Connection connection : connections) {
            try {
                connection.close();
            } catch (JMSException ignored) {
                // The scenario may have broken it on purpose.
            }
        }
    }
}
