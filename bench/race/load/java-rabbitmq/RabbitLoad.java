import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Load on RabbitMQ with its own Java client. Takes the task of load-task.ts as words,
 * `--do send --ports 5672,5673 --queue q ...`, and prints what it asks for.
 */
public final class RabbitLoad {
    private static final AtomicBoolean failed = new AtomicBoolean();

    private RabbitLoad() {}

    public static void main(String[] args) {
        Thread.setDefaultUncaughtExceptionHandler((thread, error) -> fail(error));
        try {
            Arguments words = new Arguments(args);
            taskOf(words.text("do"), words).run(new Broker(words.text("ports")));
            System.out.flush();
            System.exit(0);
        } catch (Exception error) {
            fail(error);
        }
    }

    /** What goes wrong in any thread ends the program: half a load is no measurement. */
    static void fail(Throwable error) {
        if (!failed.compareAndSet(false, true)) return;
        error.printStackTrace();
        Runtime.getRuntime().halt(1);
    }

    private static Task taskOf(String name, Arguments words) {
        switch (name) {
            case "send": return new SendTask(words);
            case "fill": return new FillTask(words);
            case "consume": return new ConsumeTask(words);
            case "flow": return new FlowTask(words);
            case "transactions": return new TransactionsTask(words);
            case "fan-out": return new FanOutTask(words);
            case "request-reply": return new RequestReplyTask(words);
            case "probe": return new ProbeTask(words);
            case "remove": return new RemoveTask();
            default: throw new IllegalArgumentException("no task " + name);
        }
    }
}
