import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.MessageProperties;

/** A fanout exchange, and for each subscriber a queue that ends with its connection. */
final class FanOutTask implements Task {
    private final String topic;
    private final Bodies bodies;
    private final Stretch stretch;
    private final int subscribers;
    private final int window;
    private final LongAdder arrived = new LongAdder();
    private final Times times = new Times();

    FanOutTask(Arguments words) {
        topic = words.text("topic");
        bodies = new Bodies(words);
        stretch = new Stretch(words);
        subscribers = words.number("subscribers", 1);
        window = words.number("window", 1);
    }

    @Override public void run(Broker broker) throws Exception {
        Connection producing = broker.connect();
        Channel channel = producing.createChannel();
        channel.exchangeDeclare(topic, BuiltinExchangeType.FANOUT, false, false, null);
        List<Connection> consuming = broker.connectMany(subscribers);
        for (Connection connection : consuming) subscribe(connection.createChannel());
        Publisher publisher = new Publisher(channel, window, taken -> {
            if (stretch.counts()) times.add(taken);
        });
        Thread producer = new Thread(() -> produce(publisher));
        producer.start();
        Answer answer = stretch.pass();
        producer.join();
        channel.exchangeDelete(topic);
        producing.close();
        for (Connection connection : consuming) connection.close();
        answer.print(arrived.sum(), times);
    }

    private void subscribe(Channel channel) throws IOException {
        String queue = channel.queueDeclare().getQueue();
        channel.queueBind(queue, topic, "");
        channel.basicConsume(queue, true, new DefaultConsumer(channel) {
            @Override public void handleDelivery(String tag, Envelope envelope,
                BasicProperties properties, byte[] body) {
                if (stretch.counts()) arrived.increment();
            }
        });
    }

    private void produce(Publisher publisher) {
        try {
            while (!stretch.isOver()) {
                publisher.awaitRoom();
                publisher.publish(topic, "", MessageProperties.MINIMAL_PERSISTENT_BASIC,
                    bodies.shared());
            }
            publisher.awaitAll();
        } catch (Exception error) {
            RabbitLoad.fail(error);
        }
    }
}
