import java.io.IOException;
import java.util.concurrent.Semaphore;
import java.util.function.LongConsumer;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.MessageProperties;

/** Sends persistent messages over a channel, so many of them unconfirmed at most. */
final class Publisher {
    private final Channel channel;
    private final int window;
    private final Semaphore inFlight;
    private final Unconfirmed unconfirmed = new Unconfirmed();

    /** Tells how many nanoseconds each took, in the thread that reads the connection. */
    Publisher(Channel channel, int window, LongConsumer confirmed) throws IOException {
        this.channel = channel;
        this.window = window;
        inFlight = new Semaphore(window);
        channel.addShutdownListener(Broker::failUnlessAsked);
        channel.confirmSelect();
        channel.addConfirmListener(
            (number, multiple) -> {
                long now = System.nanoTime();
                unconfirmed.confirm(number, multiple, begun -> {
                    confirmed.accept(now - begun);
                    inFlight.release();
                });
            },
            (number, multiple) ->
                RabbitLoad.fail(new IOException("the broker refused message " + number)));
    }

    void send(String queue, byte[] body) throws IOException, InterruptedException {
        awaitRoom();
        publish("", queue, MessageProperties.MINIMAL_PERSISTENT_BASIC, body);
    }

    /** Waits until one more may be sent. */
    void awaitRoom() throws InterruptedException {
        inFlight.acquire();
    }

    void publish(String exchange, String key, BasicProperties properties, byte[] body)
        throws IOException {
        unconfirmed.add(channel.getNextPublishSeqNo(), System.nanoTime());
        channel.basicPublish(exchange, key, properties, body);
    }

    /** Waits until everything is confirmed. */
    void awaitAll() throws InterruptedException {
        inFlight.acquire(window);
        inFlight.release(window);
    }
}
