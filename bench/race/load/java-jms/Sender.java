import java.util.concurrent.Semaphore;

import javax.jms.BytesMessage;
import javax.jms.DeliveryMode;
import javax.jms.JMSException;
import javax.jms.Session;

import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.ActiveMQMessageProducer;
import org.apache.activemq.AsyncCallback;
import org.apache.activemq.command.ActiveMQDestination;

/** Persistent messages on a connection of its own, up to so many of them unconfirmed. */
final class Sender {
    /** Hears of each confirmation, when its send was called. */
    interface Listener {
        void confirmed(long startedNanos);
    }

    private final ActiveMQConnection connection;
    private final Session session;
    private final ActiveMQMessageProducer producer;
    private final ActiveMQDestination[] destinations;
    private final Bodies bodies;
    private final int window;
    private final Semaphore free;
    private final Meter meter;
    private final Listener listener;
    private int next;

    Sender(JmsClient client, ActiveMQDestination[] destinations, Arguments arguments,
            Meter meter, Listener listener) throws JMSException {
        this.destinations = destinations;
        this.meter = meter;
        this.listener = listener;
        window = arguments.number("window", 1000);
        free = new Semaphore(window);
        bodies = new Bodies(arguments.number("bytes", 0));
        connection = client.connect();
        session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
        producer = (ActiveMQMessageProducer) session.createProducer(null);
        producer.setDeliveryMode(DeliveryMode.PERSISTENT);
    }

    /** To the next destination, as soon as the window has room. */
    void send() throws Exception {
        BytesMessage message = session.createBytesMessage();
        bodies.write(message);
        send(message);
    }

    void sendStamped(long stamp) throws Exception {
        BytesMessage message = session.createBytesMessage();
        bodies.write(message, stamp);
        send(message);
    }

    /** Until nothing is unconfirmed. */
    void finish() throws InterruptedException {
        free.acquire(window);
    }

    void close() throws JMSException {
        connection.close();
    }

    private void send(BytesMessage message) throws Exception {
        ActiveMQDestination destination = destinations[next];
        next = (next + 1) % destinations.length;
        if (window == 1) {
            long started = System.nanoTime();
            producer.send(destination, message);
            listener.confirmed(started);
            return;
        }
        free.acquire();
        long started = System.nanoTime();
        producer.send(destination, message, new AsyncCallback() {
            @Override public void onSuccess() {
                listener.confirmed(started);
                free.release();
            }

            @Override public void onException(JMSException error) {
                meter.fail(error);
                free.release();
            }
        });
    }
}
