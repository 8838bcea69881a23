import java.io.IOException;
import java.util.concurrent.Semaphore;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.MessageProperties;

/**
 * Direct reply-to, which is RabbitMQ's own for replies. An exchange is over when the request is
 * confirmed and its reply is there.
 */
final class RequestReplyTask implements Task {
    private static final String REPLIES = "amq.rabbitmq.reply-to";

    private final Queues queues;
    private final Bodies bodies;
    private final Stretch stretch;
    private final Times times = new Times();
    private final Semaphore replies = new Semaphore(0);

    RequestReplyTask(Arguments words) {
        queues = new Queues(words);
        bodies = new Bodies(words);
        stretch = new Stretch(words);
    }

    @Override public void run(Broker broker) throws Exception {
        queues.declareAll(broker);
        Connection replying = broker.connect();
        reply(replying.createChannel());
        Connection asking = broker.connect();
        Channel channel = asking.createChannel();
        channel.basicConsume(REPLIES, true, new DefaultConsumer(channel) {
            @Override public void handleDelivery(String tag, Envelope envelope,
                BasicProperties properties, byte[] body) {
                replies.release();
            }
        });
        Publisher publisher = new Publisher(channel, 1, taken -> {});
        Thread requester = new Thread(() -> ask(publisher));
        requester.start();
        Answer answer = stretch.pass();
        requester.join();
        asking.close();
        replying.close();
        answer.print(times.count(), times);
    }

    private void reply(Channel channel) throws IOException {
        channel.addShutdownListener(Broker::failUnlessAsked);
        channel.basicQos(1);
        channel.basicConsume(queues.at(0), false, new DefaultConsumer(channel) {
            @Override public void handleDelivery(String tag, Envelope envelope,
                BasicProperties request, byte[] body) throws IOException {
                channel.basicPublish("", request.getReplyTo(), MessageProperties.MINIMAL_BASIC,
                    body);
                channel.basicAck(envelope.getDeliveryTag(), false);
            }
        });
    }

    private void ask(Publisher publisher) {
        BasicProperties request =
            new BasicProperties.Builder().deliveryMode(2).replyTo(REPLIES).build();
        try {
            while (!stretch.isOver()) {
                publisher.awaitRoom();
                long began = System.nanoTime();
                publisher.publish("", queues.at(0), request, bodies.shared());
                publisher.awaitAll();
                replies.acquire();
                if (stretch.counts()) times.add(System.nanoTime() - began);
            }
        } catch (Exception error) {
            RabbitLoad.fail(error);
        }
    }
}
