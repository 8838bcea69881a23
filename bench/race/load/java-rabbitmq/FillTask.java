import com.rabbitmq.client.Connection;

final class FillTask implements Task {
    private static final int WINDOW = 1000;

    private final Queues queues;
    private final Bodies bodies;
    private final int count;

    FillTask(Arguments words) {
        queues = new Queues(words);
        bodies = new Bodies(words);
        count = words.number("count", 0);
    }

    @Override public void run(Broker broker) throws Exception {
        queues.declareAll(broker);
        Connection connection = broker.connect();
        Publisher publisher = new Publisher(connection.createChannel(), WINDOW, taken -> {});
        Answer answer = Answer.begin();
        for (int i = 0; i < count; i++) publisher.send(queues.at(i), bodies.shared());
        publisher.awaitAll();
        answer.end();
        connection.close();
        answer.print(count, null);
    }
}
