import javax.jms.Destination;
import javax.jms.JMSException;
import javax.jms.Session;

import org.apache.activemq.command.ActiveMQDestination;

/** Destinations by the names that the history gives them: 'queue://orders', 'topic://prices'. */
final class Destinations {
    private Destinations() {}

    /** With options of a consumer, if any: "consumer.prefetchSize=1&consumer.exclusive=true". */
    static Destination open(Session session, String name, String options) throws JMSException {
        boolean isQueue = ActiveMQDestination.createDestination(name,
            ActiveMQDestination.QUEUE_TYPE).isQueue();
        String physical = name.substring(name.indexOf("://") + 3);
        String address = options.isEmpty() ? physical : physical + "?" + options;
        return isQueue ? session.createQueue(address) : session.createTopic(address);
    }
}
