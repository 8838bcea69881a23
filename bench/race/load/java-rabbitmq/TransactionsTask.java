import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.MessageProperties;

/** tx.commit is answered when all of its messages are confirmed; it is not atomic. */
final class TransactionsTask implements Task {
    private final Queues queues;
    private final Bodies bodies;
    private final Stretch stretch;
    private final int size;
    private final Times times = new Times();

    TransactionsTask(Arguments words) {
        queues = new Queues(words);
        bodies = new Bodies(words);
        stretch = new Stretch(words);
        size = words.number("size", 1);
    }

    @Override public void run(Broker broker) throws Exception {
        queues.declareAll(broker);
        Connection connection = broker.connect();
        Channel channel = connection.createChannel();
        channel.addShutdownListener(Broker::failUnlessAsked);
        channel.txSelect();
        Thread sender = new Thread(() -> commitUntilOver(channel));
        sender.start();
        Answer answer = stretch.pass();
        sender.join();
        connection.close();
        answer.print((long) times.count() * size, times);
    }

    private void commitUntilOver(Channel channel) {
        try {
            while (!stretch.isOver()) {
                for (int i = 0; i < size; i++) {
                    channel.basicPublish("", queues.at(0),
                        MessageProperties.MINIMAL_PERSISTENT_BASIC, bodies.shared());
                }
                long began = System.nanoTime();
                channel.txCommit();
                if (stretch.counts()) times.add(System.nanoTime() - began);
            }
        } catch (Exception error) {
            RabbitLoad.fail(error);
        }
    }
}
