import java.util.List;

import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.Session;

/**
 * One of several consumers that want a queue for themselves. Whoever has it gives it up after some
 * messages, and applies again.
 */
final class ExclusiveCandidate {
    private static final int PREFETCH = 10;
    private static final int TERM_MESSAGES = 400;
    private static final long STAYS_AWAY_MS = 300;

    private final Load load;
    private final String name;
    private final String queue;
    private int terms;

    ExclusiveCandidate(Load load, int number, String queue) {
        this.load = load;
        name = "consumer-" + number;
        this.queue = queue;
    }

    void start() {
        load.start(name, () -> {
            Client client = Client.connect(load, name, null);
            while (!load.isEnded()) {
                try {
                    serveOneTerm(client);
                } catch (JMSException error) {
                    load.tell(name, error);
                }
                Thread.sleep(STAYS_AWAY_MS);
            }
        });
    }

    private void serveOneTerm(Client client) throws JMSException {
        Inbox inbox = open(client);
        int left = 100 + Load.random(TERM_MESSAGES);
        try {
            while (!load.isEnded() && (left > 0 || !load.isSending())) {
                if (receiveOne(inbox)) left--;
            }
        } finally {
            if (!load.isEnded()) inbox.close();
        }
    }

    private boolean receiveOne(Inbox inbox) throws JMSException {
        int losses = inbox.client.losses();
        Message message = inbox.receive();
        if (message == null) return false;
        inbox.acknowledge(message, List.of(inbox.received(message, null)), losses);
        return true;
    }

    private Inbox open(Client client) throws JMSException {
        String consumer = name + "." + ++terms;
        String options = "consumer.exclusive=true&consumer.prefetchSize=" + PREFETCH;
        int op = client.invoke("open", "consumer", consumer, "source", queue, "exclusive", true);
        try {
            Inbox inbox =
                Inbox.ofQueue(client, Session.CLIENT_ACKNOWLEDGE, consumer, queue, options);
            client.ok(op);
            if (terms == 1) load.isConnected();
            return inbox;
        } catch (JMSException error) {
            client.failed(op, error);
            throw error;
        }
    }
}
