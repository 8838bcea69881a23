import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;

/** Does the same to many queues, over several channels of one connection. */
final class InParallel {
    private static final int CHANNELS = 8;

    interface Deed {
        void on(Channel channel, String queue) throws IOException;
    }

    private InParallel() {}

    static void each(List<String> queues, Broker broker, Deed deed) throws Exception {
        Connection connection = broker.connect();
        int channels = Math.min(CHANNELS, queues.size());
        ExecutorService threads = Executors.newFixedThreadPool(Math.max(1, channels));
        List<Future<?>> shares = new ArrayList<>();
        for (int i = 0; i < channels; i++) {
            int first = i;
            shares.add(threads.submit(() -> {
                Channel channel = connection.createChannel();
                for (int at = first; at < queues.size(); at += channels) {
                    deed.on(channel, queues.get(at));
                }
                return null;
            }));
        }
        for (Future<?> share : shares) share.get();
        threads.shutdown();
        connection.close();
    }
}
