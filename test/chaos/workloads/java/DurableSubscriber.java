import javax.jms.JMSException;

/**
 * A durable subscription whose subscriber goes away now and then, and comes back under its client
 * identifier on another connection. While nobody sends it stays, to receive all that is there.
 */
final class DurableSubscriber {
    private static final int BATCH = 5;
    private static final double RECOVERIES = 0.02;
    private static final int STAYS_MS = 4000;
    private static final int STAYS_AWAY_MS = 1500;
    private static final long RETRY_MS = 200;

    private final Load load;
    private final int number;
    private final String topic;
    private final String clientId;
    private int visits;

    DurableSubscriber(Load load, int number, String topic) {
        this.load = load;
        this.number = number;
        this.topic = topic;
        clientId = load.cell + "-subscriber-" + number;
    }

    void start() {
        load.start("subscriber-" + number, () -> {
            while (!load.isEnded()) {
                if (visit()) Thread.sleep(load.isSending() ? Load.random(STAYS_AWAY_MS) : 0);
                else Thread.sleep(RETRY_MS);
            }
        });
    }

    /** From connecting to leaving; false when it was refused. */
    private boolean visit() throws InterruptedException {
        String name = "subscriber-" + number + "." + ++visits;
        Client client = null;
        try {
            client = Client.connect(load, name, clientId);
            stay(subscribe(client));
            return true;
        } catch (JMSException error) {
            load.tell(name, error);
            return false;
        } finally {
            if (client != null) client.close();
        }
    }

    private Inbox subscribe(Client client) throws JMSException {
        int op = client.invoke("subscribe", "subscription", clientId + "/all",
            "destination", topic);
        try {
            Inbox inbox = Inbox.ofSubscription(client, clientId, topic);
            client.ok(op);
            if (visits == 1) load.isConnected();
            return inbox;
        } catch (JMSException error) {
            client.failed(op, error);
            throw error;
        }
    }

    private void stay(Inbox inbox) throws JMSException {
        BatchedAcks consumption = new BatchedAcks(load, inbox, BATCH, RECOVERIES);
        long untilMs = System.nanoTime() / 1_000_000 + 500 + Load.random(STAYS_MS);
        try {
            while (!load.isEnded()) {
                consumption.step();
                boolean isOver = System.nanoTime() / 1_000_000 > untilMs;
                if (load.isSending() && isOver && consumption.hasAllAgain()) break;
            }
        } finally {
            if (!load.isEnded()) inbox.close();
        }
    }
}
