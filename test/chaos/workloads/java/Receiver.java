import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.Session;

import org.apache.activemq.ActiveMQSession;

/** One client with one consumer of a queue, for as long as the workload runs. */
final class Receiver {
    private static final double MISCHIEF = 0.03;

    private final Load load;
    private final String name;
    private final String queue;
    private final int prefetch;

    Receiver(Load load, int number, String queue, int prefetch) {
        this.load = load;
        name = "consumer-" + number;
        this.queue = queue;
        this.prefetch = prefetch;
    }

    private interface Style {
        Consumption of(Inbox inbox) throws JMSException;
    }

    void startAutomatic() {
        start(Session.AUTO_ACKNOWLEDGE, AutomaticAcks::new);
    }

    void startBatched(int limit) {
        start(Session.CLIENT_ACKNOWLEDGE, inbox -> new BatchedAcks(load, inbox, limit, MISCHIEF));
    }

    /** Acknowledges each message, and gives none back. */
    void startOneByOne() {
        start(Session.CLIENT_ACKNOWLEDGE, inbox -> new BatchedAcks(load, inbox, 1, 0));
    }

    void startIndividual(int limit) {
        start(ActiveMQSession.INDIVIDUAL_ACKNOWLEDGE,
            inbox -> new IndividualAcks(load, inbox, limit, MISCHIEF));
    }

    void startTransacted() {
        start(Session.SESSION_TRANSACTED, inbox -> new TransactedReceipts(load, inbox));
    }

    void startForwarding(String target, int producerNumber) {
        start(Session.SESSION_TRANSACTED,
            inbox -> new TransactedReceipts(load, inbox, target, producerNumber));
    }

    private void start(int mode, Style style) {
        load.start(name, () -> {
            Client client = Client.connect(load, name, null);
            String options = "consumer.prefetchSize=" + prefetch;
            Consumption consumption =
                style.of(Inbox.ofQueue(client, mode, name, queue, options));
            load.isConnected();
            repeat(load, name, consumption);
        });
    }

    /** Until the load ends. What goes wrong is in the log, and the next step tries again. */
    static void repeat(Load load, String name, Consumption consumption)
            throws InterruptedException {
        while (!load.isEnded()) {
            try {
                consumption.step();
            } catch (JMSException error) {
                load.tell(name, error);
                Thread.sleep(100);
            }
        }
    }
}
