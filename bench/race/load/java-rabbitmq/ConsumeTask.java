import java.util.concurrent.CountDownLatch;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;

/**
 * AMQP confirms no acknowledgements. Cancelling the consumer comes as near as it can: to a quorum
 * queue that is a command of its log, behind the acknowledgements of the same channel, and it is
 * answered when a quorum has it.
 */
final class ConsumeTask implements Task {
    private final Arguments words;
    private final int count;
    private long arrived;
    private volatile Answer answer;

    ConsumeTask(Arguments words) {
        this.words = words;
        count = words.number("count", 0);
    }

    @Override public void run(Broker broker) throws Exception {
        Connection connection = broker.connect();
        Channel channel = connection.createChannel();
        CountDownLatch all = new CountDownLatch(1);
        String tag = Subscription.begin(channel, words, count, body -> {
            if (arrived == 0) answer = Answer.begin();
            if (++arrived == count) all.countDown();
        });
        all.await();
        channel.basicCancel(tag);
        answer.end();
        connection.close();
        answer.print(count, null);
    }
}
