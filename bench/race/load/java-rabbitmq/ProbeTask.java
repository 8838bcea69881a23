import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.TimeoutException;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.MessageProperties;
import com.rabbitmq.client.ShutdownSignalException;

/**
 * The client's own recovery waits seconds before it tries the same list again, so this one turns to
 * the next node itself, at once.
 */
final class ProbeTask implements Task {
    private static final int ANSWER_WITHIN_MS = 10_000;
    private static final int HANDSHAKE_WITHIN_MS = 2_000;
    private static final int PAUSE_MS = 10;
    private static final double SLOW_MS = 20;

    private final String queue;
    private final Bodies bodies;
    private final int answerWithinMs;
    private final int handshakeWithinMs;
    private ConnectionFactory factory;
    private int[] ports;
    private int at;
    private Connection connection;
    private Channel channel;

    ProbeTask(Arguments words) {
        queue = words.text("queue");
        bodies = new Bodies(words);
        int patienceMs = words.number("patienceMs", 0);
        answerWithinMs = patienceMs == 0 ? ANSWER_WITHIN_MS : patienceMs;
        handshakeWithinMs = patienceMs == 0 ? HANDSHAKE_WITHIN_MS : patienceMs;
    }

    @Override public void run(Broker broker) throws Exception {
        ports = broker.ports();
        factory = Broker.newFactory();
        factory.setConnectionTimeout(handshakeWithinMs);
        factory.setHandshakeTimeout(handshakeWithinMs);
        connect();
        Queues.declare(channel, queue);
        Thread sender = new Thread(this::sendForever);
        sender.setDaemon(true);
        sender.start();
        while (System.in.read() >= 0) continue;
    }

    private void connect() throws IOException, TimeoutException {
        factory.setPort(ports[at]);
        connection = factory.newConnection();
        openChannel();
    }

    private void openChannel() throws IOException {
        channel = connection.createChannel();
        channel.confirmSelect();
    }

    private void sendForever() {
        try {
            for (boolean isFirst = true; ; isFirst = false) {
                double sentMs = System.nanoTime() / 1e6;
                while (!confirmed()) Thread.sleep(PAUSE_MS);
                double confirmedMs = System.nanoTime() / 1e6;
                if (isFirst) say("{\"ready\":true}");
                else if (confirmedMs - sentMs > SLOW_MS) tell(sentMs, confirmedMs);
            }
        } catch (InterruptedException error) {
            RabbitLoad.fail(error);
        }
    }

    /** Whether a send was confirmed; otherwise the next one goes another way. */
    private boolean confirmed() throws InterruptedException {
        try {
            if (channel == null) connect();
            channel.basicPublish("", queue, MessageProperties.MINIMAL_PERSISTENT_BASIC,
                bodies.shared());
            if (channel.waitForConfirms(answerWithinMs)) return true;
            // Refused. To a leader that was dead as it began a channel sends for ever.
            channel.close();
            openChannel();
            return false;
        } catch (IOException | TimeoutException | ShutdownSignalException error) {
            System.err.println("port " + ports[at] + ": " + error);
            leave();
            return false;
        }
    }

    private void leave() {
        if (connection != null) connection.abort(0);
        connection = null;
        channel = null;
        at = (at + 1) % ports.length;
    }

    private static void tell(double sentMs, double confirmedMs) {
        say(String.format(Locale.ROOT, "{\"sentMs\":%.3f,\"confirmedMs\":%.3f}", sentMs,
            confirmedMs));
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
