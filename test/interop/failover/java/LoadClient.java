import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

import javax.jms.BytesMessage;
import javax.jms.DeliveryMode;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Session;

import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.ActiveMQConnectionFactory;
import org.apache.activemq.transport.TransportListener;

/**
 * A steady flow through one queue, with a log of everything that its clients did and saw.
 *
 * Each producer has its own connection and sends persistent messages named "producer:number", the
 * next when the one before is confirmed and its time has come. Each consumer has its own
 * connection, too, so that the loss of one says nothing of another. The name travels as the body,
 * padded to the wanted size.
 *
 * Commands on standard input, one a line: "produce" starts the producers again, "pause" lets them
 * finish the send they are in, "quit" ends. Each is answered by an event of that name.
 */
public final class LoadClient {
    private static final long RECEIVE_MS = 200;

    private final EventLog log = new EventLog(System.out);
    private final Arguments arguments;
    private final List<Thread> producers = new ArrayList<>();
    private final Object gate = new Object();
    private volatile boolean producing;
    private volatile boolean ended;
    private int idleProducers;

    private LoadClient(Arguments arguments) {
        this.arguments = arguments;
    }

    public static void main(String[] args) throws Exception {
        new LoadClient(new Arguments(args)).run();
    }

    private void run() throws Exception {
        int producerCount = arguments.number("producers", 4);
        int consumerCount = arguments.number("consumers", 2);
        List<ActiveMQConnection> connections = new ArrayList<>();
        for (int c = 0; c < consumerCount; c++) {
            ActiveMQConnection connection = connect("consumer-" + c);
            connections.add(connection);
            int consumer = c;
            start("consumer-" + c, () -> consume(connection, consumer));
        }
        for (int p = 0; p < producerCount; p++) {
            ActiveMQConnection connection = connect("producer-" + p);
            connections.add(connection);
            int producer = p;
            producers.add(start("producer-" + p, () -> produce(connection, producer)));
        }
        log.write("ready");
        obey();
        ended = true;
        setProducing(false);
        for (ActiveMQConnection connection : connections) closeQuietly(connection);
        log.write("quit");
        System.exit(0);
    }

    private void obey() throws Exception {
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) {
            switch (line.trim()) {
                case "produce":
                    setProducing(true);
                    log.write("producing");
                    break;
                case "pause":
                    setProducing(false);
                    start("pause", this::reportPaused);
                    break;
                case "quit":
                    return;
                default:
                    log.write("error", "message", "no such command: " + line);
            }
        }
    }

    private void setProducing(boolean wanted) {
        synchronized (gate) {
            producing = wanted;
            gate.notifyAll();
        }
    }

    /** Says that the producers are paused once the last pending send has its outcome. */
    private void reportPaused() throws InterruptedException {
        synchronized (gate) {
            while (!producing && idleProducers < producers.size()) gate.wait();
        }
        log.write("paused");
    }

    private ActiveMQConnection connect(String party) throws JMSException {
        ActiveMQConnectionFactory factory = new ActiveMQConnectionFactory(arguments.text("uri"));
        ActiveMQConnection connection = (ActiveMQConnection) factory.createConnection();
        connection.setExceptionListener(
            error -> log.write("exception", "party", party, "message", error.toString()));
        connection.addTransportListener(new TransportListener() {
            @Override public void onCommand(Object command) {}

            @Override public void onException(IOException error) {
                log.write("exception", "party", party, "message", error.toString());
            }

            @Override public void transportInterupted() {
                log.write("interrupted", "party", party);
            }

            @Override public void transportResumed() {
                log.write("resumed", "party", party);
            }
        });
        connection.start();
        return connection;
    }

    private interface Work {
        void run() throws Exception;
    }

    private Thread start(String name, Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (Exception error) {
                if (!ended) log.write("error", "party", name, "message", error.toString());
            }
        }, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void produce(ActiveMQConnection connection, int producer) throws Exception {
        Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
        MessageProducer sender = session.createProducer(session.createQueue(queue()));
        sender.setDeliveryMode(DeliveryMode.PERSISTENT);
        int size = arguments.number("body", 200);
        int rate = arguments.number("rate", 0);
        long periodNs = rate > 0 ? 1_000_000_000L / rate : 0;
        long next = System.nanoTime();
        for (int n = 1; ; n++) {
            if (awaitGate()) next = System.nanoTime();
            if (ended) return;
            sendOne(session, sender, producer, n, size);
            next += periodNs;
            long wait = next - System.nanoTime();
            if (wait > 0) LockSupport.parkNanos(wait);
            // After an outage the flow goes on at its rate; it does not catch up in a burst.
            else if (wait < -1_000_000_000L) next = System.nanoTime();
        }
    }

    /** Returns true when it had to wait. */
    private boolean awaitGate() throws InterruptedException {
        synchronized (gate) {
            if (producing || ended) return false;
            idleProducers++;
            gate.notifyAll();
            while (!producing && !ended) gate.wait();
            idleProducers--;
            return true;
        }
    }

    private void sendOne(Session session, MessageProducer sender, int producer, int n, int size)
            throws JMSException {
        BytesMessage message = session.createBytesMessage();
        byte[] name = (producer + ":" + n + " ").getBytes(StandardCharsets.US_ASCII);
        message.writeBytes(name);
        if (size > name.length) message.writeBytes(new byte[size - name.length]);
        log.write("invoke", "p", producer, "n", n);
        try {
            sender.send(message);
            log.write("ok", "p", producer, "n", n);
        } catch (JMSException error) {
            log.write("fail", "p", producer, "n", n, "message", error.toString());
        }
    }

    private void consume(ActiveMQConnection connection, int consumer) throws Exception {
        boolean clientAck = arguments.text("ack", "auto").equals("client");
        int mode = clientAck ? Session.CLIENT_ACKNOWLEDGE : Session.AUTO_ACKNOWLEDGE;
        Session session = connection.createSession(false, mode);
        MessageConsumer receiver = session.createConsumer(session.createQueue(queue()));
        while (!ended) {
            Message message = receiver.receive(RECEIVE_MS);
            if (message == null) continue;
            String[] name = nameOf((BytesMessage) message).split(":");
            log.write("receive", "c", consumer, "p", Integer.parseInt(name[0]),
                "n", Integer.parseInt(name[1]), "redelivered", message.getJMSRedelivered(),
                "count", message.getIntProperty("JMSXDeliveryCount"));
            if (clientAck) acknowledge(message, consumer);
        }
    }

    private void acknowledge(Message message, int consumer) {
        try {
            message.acknowledge();
        } catch (JMSException error) {
            log.write("ackFail", "c", consumer, "message", error.toString());
        }
    }

    private static String nameOf(BytesMessage message) throws JMSException {
        byte[] bytes = new byte[32];
        int length = message.readBytes(bytes);
        String text = new String(bytes, 0, Math.max(0, length), StandardCharsets.US_ASCII);
        return text.substring(0, text.indexOf(' '));
    }

    private String queue() {
        return arguments.text("queue", "load");
    }

    private static void closeQuietly(ActiveMQConnection connection) {
        try {
            connection.close();
        } catch (JMSException ignored) {
            // The program ends either way, and what was confirmed is in the log already.
        }
    }
}
