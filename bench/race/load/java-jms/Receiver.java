import javax.jms.BytesMessage;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.Session;

import org.apache.activemq.ActiveMQConnection;

/** One consumer of a queue that acknowledges many messages at a time. */
final class Receiver {
    private final ActiveMQConnection connection;
    private final MessageConsumer consumer;
    private final int acknowledgeEvery;
    private Message last;
    private int unacknowledged;

    Receiver(JmsClient client, Arguments arguments) throws JMSException {
        acknowledgeEvery = arguments.number("acknowledgeEvery", 1);
        connection = client.connect(arguments.number("prefetch", 1000));
        Session session = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE);
        consumer = session.createConsumer(session.createQueue(arguments.text("queue")));
    }

    /** The next message; null when none comes in time. Acknowledges those before it when due. */
    BytesMessage receive(long withinMs) throws JMSException {
        if (unacknowledged == acknowledgeEvery) acknowledge();
        Message message = consumer.receive(withinMs);
        if (message == null) return null;
        last = message;
        unacknowledged++;
        return (BytesMessage) message;
    }

    /** Acknowledges all that came, and returns when that is confirmed. */
    void finish() throws JMSException {
        connection.setSendAcksAsync(false);
        if (unacknowledged > 0) acknowledge();
    }

    void close() throws JMSException {
        connection.close();
    }

    private void acknowledge() throws JMSException {
        last.acknowledge();
        unacknowledged = 0;
    }
}
