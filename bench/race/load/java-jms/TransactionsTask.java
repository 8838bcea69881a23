import javax.jms.BytesMessage;
import javax.jms.DeliveryMode;
import javax.jms.JMSException;
import javax.jms.MessageProducer;
import javax.jms.Session;

import org.apache.activemq.ActiveMQConnection;

/** Sends and commits, so many at a time. */
final class TransactionsTask implements Task {
    private final Arguments arguments;
    private final Meter meter = new Meter();
    private final ActiveMQConnection connection;
    private final Session session;
    private final MessageProducer producer;
    private final Bodies bodies;
    private final int size;

    TransactionsTask(JmsClient client, Arguments arguments) throws Exception {
        this.arguments = arguments;
        size = arguments.number("size", 1);
        bodies = new Bodies(arguments.number("bytes", 0));
        connection = client.connect();
        session = connection.createSession(true, Session.SESSION_TRANSACTED);
        producer = session.createProducer(client.queues(arguments.text("queue"), 1)[0]);
        producer.setDeliveryMode(DeliveryMode.PERSISTENT);
    }

    @Override public void run() throws Exception {
        Worker worker = new Worker(meter, this::transact);
        worker.start();
        meter.measure(arguments);
        worker.join();
        connection.close();
        meter.throwFailure();
    }

    private void transact() throws JMSException {
        for (int i = 0; i < size; i++) {
            BytesMessage message = session.createBytesMessage();
            bodies.write(message);
            producer.send(message);
        }
        long started = System.nanoTime();
        session.commit();
        meter.time(started);
        meter.count(size);
    }
}
