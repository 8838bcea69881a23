import javax.jms.JMSException;

/** Takes so many messages that wait. */
final class ConsumeTask implements Task {
    private static final long PATIENCE_MS = 60_000;

    private final Receiver receiver;
    private final int count;

    ConsumeTask(JmsClient client, Arguments arguments) throws JMSException {
        receiver = new Receiver(client, arguments);
        count = arguments.number("count", 0);
    }

    @Override public void run() throws Exception {
        receive();
        long started = System.nanoTime();
        for (int received = 1; received < count; received++) receive();
        receiver.finish();
        Meter.answerSince(started, count);
        receiver.close();
    }

    private void receive() throws JMSException {
        if (receiver.receive(PATIENCE_MS) == null) {
            throw new JMSException("no message came for " + PATIENCE_MS + " ms");
        }
    }
}
