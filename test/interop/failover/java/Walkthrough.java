import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

import javax.jms.DeliveryMode;
import javax.jms.JMSException;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Session;
import javax.jms.TextMessage;

import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.ActiveMQConnectionFactory;

/**
 * One JMS client that lives as long as a walkthrough takes, whatever becomes of the brokers. Obeys
 * commands on standard input and answers each with one line: "send TEXT" is answered when the
 * message is confirmed, "receive WITHIN_MS" when a message came or did not, "quit" at the end.
 */
public final class Walkthrough {
    private final EventLog log = new EventLog(System.out);
    private final ActiveMQConnection connection;
    private final Session session;
    private final MessageProducer producer;
    private final MessageConsumer consumer;

    private Walkthrough(String uri, String queue) throws JMSException {
        connection = (ActiveMQConnection) new ActiveMQConnectionFactory(uri).createConnection();
        connection.start();
        session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
        producer = session.createProducer(session.createQueue(queue));
        producer.setDeliveryMode(DeliveryMode.PERSISTENT);
        consumer = session.createConsumer(session.createQueue(queue));
    }

    public static void main(String[] args) throws Exception {
        Arguments arguments = new Arguments(args);
        new Walkthrough(arguments.text("uri"), arguments.text("queue", "walkthrough")).obey();
        System.exit(0);
    }

    private void obey() throws Exception {
        log.write("ready");
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) {
            int space = line.indexOf(' ');
            String verb = space < 0 ? line : line.substring(0, space);
            String rest = space < 0 ? "" : line.substring(space + 1);
            if (verb.equals("quit")) break;
            try {
                answer(verb, rest);
            } catch (JMSException error) {
                log.write("error", "message", error.toString());
            }
        }
        connection.close();
        log.write("quit");
    }

    private void answer(String verb, String rest) throws JMSException {
        switch (verb) {
            case "send":
                producer.send(session.createTextMessage(rest));
                log.write("sent", "text", rest);
                break;
            case "receive":
                TextMessage message = (TextMessage) consumer.receive(Long.parseLong(rest));
                if (message == null) log.write("nothing");
                else log.write("received", "text", message.getText(),
                    "redelivered", message.getJMSRedelivered());
                break;
            default:
                log.write("error", "message", "no such command: " + verb);
        }
    }
}
