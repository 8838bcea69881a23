import javax.jms.Connection;
import javax.jms.JMSException;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Queue;
import javax.jms.Session;
import javax.jms.TextMessage;

import java.io.IOException;

import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.ActiveMQConnectionFactory;
import org.apache.activemq.transport.TransportListener;

/**
 * ActiveMQ's own Java client, with the failover: address of the three brokers. "send N" sends N
 * messages, "receive N" receives them, "steady" sends one after the other and receives each.
 */
public final class TutorialClient {
    private static final String BROKERS =
        "failover:(tcp://localhost:61616,tcp://localhost:61617,tcp://localhost:61618)"
            + "?maxReconnectDelay=1000";
    private static final long RECEIVE_WITHIN_MS = 20_000;
    private static final long PAUSE_MS = 500;

    private final Session session;
    private final Queue queue;

    private TutorialClient(Connection connection, String queueName) throws JMSException {
        session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
        queue = session.createQueue(queueName);
    }

    public static void main(String[] args) throws Exception {
        String verb = args.length > 0 ? args[0] : "";
        int count = args.length > 1 ? Integer.parseInt(args[1]) : 3;
        ActiveMQConnection connection =
            (ActiveMQConnection) new ActiveMQConnectionFactory(BROKERS).createConnection();
        connection.start();
        switch (verb) {
            case "send":
                new TutorialClient(connection, "TUTORIAL").send(count);
                break;
            case "receive":
                new TutorialClient(connection, "TUTORIAL").receive(count);
                break;
            case "steady":
                connection.addTransportListener(new FailoverTeller());
                new TutorialClient(connection, "TUTORIAL.STEADY").goOn();
                break;
            default:
                System.err.println("usage: ./client.sh send N | receive N | steady");
                System.exit(2);
        }
        connection.close();
    }

    /** A send returns when the broker has confirmed the message: messages are persistent. */
    private void send(int count) throws JMSException {
        MessageProducer producer = session.createProducer(queue);
        for (int number = 1; number <= count; number++) {
            producer.send(session.createTextMessage("message " + number));
            System.out.println("message " + number + " confirmed");
        }
    }

    private void receive(int count) throws JMSException {
        MessageConsumer consumer = session.createConsumer(queue);
        for (int i = 0; i < count; i++) {
            TextMessage message = (TextMessage) consumer.receive(RECEIVE_WITHIN_MS);
            if (message == null) throw new JMSException("no message came");
            System.out.println(message.getText() + " received");
        }
    }

    private void goOn() throws JMSException, InterruptedException {
        MessageProducer producer = session.createProducer(queue);
        MessageConsumer consumer = session.createConsumer(queue);
        for (int number = 1; ; number++) {
            System.out.println("message " + number + " sent");
            long beganNs = System.nanoTime();
            producer.send(session.createTextMessage("message " + number));
            long tookMs = (System.nanoTime() - beganNs) / 1_000_000;
            TextMessage message = (TextMessage) consumer.receive(RECEIVE_WITHIN_MS);
            String received = message == null ? "nothing" : message.getText();
            System.out.println(
                "message " + number + " confirmed after " + tookMs + " ms, received: " + received);
            Thread.sleep(PAUSE_MS);
        }
    }

    /** Says when the client loses its broker, and when it has found the next one. */
    private static final class FailoverTeller implements TransportListener {
        @Override
        public void transportInterupted() {
            System.out.println("the broker is gone");
        }

        @Override
        public void transportResumed() {
            System.out.println("another broker serves");
        }

        @Override
        public void onCommand(Object command) {}

        @Override
        public void onException(IOException error) {}
    }
}
