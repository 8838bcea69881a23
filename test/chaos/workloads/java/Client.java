import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.Session;
import javax.jms.TextMessage;
import javax.jms.TransactionRolledBackException;

import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.ActiveMQConnectionFactory;
import org.apache.activemq.ActiveMQSession;
import org.apache.activemq.command.ActiveMQMessage;
import org.apache.activemq.command.MessageDispatch;
import org.apache.activemq.command.MessageId;
import org.apache.activemq.transport.TransportListener;
import org.apache.activemq.transport.failover.FailoverTransport;

/** One connection through all its reconnections, and the history of what was asked of it. */
final class Client {
    final String name;
    private static final long LISTENER_IS_TOLD_WITHIN_NS = 5_000_000L;

    private final Load load;
    private final ActiveMQConnection connection;
    private final List<Loss> losses = new CopyOnWriteArrayList<>();
    private final Map<MessageId, Integer> lossesBeforeArrival = new ConcurrentHashMap<>();
    private final AtomicInteger operations = new AtomicInteger();

    private Client(Load load, String name, String clientId) throws JMSException {
        this.load = load;
        this.name = name;
        ActiveMQConnectionFactory factory = factory(load.arguments);
        connection = (ActiveMQConnection) factory.createConnection();
        if (clientId != null) connection.setClientID(clientId);
        connection.addTransportListener(new Interruptions());
        connection.setExceptionListener(this::tell);
    }

    /** An open connection; with a client identifier unless that is null. */
    static Client connect(Load load, String name, String clientId) throws JMSException {
        Client client = new Client(load, name, clientId);
        try {
            client.connection.start();
            return client;
        } catch (JMSException error) {
            client.close();
            throw error;
        }
    }

    private static ActiveMQConnectionFactory factory(Arguments arguments) {
        ActiveMQConnectionFactory factory = new ActiveMQConnectionFactory(arguments.text("uri"));
        factory.setSendTimeout(arguments.number("sendTimeout", 10_000));
        // A message that was rolled back once too often would be dead-lettered: never, here.
        factory.getRedeliveryPolicy().setMaximumRedeliveries(-1);
        factory.getRedeliveryPolicy().setInitialRedeliveryDelay(0);
        factory.getRedeliveryPolicy().setRedeliveryDelay(20);
        return factory;
    }

    Session session(int mode) throws JMSException {
        // Within a transaction only the commit is answered; a timeout would make every send wait.
        if (mode == Session.SESSION_TRANSACTED) connection.setSendTimeout(0);
        // This client takes what comes again after a failover for a duplicate, although nobody
        // acknowledged it, and has it dead-lettered; in the other modes it knows better.
        if (mode == ActiveMQSession.INDIVIDUAL_ACKNOWLEDGE) connection.setCheckForDuplicates(false);
        return connection.createSession(mode == Session.SESSION_TRANSACTED, mode);
    }

    void close() {
        try {
            connection.close();
        } catch (JMSException error) {
            tell(error);
        }
    }

    /** How often the connection was lost until now. */
    int losses() {
        return losses.size();
    }

    /**
     * Whether the connection has held since it had been lost so often. The client forgets what was
     * delivered before it tells its listeners of the loss, so that the state of its transport is
     * asked as well, and first: it is not connected again before all of them were told.
     */
    boolean heldSince(int lossesBefore) {
        FailoverTransport transport = connection.getTransport().narrow(FailoverTransport.class);
        return transport.isConnected() && losses.size() == lossesBefore;
    }

    interface Action {
        void run() throws JMSException;
    }

    /** Writes down the call and its outcome; fields are those of the call. True when confirmed. */
    boolean call(Action action, String type, Object... fields) {
        int op = invoke(type, fields);
        try {
            action.run();
        } catch (JMSException error) {
            failed(op, error);
            return false;
        }
        ok(op);
        return true;
    }

    /** Like a call; unknown if the connection was lost since it had been lost so often. */
    void acknowledge(Action action, int lossesBefore, Object... fields) {
        int op = invoke("ack", fields);
        // Confirmed when the broker answered, not when it was written. What the client tells the
        // broker on its own account, between handing over messages, does not wait for answers.
        connection.setSendAcksAsync(false);
        try {
            action.run();
        } catch (JMSException error) {
            failed(op, error);
            return;
        } finally {
            connection.setSendAcksAsync(true);
        }
        if (heldSince(lossesBefore)) ok(op);
        else outcome("unknown", op, "the connection was lost in between");
    }

    /** Returns the number under which the outcome is to be told. */
    int invoke(String type, Object... fields) {
        Object[] all = new Object[fields.length + 6];
        int op = operations.incrementAndGet();
        Object[] head = {"client", name, "op", op, "type", type};
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(fields, 0, all, head.length, fields.length);
        load.log.write("invoke", all);
        return op;
    }

    void ok(int op) {
        outcome("ok", op, null);
    }

    /**
     * Only a transaction that the client itself ended before it asked for the commit has certainly
     * no effect. Of everything else nobody can tell.
     */
    void failed(int op, Exception error) {
        String note = error.toString();
        boolean isRolledBack =
            error instanceof TransactionRolledBackException && !note.contains("in doubt");
        outcome(isRolledBack ? "fail" : "unknown", op, note);
    }

    private void outcome(String kind, int op, String note) {
        load.log.write(kind, "client", name, "op", op, "note", note);
    }

    /**
     * Writes down a receipt with fields given as name and value; answers the message's name. The
     * call that waited for the message began when the connection had been lost so often.
     */
    String received(Message message, String destination, int lossesBefore, Object... fields)
            throws JMSException {
        String text = ((TextMessage) message).getText();
        String messageName = text.substring(0, text.indexOf(' '));
        Object[] head = {
            "client", name, "message", messageName, "destination", destination,
            "redelivered", message.getJMSRedelivered(),
        };
        Object[] all = new Object[head.length + fields.length];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(fields, 0, all, head.length, fields.length);
        Loss loss = lossAfterArrival((ActiveMQMessage) message, lossesBefore);
        if (loss == null) load.log.write("receive", all);
        else load.log.writeAt(loss.justBeforeMs(), "receive", all);
        return messageName;
    }

    /**
     * The loss of the connection that brought this message, if it was lost meanwhile: the client
     * acknowledges something before it hands a message over, and may wait for the next connection
     * to do so. Such a receipt is told late, but it happened on the old connection.
     */
    private Loss lossAfterArrival(ActiveMQMessage message, int lossesBefore) {
        if (losses.size() == lossesBefore) return null;
        // The message may be here before the listener below was told that it arrived.
        LockSupport.parkNanos(LISTENER_IS_TOLD_WITHIN_NS);
        Integer arrived = lossesBeforeArrival.get(message.getMessageId());
        return arrived == null || arrived == losses.size() ? null : losses.get(arrived);
    }

    private static final class Loss {
        private final double atMs = System.nanoTime() / 1e6;

        double justBeforeMs() {
            return atMs - 0.001;
        }
    }

    private void tell(Exception error) {
        load.log.write("exception", "client", name, "note", error.toString());
    }

    private final class Interruptions implements TransportListener {
        @Override public void onCommand(Object command) {
            if (!(command instanceof MessageDispatch)) return;
            ActiveMQMessage message = (ActiveMQMessage) ((MessageDispatch) command).getMessage();
            if (message != null) lossesBeforeArrival.put(message.getMessageId(), losses.size());
        }

        @Override public void onException(IOException error) {
            tell(error);
        }

        @Override public void transportInterupted() {
            Loss loss = new Loss();
            losses.add(loss);
            load.log.writeAt(loss.atMs, "interrupted", "client", name);
        }

        @Override public void transportResumed() {
            load.log.write("resumed", "client", name);
        }
    }
}
