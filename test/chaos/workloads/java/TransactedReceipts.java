import javax.jms.DeliveryMode;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageProducer;

/**
 * A few messages are received in one transaction and, if there is somewhere to forward to, another
 * one is sent there for each of them. Now and then the transaction is rolled back, and they come
 * again.
 */
final class TransactedReceipts implements Consumption {
    private static final int LIMIT = 4;
    private static final double ROLLBACKS = 0.05;

    private final Load load;
    private final Inbox inbox;
    private final String forwardTo;
    private final MessageProducer producer;
    /** Of this forwarder as a producer: 'forwarder:number' names what it sends. */
    private final int producerNumber;
    private int sent;
    private int transactions;
    private int size = Load.random(LIMIT);
    private int received;
    private String tx;
    private boolean isBroken;

    TransactedReceipts(Load load, Inbox inbox) throws JMSException {
        this(load, inbox, null, 0);
    }

    TransactedReceipts(Load load, Inbox inbox, String forwardTo, int producerNumber)
            throws JMSException {
        this.load = load;
        this.inbox = inbox;
        this.forwardTo = forwardTo;
        this.producerNumber = producerNumber;
        producer = forwardTo == null ? null
            : inbox.session.createProducer(Destinations.open(inbox.session, forwardTo, ""));
        if (producer != null) producer.setDeliveryMode(DeliveryMode.PERSISTENT);
    }

    @Override public void step() throws JMSException {
        Message message = inbox.receive();
        if (message != null) {
            take(message);
            if (received < size && !isBroken) return;
        }
        if (received > 0) finish();
    }

    private void take(Message message) throws JMSException {
        if (received++ == 0) tx = inbox.name + "/" + ++transactions;
        inbox.received(message, tx);
        if (producer != null) isBroken |= !forward();
    }

    private boolean forward() throws JMSException {
        String name = producerNumber + ":" + ++sent;
        Message copy = inbox.session.createTextMessage(name + " ");
        return inbox.client.call(() -> producer.send(copy),
            "send", "message", name, "destination", forwardTo, "tx", tx);
    }

    private void finish() {
        if (isBroken || load.mischief(ROLLBACKS)) {
            inbox.client.call(inbox.session::rollback, "rollback", "tx", tx);
        } else {
            inbox.client.call(inbox.session::commit, "commit", "tx", tx);
        }
        isBroken = false;
        received = 0;
        size = Load.random(LIMIT);
    }
}
