import java.util.concurrent.locks.LockSupport;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.MessageProperties;

final class FlowTask implements Task {
    private final Arguments words;
    private final Queues queues;
    private final Bodies bodies;
    private final Stretch stretch;
    private final int window;
    private final int ratePerSecond;
    private final Times times = new Times();

    FlowTask(Arguments words) {
        this.words = words;
        queues = new Queues(words);
        bodies = new Bodies(words);
        stretch = new Stretch(words);
        window = words.number("window", 1);
        ratePerSecond = words.number("ratePerSecond", 0);
    }

    @Override public void run(Broker broker) throws Exception {
        queues.declareAll(broker);
        Connection consuming = broker.connect();
        Subscription.begin(consuming.createChannel(), words, 0, this::arrived);
        Connection producing = broker.connect();
        Publisher publisher = new Publisher(producing.createChannel(), window, taken -> {});
        Thread producer = new Thread(() -> produce(publisher));
        producer.start();
        Answer answer = stretch.pass();
        producer.join();
        producing.close();
        consuming.close();
        answer.print(times.count(), times);
    }

    private void arrived(byte[] body) {
        if (stretch.counts()) times.add(System.nanoTime() - Bodies.stampOf(body));
    }

    private void produce(Publisher publisher) {
        try {
            long began = System.nanoTime();
            for (long number = 0; !stretch.isOver(); number++) {
                long due = ratePerSecond == 0 ? 0 : began + number * 1_000_000_000L / ratePerSecond;
                if (ratePerSecond > 0) awaitMoment(due);
                publisher.awaitRoom();
                byte[] body = bodies.stamped(ratePerSecond == 0 ? System.nanoTime() : due);
                String queue = queues.at(number);
                publisher.publish("", queue, MessageProperties.MINIMAL_PERSISTENT_BASIC, body);
            }
            publisher.awaitAll();
        } catch (Exception error) {
            RabbitLoad.fail(error);
        }
    }

    private static void awaitMoment(long nanos) {
        for (;;) {
            long left = nanos - System.nanoTime();
            if (left <= 0) return;
            LockSupport.parkNanos(left);
        }
    }
}
