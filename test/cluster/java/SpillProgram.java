import java.util.Arrays;
import javax.jms.BytesMessage;
import javax.jms.Connection;
import javax.jms.DeliveryMode;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Queue;
import javax.jms.Session;

import org.apache.activemq.ActiveMQConnectionFactory;

/**
 * `send URI QUEUE COUNT BYTES` sends numbered non-persistent messages; `receive URI QUEUE COUNT`
 * takes them, and fails where one is missing or out of order.
 */
public final class SpillProgram {
    private static final long WITHIN_MS = 20_000;

    private SpillProgram() {
    }

    public static void main(String[] args) throws Exception {
        Connection connection = new ActiveMQConnectionFactory(args[1]).createConnection();
        connection.start();
        try {
            Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
            Queue queue = session.createQueue(args[2]);
            int count = Integer.parseInt(args[3]);
            if (args[0].equals("send")) send(session, queue, count, Integer.parseInt(args[4]));
            else receive(session.createConsumer(queue), count);
        } finally {
            connection.close();
        }
        System.out.println("done");
    }

    private static void send(Session session, Queue queue, int count, int bytes) throws Exception {
        MessageProducer producer = session.createProducer(queue);
        producer.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
        byte[] body = new byte[bytes];
        Arrays.fill(body, (byte) 'x');
        for (int i = 0; i < count; i++) {
            BytesMessage message = session.createBytesMessage();
            message.setIntProperty("number", i);
            message.writeBytes(body);
            producer.send(message);
        }
    }

    private static void receive(MessageConsumer consumer, int count) throws Exception {
        for (int i = 0; i < count; i++) {
            Message message = consumer.receive(WITHIN_MS);
            if (message == null) throw new IllegalStateException("nothing came for " + i);
            int number = message.getIntProperty("number");
            if (number != i) throw new IllegalStateException(number + " came for " + i);
        }
        if (consumer.receive(200) != null) throw new IllegalStateException("there is one too many");
    }
}
