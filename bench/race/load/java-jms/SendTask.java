import java.util.ArrayList;
import java.util.List;

import org.apache.activemq.command.ActiveMQDestination;

/** Senders that send as fast as their windows let them. Idle connections are not opened here. */
final class SendTask implements Task {
    private final JmsClient client;
    private final Arguments arguments;
    private final Meter meter = new Meter();

    SendTask(JmsClient client, Arguments arguments) {
        this.client = client;
        this.arguments = arguments;
    }

    @Override public void run() throws Exception {
        ActiveMQDestination[] queues =
            client.queues(arguments.text("queue"), arguments.number("queues", 1));
        List<Sender> senders = new ArrayList<>();
        for (int i = 0; i < arguments.number("senders", 1); i++) {
            senders.add(new Sender(client, queues, arguments, meter, this::confirmed));
        }
        List<Worker> workers = new ArrayList<>();
        for (Sender sender : senders) workers.add(new Worker(meter, sender::send));
        for (Worker worker : workers) worker.start();
        meter.measure(arguments);
        for (Worker worker : workers) worker.join();
        for (Sender sender : senders) sender.finish();
        for (Sender sender : senders) sender.close();
        meter.throwFailure();
    }

    private void confirmed(long startedNanos) {
        meter.count(1);
        meter.time(startedNanos);
    }
}
