import java.util.concurrent.locks.LockSupport;

import javax.jms.BytesMessage;
import javax.jms.JMSException;

/** Sends and receives at once. A message says when its send was due. */
final class FlowTask implements Task {
    private static final long POLL_MS = 100;
    private static final double NANOS = 1e9;

    private final JmsClient client;
    private final Arguments arguments;
    private final Meter meter = new Meter();
    private final int ratePerSecond;
    private long firstDue;
    private long begun;

    FlowTask(JmsClient client, Arguments arguments) {
        this.client = client;
        this.arguments = arguments;
        ratePerSecond = arguments.number("ratePerSecond", 0);
    }

    @Override public void run() throws Exception {
        Receiver receiver = new Receiver(client, arguments);
        Sender sender = new Sender(client, client.queues(arguments.text("queue"), 1), arguments,
            meter, startedNanos -> {});
        firstDue = System.nanoTime();
        Worker sending = new Worker(meter, () -> sender.sendStamped(awaitDue()));
        Worker receiving = new Worker(meter, () -> take(receiver.receive(POLL_MS)));
        receiving.start();
        sending.start();
        meter.measure(arguments);
        sending.join();
        receiving.join();
        sender.finish();
        sender.close();
        receiver.finish();
        receiver.close();
        meter.throwFailure();
    }

    /** Waits for the next send to be due, and says when that was. */
    private long awaitDue() {
        if (ratePerSecond == 0) return System.nanoTime();
        long due = firstDue + (long) (begun++ * (NANOS / ratePerSecond));
        for (;;) {
            long left = due - System.nanoTime();
            if (left <= 0) return due;
            LockSupport.parkNanos(left);
        }
    }

    private void take(BytesMessage message) throws JMSException {
        if (message == null) return;
        meter.time(message.readLong());
        meter.count(1);
    }
}
