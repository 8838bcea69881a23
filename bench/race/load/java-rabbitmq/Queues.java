import java.io.IOException;
import java.util.List;
import java.util.Map;

import com.rabbitmq.client.Channel;

/** The queues of a task: three replicas each, of which two have to have a message on disk. */
final class Queues {
    private static final Map<String, Object> QUORUM = Map.of(
        "x-queue-type", "quorum",
        "x-quorum-initial-group-size", 3);

    private final String[] names;

    Queues(Arguments words) {
        String name = words.text("queue");
        int count = words.number("queues", 1);
        names = new String[count];
        for (int i = 0; i < count; i++) names[i] = count == 1 ? name : name + "." + i;
    }

    static void declare(Channel channel, String name) throws IOException {
        channel.queueDeclare(name, true, false, false, QUORUM);
    }

    /** Their leaders are where they are declared: on the node that the task talks to. */
    void declareAll(Broker broker) throws Exception {
        InParallel.each(names(), broker, Queues::declare);
    }

    boolean areSeveral() {
        return names.length > 1;
    }

    List<String> names() {
        return List.of(names);
    }

    /** In turn. */
    String at(long number) {
        return names[(int) (number % names.length)];
    }
}
