import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;

import javax.jms.BytesMessage;
import javax.jms.DeliveryMode;
import javax.jms.JMSException;
import javax.jms.MessageConsumer;
import javax.jms.Session;

import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.ActiveMQConnectionFactory;
import org.apache.activemq.ActiveMQMessageProducer;
import org.apache.activemq.AsyncCallback;

/**
 * Rates of confirmed persistent sends: so many senders, each with its own connection, each with so
 * many sends in flight. After a warm-up the confirmations of a fixed stretch of time are counted.
 *
 * Prints one JSON object: confirmed sends, seconds, and the times from send to confirmation.
 */
public final class Rates {
    private static final long QUIET_MS = 1000;

    private final Arguments arguments;
    private final int window;
    private final byte[] body;
    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private volatile boolean measuring;
    private volatile boolean ended;

    private Rates(Arguments arguments) {
        this.arguments = arguments;
        window = arguments.number("window", 1);
        body = new byte[arguments.number("body", 1024)];
    }

    public static void main(String[] args) throws Exception {
        new Rates(new Arguments(args)).run();
    }

    private void run() throws Exception {
        int senders = arguments.number("senders", 1);
        List<Sender> all = new ArrayList<>();
        for (int i = 0; i < senders; i++) all.add(new Sender());
        for (Sender sender : all) sender.start();
        Thread.sleep(arguments.number("warmup", 2000));
        measuring = true;
        long started = System.nanoTime();
        Thread.sleep(arguments.number("measure", 5000));
        measuring = false;
        double seconds = (System.nanoTime() - started) / 1e9;
        ended = true;
        for (Sender sender : all) sender.join();
        if (failure.get() != null) throw failure.get();
        report(all, seconds);
        drain();
        for (Sender sender : all) sender.connection.close();
        System.exit(0);
    }

    /** Leaves no backlog to whatever is measured next. */
    private void drain() throws JMSException {
        ActiveMQConnectionFactory factory = new ActiveMQConnectionFactory(arguments.text("uri"));
        factory.setOptimizeAcknowledge(true);
        ActiveMQConnection connection = (ActiveMQConnection) factory.createConnection();
        connection.start();
        Session session = connection.createSession(false, Session.DUPS_OK_ACKNOWLEDGE);
        MessageConsumer consumer = session.createConsumer(session.createQueue(queue()));
        while (consumer.receive(QUIET_MS) != null) continue;
        connection.close();
    }

    private String queue() {
        return arguments.text("queue", "rates");
    }

    private static void report(List<Sender> all, double seconds) {
        int total = 0;
        for (Sender sender : all) total += sender.count;
        double[] times = new double[total];
        int at = 0;
        for (Sender sender : all) {
            System.arraycopy(sender.times, 0, times, at, sender.count);
            at += sender.count;
        }
        Arrays.sort(times);
        System.out.println(String.format(Locale.ROOT,
            "{\"confirmed\":%d,\"seconds\":%.3f,\"p50Ms\":%.3f,\"p99Ms\":%.3f,\"maxMs\":%.3f}",
            total, seconds, quantile(times, 0.5), quantile(times, 0.99), quantile(times, 1)));
        System.out.flush();
    }

    private static double quantile(double[] sorted, double q) {
        if (sorted.length == 0) return 0;
        return sorted[Math.min(sorted.length - 1, (int) (sorted.length * q))];
    }

    private final class Sender extends Thread {
        final ActiveMQConnection connection;
        /** Milliseconds from send to confirmation, of the sends confirmed while measuring. */
        double[] times = new double[1024];
        int count;
        private final Session session;
        private final ActiveMQMessageProducer producer;
        private final Semaphore inFlight = new Semaphore(window);

        Sender() throws JMSException {
            ActiveMQConnectionFactory factory =
                new ActiveMQConnectionFactory(arguments.text("uri"));
            factory.setWatchTopicAdvisories(false);
            connection = (ActiveMQConnection) factory.createConnection();
            connection.start();
            session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
            producer = (ActiveMQMessageProducer) session.createProducer(
                session.createQueue(queue()));
            producer.setDeliveryMode(DeliveryMode.PERSISTENT);
        }

        @Override public void run() {
            try {
                while (!ended && failure.get() == null) {
                    if (window == 1) sendOne();
                    else sendAhead();
                }
                // What is still in flight is awaited, so that no send ends with the connection.
                inFlight.acquire(window);
            } catch (Exception error) {
                failure.compareAndSet(null, error);
            }
        }

        private BytesMessage message() throws JMSException {
            BytesMessage message = session.createBytesMessage();
            message.writeBytes(body);
            return message;
        }

        private void sendOne() throws JMSException {
            long started = System.nanoTime();
            producer.send(message());
            confirmed(started);
        }

        private void sendAhead() throws Exception {
            inFlight.acquire();
            long started = System.nanoTime();
            producer.send(message(), new AsyncCallback() {
                @Override public void onSuccess() {
                    confirmed(started);
                    inFlight.release();
                }

                @Override public void onException(JMSException error) {
                    failure.compareAndSet(null, error);
                    inFlight.release();
                }
            });
        }

        private synchronized void confirmed(long started) {
            if (!measuring) return;
            if (count == times.length) times = Arrays.copyOf(times, count * 2);
            times[count++] = (System.nanoTime() - started) / 1e6;
        }
    }
}
