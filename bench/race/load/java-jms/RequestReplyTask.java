import javax.jms.BytesMessage;
import javax.jms.DeliveryMode;
import javax.jms.Destination;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Queue;
import javax.jms.Session;

import org.apache.activemq.ActiveMQConnection;

/** One request after the other, each answered to a temporary queue by another connection. */
final class RequestReplyTask implements Task {
    private static final long PATIENCE_MS = 60_000;

    private final Arguments arguments;
    private final Meter meter = new Meter();
    private final Bodies requestBodies;
    private final Bodies replyBodies;
    private final ActiveMQConnection requester;
    private final ActiveMQConnection replier;
    private final Session session;
    private final MessageProducer requests;
    private final MessageConsumer replies;
    private final Destination replyTo;

    RequestReplyTask(JmsClient client, Arguments arguments) throws JMSException {
        this.arguments = arguments;
        requestBodies = new Bodies(arguments.number("bytes", 0));
        replyBodies = new Bodies(arguments.number("bytes", 0));
        replier = client.connect();
        requester = client.connect();
        session = requester.createSession(false, Session.AUTO_ACKNOWLEDGE);
        replyTo = session.createTemporaryQueue();
        replies = session.createConsumer(replyTo);
        Queue queue = session.createQueue(arguments.text("queue"));
        answer(queue);
        requests = session.createProducer(queue);
        requests.setDeliveryMode(DeliveryMode.PERSISTENT);
    }

    @Override public void run() throws Exception {
        Worker worker = new Worker(meter, this::exchange);
        worker.start();
        meter.measure(arguments);
        worker.join();
        requester.close();
        replier.close();
        meter.throwFailure();
    }

    private void exchange() throws JMSException {
        BytesMessage request = session.createBytesMessage();
        requestBodies.write(request);
        request.setJMSReplyTo(replyTo);
        long started = System.nanoTime();
        requests.send(request);
        Message reply = replies.receive(PATIENCE_MS);
        if (reply == null) throw new JMSException("no reply came for " + PATIENCE_MS + " ms");
        if (!request.getJMSMessageID().equals(reply.getJMSCorrelationID())) {
            throw new JMSException("a reply to another request");
        }
        meter.time(started);
        meter.count(1);
    }

    private void answer(Queue queue) throws JMSException {
        Session answering = replier.createSession(false, Session.AUTO_ACKNOWLEDGE);
        MessageProducer producer = answering.createProducer(null);
        producer.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
        answering.createConsumer(queue).setMessageListener(request -> {
            try {
                BytesMessage reply = answering.createBytesMessage();
                replyBodies.write(reply);
                reply.setJMSCorrelationID(request.getJMSMessageID());
                producer.send(request.getJMSReplyTo(), reply);
            } catch (JMSException error) {
                meter.fail(error);
            }
        });
    }
}
