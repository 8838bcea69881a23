/** So many messages over one connection, as fast as the window lets it. */
final class FillTask implements Task {
    private final JmsClient client;
    private final Arguments arguments;

    FillTask(JmsClient client, Arguments arguments) {
        this.client = client;
        this.arguments = arguments;
    }

    @Override public void run() throws Exception {
        Meter meter = new Meter();
        int count = arguments.number("count", 0);
        Sender sender = new Sender(client,
            client.queues(arguments.text("queue"), arguments.number("queues", 1)),
            arguments, meter, startedNanos -> {});
        long started = System.nanoTime();
        for (int i = 0; i < count && !meter.isOver(); i++) sender.send();
        sender.finish();
        meter.throwFailure();
        Meter.answerSince(started, count);
        sender.close();
    }
}
