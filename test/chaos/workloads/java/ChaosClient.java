import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Clients of one workload, and the history of everything they did and saw, one line of JSON an
 * event. Commands on standard input, one a line: "produce" starts the senders, "pause" lets them
 * finish what they are in, "quit" ends. Each is answered by an event.
 */
public final class ChaosClient {
    private interface Workload {
        void start(Load load, int producers, int consumers);
    }

    private static final Map<String, Workload> WORKLOADS = Map.of(
        "point-to-point", ChaosClient::pointToPoint,
        "pipelined", ChaosClient::pipelined,
        "transacted", ChaosClient::transacted,
        "durable-topic", ChaosClient::durableTopic,
        "competing", ChaosClient::competing,
        "exclusive", ChaosClient::exclusive);

    private final EventLog log = new EventLog(System.out);
    private final Load load;
    private final Workload workload;
    private final int producers;
    private final int consumers;

    private ChaosClient(Arguments arguments) {
        workload = WORKLOADS.get(arguments.text("workload"));
        if (workload == null) throw new IllegalArgumentException("one of " + WORKLOADS.keySet());
        producers = arguments.number("producers", 3);
        consumers = arguments.number("consumers", 3);
        load = new Load(log, arguments, producers, consumers);
    }

    public static void main(String[] args) throws Exception {
        new ChaosClient(new Arguments(args)).run();
        System.exit(0);
    }

    private void run() throws Exception {
        workload.start(load, producers, consumers);
        load.awaitConnected();
        log.write("ready");
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null && !line.equals("quit"); ) obey(line);
        load.end();
        log.write("quit");
    }

    private void obey(String command) {
        switch (command) {
            case "produce":
                load.send(true);
                log.write("producing");
                break;
            case "pause":
                load.send(false);
                load.start("pause", () -> {
                    load.awaitIdle();
                    log.write("paused");
                });
                break;
            default:
                log.write("error", "note", "no such command: " + command);
        }
    }

    private static void pointToPoint(Load load, int producers, int consumers) {
        String queue = queue(load, "orders");
        for (int p = 0; p < producers; p++) new Sender(load, p, queue).startOneByOne();
        receive(load, consumers, queue);
    }

    private static void pipelined(Load load, int producers, int consumers) {
        String queue = queue(load, "orders");
        for (int p = 0; p < producers; p++) new Sender(load, p, queue).startPipelined();
        receive(load, consumers, queue);
    }

    /** Every other consumer leaves acknowledging to the client. */
    private static void receive(Load load, int consumers, String queue) {
        for (int c = 0; c < consumers; c++) {
            Receiver receiver = new Receiver(load, c, queue, 100);
            if (c % 2 == 0) receiver.startOneByOne();
            else receiver.startAutomatic();
        }
    }

    /** All consumers but the last forward from the first queue to the one that the last reads. */
    private static void transacted(Load load, int producers, int consumers) {
        String orders = queue(load, "orders");
        String invoices = queue(load, "invoices");
        for (int p = 0; p < producers; p++) new Sender(load, p, orders).startTransacted();
        for (int c = 0; c < consumers - 1; c++) {
            new Receiver(load, c, orders, 20).startForwarding(invoices, producers + c);
        }
        new Receiver(load, consumers - 1, invoices, 100).startOneByOne();
    }

    private static void durableTopic(Load load, int producers, int consumers) {
        String topic = "topic://" + load.cell + ".prices";
        for (int p = 0; p < producers; p++) new Sender(load, p, topic).startOneByOne();
        for (int c = 0; c < consumers; c++) new DurableSubscriber(load, c, topic).start();
    }

    private static void competing(Load load, int producers, int consumers) {
        String queue = queue(load, "orders");
        int[] prefetches = {1, 10, 100, 1000};
        for (int p = 0; p < producers; p++) new Sender(load, p, queue).startOneByOne();
        for (int c = 0; c < consumers; c++) {
            Receiver receiver = new Receiver(load, c, queue, prefetches[c % prefetches.length]);
            if (c % 3 == 0) receiver.startIndividual(5);
            else if (c % 3 == 1) receiver.startBatched(8);
            else receiver.startTransacted();
        }
    }

    private static void exclusive(Load load, int producers, int consumers) {
        String queue = queue(load, "orders");
        for (int p = 0; p < producers; p++) new Sender(load, p, queue).startOneByOne();
        for (int c = 0; c < consumers; c++) new ExclusiveCandidate(load, c, queue).start();
    }

    private static String queue(Load load, String name) {
        return "queue://" + load.cell + "." + name;
    }
}
