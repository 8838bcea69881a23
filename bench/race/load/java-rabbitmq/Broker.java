import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;

import com.rabbitmq.client.BlockedListener;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.ShutdownSignalException;

/**
 * Opens connections to the nodes; the first one leads the queues of the task. All of them are of
 * the client's blocking kind: its NIO of 5.0.0 takes more processor time in most tasks, and breaks
 * off when a frame comes in parts, which happens as soon as there is much to read.
 */
final class Broker {
    private static final String HOST = "127.0.0.1";
    /** Handshakes that go on at once where many connections are opened. */
    private static final int OPENERS = 16;

    /** A node that was just given thousands of queues needs longer than the client's 10 s. */
    private static final int HANDSHAKE_WITHIN_MS = 60_000;

    private final int[] ports;
    private final ConnectionFactory factory;

    Broker(String list) {
        String[] words = list.split(",");
        ports = new int[words.length];
        for (int i = 0; i < words.length; i++) ports[i] = Integer.parseInt(words[i]);
        factory = newFactory();
        factory.setPort(ports[0]);
    }

    int[] ports() {
        return ports.clone();
    }

    /** What was measured must not have been interrupted, so nothing here recovers silently. */
    static ConnectionFactory newFactory() {
        ConnectionFactory factory = new ConnectionFactory();
        factory.setHost(HOST);
        factory.setHandshakeTimeout(HANDSHAKE_WITHIN_MS);
        factory.setAutomaticRecoveryEnabled(false);
        factory.setTopologyRecoveryEnabled(false);
        return factory;
    }

    Connection connect() throws IOException, TimeoutException {
        return watched(factory.newConnection());
    }

    /** Many at once, with a thread each that reads and the others in common. */
    List<Connection> connectMany(int count) throws Exception {
        if (count == 0) return List.of();
        ConnectionFactory many = newFactory();
        many.setPort(ports[0]);
        many.setHeartbeatExecutor(Executors.newScheduledThreadPool(1));
        ExecutorService callbacks = Executors.newFixedThreadPool(2);
        ExecutorService openers = Executors.newFixedThreadPool(OPENERS);
        List<Future<Connection>> opening = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            opening.add(openers.submit(() -> watched(many.newConnection(callbacks))));
        }
        List<Connection> connections = new ArrayList<>();
        for (Future<Connection> one : opening) connections.add(one.get());
        openers.shutdown();
        return connections;
    }

    private static Connection watched(Connection connection) {
        connection.addShutdownListener(Broker::failUnlessAsked);
        connection.addBlockedListener(new BlockedListener() {
            @Override public void handleBlocked(String reason) {
                RabbitLoad.fail(new IllegalStateException("publishers are blocked: " + reason));
            }

            @Override public void handleUnblocked() {}
        });
        return connection;
    }

    static void failUnlessAsked(ShutdownSignalException cause) {
        if (!cause.isInitiatedByApplication()) RabbitLoad.fail(cause);
    }
}
