import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;

import javax.jms.JMSException;

import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.ActiveMQConnectionFactory;
import org.apache.activemq.AsyncCallback;
import org.apache.activemq.command.ActiveMQDestination;
import org.apache.activemq.command.ActiveMQQueue;
import org.apache.activemq.command.DestinationInfo;

/** Opens connections as a careful application sets them up. */
final class JmsClient {
    private static final int REQUESTS_AT_ONCE = 100;

    private final ActiveMQConnectionFactory factory;

    JmsClient(String address) {
        factory = new ActiveMQConnectionFactory(address);
        factory.setWatchTopicAdvisories(false);
        // No message is touched after it was sent, so it needs no copy.
        factory.setCopyMessageOnSend(false);
    }

    /** Started. */
    ActiveMQConnection connect() throws JMSException {
        ActiveMQConnection connection = (ActiveMQConnection) factory.createConnection();
        connection.start();
        return connection;
    }

    /** Whose consumers of queues get so many messages ahead. */
    ActiveMQConnection connect(int queuePrefetch) throws JMSException {
        ActiveMQConnection connection = (ActiveMQConnection) factory.createConnection();
        connection.getPrefetchPolicy().setQueuePrefetch(queuePrefetch);
        connection.start();
        return connection;
    }

    /** One is NAME, several are NAME.0, NAME.1 ... They exist when this returns. */
    ActiveMQDestination[] queues(String name, int count) throws Exception {
        ActiveMQDestination[] queues = new ActiveMQDestination[count];
        for (int i = 0; i < count; i++) {
            queues[i] = new ActiveMQQueue(count == 1 ? name : name + "." + i);
        }
        ActiveMQConnection connection = connect();
        make(connection, queues);
        connection.close();
        return queues;
    }

    private static void make(ActiveMQConnection connection, ActiveMQDestination[] queues)
            throws Exception {
        Semaphore unanswered = new Semaphore(REQUESTS_AT_ONCE);
        AtomicReference<JMSException> refusal = new AtomicReference<>();
        AsyncCallback answered = new AsyncCallback() {
            @Override public void onSuccess() {
                unanswered.release();
            }

            @Override public void onException(JMSException error) {
                refusal.compareAndSet(null, error);
                unanswered.release();
            }
        };
        for (ActiveMQDestination queue : queues) {
            unanswered.acquire();
            connection.syncSendPacket(new DestinationInfo(
                connection.getConnectionInfo().getConnectionId(),
                DestinationInfo.ADD_OPERATION_TYPE, queue), answered);
        }
        unanswered.acquire(REQUESTS_AT_ONCE);
        if (refusal.get() != null) throw refusal.get();
    }
}
