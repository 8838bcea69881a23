import java.util.Locale;

import javax.jms.BytesMessage;
import javax.jms.DeliveryMode;
import javax.jms.JMSException;
import javax.jms.MessageProducer;
import javax.jms.Session;

/** One send after the other until standard input ends; tells of those that took long. */
final class ProbeTask implements Task {
    private static final double SLOW_MS = 20;
    private static final long RETRY_MS = 10;

    private final Session session;
    private final MessageProducer producer;
    private final Bodies bodies;

    ProbeTask(JmsClient client, Arguments arguments) throws Exception {
        bodies = new Bodies(arguments.number("bytes", 0));
        session = client.connect().createSession(false, Session.AUTO_ACKNOWLEDGE);
        producer = session.createProducer(client.queues(arguments.text("queue"), 1)[0]);
        producer.setDeliveryMode(DeliveryMode.PERSISTENT);
    }

    @Override public void run() throws Exception {
        send();
        System.out.println("{\"ready\":true}");
        Thread probing = new Thread(this::probe);
        probing.setDaemon(true);
        probing.start();
        while (System.in.read() >= 0) continue;
    }

    private void probe() {
        try {
            for (;;) {
                double sent = nowMs();
                sendUntilConfirmed();
                double confirmed = nowMs();
                if (confirmed - sent > SLOW_MS) tell(sent, confirmed);
            }
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
        }
    }

    /** The client itself goes on with another broker; what it gives up is begun again. */
    private void sendUntilConfirmed() throws InterruptedException {
        for (;;) {
            try {
                send();
                return;
            } catch (JMSException error) {
                System.err.println("a send failed and is made again: " + error);
                Thread.sleep(RETRY_MS);
            }
        }
    }

    private void send() throws JMSException {
        BytesMessage message = session.createBytesMessage();
        bodies.write(message);
        producer.send(message);
    }

    private static double nowMs() {
        return System.nanoTime() / 1e6;
    }

    private static void tell(double sentMs, double confirmedMs) {
        System.out.println(String.format(Locale.ROOT,
            "{\"sentMs\":%.3f,\"confirmedMs\":%.3f}", sentMs, confirmedMs));
    }
}
