import java.util.Collection;
import java.util.List;

import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.Session;
import javax.jms.Topic;

/** One consumer in a session of its own, and the history of what it received and acknowledged. */
final class Inbox {
    private static final long RECEIVE_MS = 200;

    final Client client;
    final Session session;
    /** Unique in the history. */
    final String name;
    private final MessageConsumer consumer;
    private final String destination;
    /** 'clientId/name' of a durable subscription, or null. */
    private final String subscription;
    /** When the last receive began. */
    private int lossesBefore;

    private Inbox(Client client, Session session, String name, String destination,
            String subscription, MessageConsumer consumer) {
        this.client = client;
        this.session = session;
        this.name = name;
        this.destination = destination;
        this.subscription = subscription;
        this.consumer = consumer;
    }

    /** Options are those of a consumer in the destination's name, or empty. */
    static Inbox ofQueue(Client client, int mode, String name, String queue, String options)
            throws JMSException {
        Session session = client.session(mode);
        MessageConsumer consumer =
            session.createConsumer(Destinations.open(session, queue, options));
        return new Inbox(client, session, name, queue, null, consumer);
    }

    /** The client has a client identifier. */
    static Inbox ofSubscription(Client client, String clientId, String topic)
            throws JMSException {
        Session session = client.session(Session.CLIENT_ACKNOWLEDGE);
        Topic target = (Topic) Destinations.open(session, topic, "");
        MessageConsumer consumer = session.createDurableSubscriber(target, "all");
        return new Inbox(client, session, client.name, topic, clientId + "/all", consumer);
    }

    /** The next message; null when none comes soon. */
    Message receive() throws JMSException {
        lossesBefore = client.losses();
        return consumer.receive(RECEIVE_MS);
    }

    /** Writes down the receipt; the transaction may be null. Answers the message's name. */
    String received(Message message, String tx) throws JMSException {
        return client.received(message, destination, lossesBefore,
            "consumer", name, "subscription", subscription, "tx", tx);
    }

    /**
     * Acknowledges exactly these messages, of which the first was received when the connection had
     * been lost so often before. If it was lost since, then they belong to nobody and come again,
     * and the client may not even have asked the broker.
     */
    void acknowledge(Message last, Collection<String> names, int lossesBefore) {
        client.acknowledge(last::acknowledge, lossesBefore, "mode", "individual",
            "consumer", name, "source", source(), "messages", List.copyOf(names));
    }

    /**
     * What was received and not acknowledged goes back, as with the end of a consumer, which is how
     * the history calls it; but then this same consumer gets it again.
     */
    void recover() {
        client.call(session::recover, "close", "consumer", name);
    }

    /** Ends the consumer and its session; what it had not acknowledged goes back. */
    void close() {
        client.call(() -> {
            consumer.close();
            session.close();
        }, "close", "consumer", name);
    }

    private String source() {
        return subscription == null ? destination : subscription;
    }
}
