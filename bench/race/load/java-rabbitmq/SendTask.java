import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;

final class SendTask implements Task {
    private final Queues queues;
    private final Bodies bodies;
    private final Stretch stretch;
    private final int senders;
    private final int window;
    private final int idle;
    private final AtomicLong turn = new AtomicLong();

    SendTask(Arguments words) {
        queues = new Queues(words);
        bodies = new Bodies(words);
        stretch = new Stretch(words);
        senders = words.number("senders", 1);
        window = words.number("window", 1);
        idle = words.number("idle", 0);
    }

    @Override public void run(Broker broker) throws Exception {
        queues.declareAll(broker);
        List<Connection> silent = broker.connectMany(idle);
        List<Sender> all = new ArrayList<>();
        for (int i = 0; i < senders; i++) all.add(new Sender(broker));
        if (queues.areSeveral()) for (Sender sender : all) sender.meetEach();
        for (Sender sender : all) sender.start();
        Answer answer = stretch.pass();
        for (Sender sender : all) sender.join();
        for (Connection connection : silent) connection.abort();
        Times times = Times.merged(all.stream().map(sender -> sender.times).toList());
        answer.print(times.count(), times);
    }

    private final class Sender extends Thread {
        final Times times = new Times();
        private final Connection connection;
        private final Publisher publisher;

        Sender(Broker broker) throws Exception {
            connection = broker.connect();
            Channel channel = connection.createChannel();
            publisher = new Publisher(channel, window, taken -> {
                if (stretch.counts()) times.add(taken);
            });
        }

        /**
         * A channel's first message to a quorum queue waits until the queue's log has the channel,
         * one queue after the other: that is no part of what flows.
         */
        void meetEach() throws Exception {
            for (String queue : queues.names()) publisher.send(queue, bodies.shared());
            publisher.awaitAll();
        }

        @Override public void run() {
            try {
                while (!stretch.isOver()) {
                    publisher.send(queues.at(turn.getAndIncrement()), bodies.shared());
                }
                publisher.awaitAll();
                connection.close();
            } catch (Exception error) {
                RabbitLoad.fail(error);
            }
        }
    }
}
