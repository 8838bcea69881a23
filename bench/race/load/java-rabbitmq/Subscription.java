import java.io.IOException;
import java.util.function.Consumer;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;

/** Takes messages from a queue and acknowledges them, several with one acknowledgement. */
final class Subscription extends DefaultConsumer {
    private final Consumer<byte[]> arrived;
    private final int acknowledgeEvery;
    private final long last;
    private long count;

    /** `last` is the number of messages behind which everything is acknowledged. */
    private Subscription(Channel channel, int acknowledgeEvery, long last,
        Consumer<byte[]> arrived) {
        super(channel);
        this.acknowledgeEvery = acknowledgeEvery;
        this.last = last;
        this.arrived = arrived;
    }

    /** Begins, and answers with its name on the channel. */
    static String begin(Channel channel, Arguments words, long last, Consumer<byte[]> arrived)
        throws IOException {
        int prefetch = words.number("prefetch", 1000);
        int acknowledgeEvery = Math.min(words.number("acknowledgeEvery", 1), prefetch);
        channel.addShutdownListener(Broker::failUnlessAsked);
        channel.basicQos(prefetch);
        Subscription one = new Subscription(channel, acknowledgeEvery, last, arrived);
        return channel.basicConsume(words.text("queue"), false, one);
    }

    @Override public void handleDelivery(String tag, Envelope envelope, BasicProperties properties,
        byte[] body) throws IOException {
        count++;
        if (count % acknowledgeEvery == 0 || count == last) {
            getChannel().basicAck(envelope.getDeliveryTag(), true);
        }
        arrived.accept(body);
    }
}
