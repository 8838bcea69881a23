import java.util.Map;

/**
 * One task of load-task.ts on ActiveMQ's own client, given as `--name value`. Prints the answer as
 * one JSON object and ends with 0, or with 1 and what went wrong on standard error.
 */
public final class JmsLoad {
    private interface Maker {
        Task make(JmsClient client, Arguments arguments) throws Exception;
    }

    private static final Map<String, Maker> TASKS = Map.of(
        "send", SendTask::new,
        "fill", FillTask::new,
        "consume", ConsumeTask::new,
        "flow", FlowTask::new,
        "transactions", TransactionsTask::new,
        "fan-out", FanOutTask::new,
        "request-reply", RequestReplyTask::new,
        "probe", ProbeTask::new);

    private JmsLoad() {}

    public static void main(String[] args) {
        try {
            Arguments arguments = new Arguments(args);
            Maker maker = TASKS.get(arguments.text("do"));
            if (maker == null) throw new IllegalArgumentException(arguments.text("do"));
            maker.make(new JmsClient(arguments.text("address")), arguments).run();
            System.out.flush();
            System.exit(0);
        } catch (Throwable error) {
            error.printStackTrace();
            System.exit(1);
        }
    }
}
